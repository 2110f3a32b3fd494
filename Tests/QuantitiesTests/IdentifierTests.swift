import Quantities
import TestSupport
import Testing

@Suite("Identifier")
struct IdentifierTests {
    @Test(
        "an identifier is its prefix and at least six digits of Crockford's base 32",
        arguments: [
            (1, "ord_000001"), (31, "ord_00000Z"), (32, "ord_000010"), (89, "ord_00002S"), (1 << 30 - 1, "ord_ZZZZZZ"),
            (1 << 30, "ord_1000000"), (.max, "ord_7ZZZZZZZZZZZZ"),
        ] as [(Int64, String)])
    func format(number: Int64, text: String) {
        #expect(OrderID(number).description == text)
        #expect(OrderID(text: text) == OrderID(number))
    }

    @Test("every number reads back from its text")
    func roundTrip() {
        let seed: UInt64 = 0x1DE7
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<10_000 {
            let number = Int64.random(in: 1 ... .max, using: &generator) >> Int64.random(in: 0..<62, using: &generator)
            let id = TradeID(max(1, number))
            #expect(TradeID(text: id.description) == id, "seed \(seed)")
        }
    }

    @Test(
        "only the form that is written is taken",
        arguments: [
            "", "ord", "ord_", "ord_1", "ord_00001", "ord_000000", "ord_0000001", "ord_00000z", "ord_00000I", "ord_00000L",
            "ord_00000O", "ord_00000U", "ord_0000 1", "ord_-00001", "ord_8ZZZZZZZZZZZZ", "ord_ZZZZZZZZZZZZZ",
            "ord_10000000000000", "ORD_000001", "trd_000001", "000001", "ord_000001 ", "ord_00000é",
        ])
    func refused(text: String) {
        #expect(OrderID(text: text) == nil)
    }

    @Test("kinds have prefixes of their own")
    func prefixes() {
        let texts = [
            ParticipantID(1).description, APIKeyID(1).description, ResourceID(1).description, OrderID(1).description,
            TradeID(1).description, OfferID(1).description, BidID(1).description, AllocationID(1).description,
            LotID(1).description, DeliveryID(1).description, DepositID(1).description, WithdrawalID(1).description,
            EntrySetID(1).description, TransferID(1).description, AccountID(1).description,
            SettlementRunID(1).description, OutageID(1).description, CertificationID(1).description,
        ]
        #expect(Set(texts).count == texts.count)
    }
}
