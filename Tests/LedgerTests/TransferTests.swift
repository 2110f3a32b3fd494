import Ledger
import Quantities
import Testing

@Suite("Transfer")
struct TransferTests {
    static var example: Transfer {
        Transfer(
            id: TransferID(0x0102_0304_0506_0708), entrySet: EntrySetID(2), debit: AccountID(3), credit: AccountID(4),
            asset: dollarCode, amount: Micros(1_500_000), kind: .buyerFee, cause: .trade(TradeID(9)))
    }

    @Test("a leaf is the documented bytes, field by field")
    func leaf() {
        let expected: [UInt8] =
            [1]
            + [1, 2, 3, 4, 5, 6, 7, 8]
            + [0, 0, 0, 0, 0, 0, 0, 2]
            + [0, 0, 0, 0, 0, 0, 0, 3]
            + [0, 0, 0, 0, 0, 0, 0, 4]
            + [3] + Array("USD".utf8)
            + [0, 0, 0, 0, 0, 0x16, 0xE3, 0x60]
            + [9] + Array("buyer_fee".utf8)
            + [5] + Array("trade".utf8)
            + [0, 0, 0, 0, 0, 0, 0, 9]
        #expect(Self.example.leaf == expected)
    }

    @Test("leaves differ wherever transfers differ")
    func leavesDiffer() {
        let changes: [(inout Transfer) -> Void] = [
            { $0.id = TransferID(1) }, { $0.entrySet = EntrySetID(1) }, { $0.debit = AccountID(1) },
            { $0.credit = AccountID(1) }, { $0.asset = yuanCode }, { $0.amount = Micros(1) }, { $0.kind = .bond },
            { $0.cause = .settlement(DeliveryID(9)) }, { $0.cause = .trade(TradeID(8)) },
        ]
        var leaves: Set<[UInt8]> = [Self.example.leaf]
        for change in changes {
            var transfer = Self.example
            change(&transfer)
            leaves.insert(transfer.leaf)
        }
        #expect(leaves.count == changes.count + 1)
    }

    @Test("a transfer, an owner and a cause read back from the journal's form", arguments: CauseKind.allCases)
    func roundTrip(kind: CauseKind) throws {
        var transfer = Self.example
        transfer.cause = Cause(kind, 77)
        #expect(try BinaryDecoder.decode(Transfer.self, from: BinaryEncoder.encode(transfer)) == transfer)
        for owner: AccountOwner in [
            .cash(ParticipantID(5)), .escrow(ContractKey(product: ProductID(2), hour: Hour(7))), .feeRevenue, .world,
        ] {
            #expect(try BinaryDecoder.decode(AccountOwner.self, from: BinaryEncoder.encode(owner)) == owner)
        }
    }

    @Test("a sum beyond 64 bits prints with six decimals", arguments: [
        (0, "0.000000"), (-1, "-0.000001"), (12_500_000, "12.500000"),
        (Int128(Int64.max) * 10, "92233720368547.758070"),
    ] as [(Int128, String)])
    func sums(sum: Int128, text: String) { #expect(MicrosSum(sum).description == text) }
}
