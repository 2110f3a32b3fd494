import Ledger
import Quantities
import Settlement
import TestSupport
import Testing

@Suite("Lot")
struct LotTests {
    static func amounts(_ payments: [Payment]) -> [String] {
        payments.map { "\($0.to.map { String($0.rawValue) } ?? "exchange") \($0.kind.rawValue) \($0.amount.rawValue)" }
    }

    @Test("escrow takes notional, the buyer's fee and the bond, and a rebate comes out of it")
    func escrow() {
        #expect(makeLot(quantity: 2, price: 100, buyerFee: 3, sellerFee: 1, bond: 60).escrow == Micros(263))
        #expect(makeLot(quantity: 2, price: 100, buyerFee: -3, sellerFee: 4, bond: 60).escrow == Micros(257))
    }

    @Test("a delivered lot pays the provider less its fee and the bond, and the exchange both fees")
    func delivered() {
        let lot = makeLot(quantity: 2, price: 100, buyerFee: 3, sellerFee: 2, bond: 60)
        #expect(Self.amounts(lot.payments(delivered: 7_200, outcome: .delivered)) == [
            "1 proceeds 198", "exchange fee_revenue 5", "1 bond_return 60",
        ])
    }

    @Test("a lot of which nothing came gives the holder notional, fee and bond")
    func notDelivered() {
        let lot = makeLot(quantity: 2, price: 100, buyerFee: 3, sellerFee: 2, bond: 60)
        #expect(Self.amounts(lot.payments(delivered: 0, outcome: .notDelivered)) == [
            "2 refund 200", "2 fee_refund 3", "2 compensation 60",
        ])
    }

    @Test("a partial delivery divides everything in proportion, floors to the earning side")
    func partial() {
        // A third of 7,200: 66 of 200, 1 of 3, 0 of 2, 20 of 61.
        let lot = makeLot(quantity: 2, price: 100, buyerFee: 3, sellerFee: 2, bond: 61)
        #expect(Self.amounts(lot.payments(delivered: 2_400, outcome: .partial)) == [
            "1 proceeds 66", "exchange fee_revenue 1", "2 refund 134", "2 fee_refund 2", "1 bond_return 20",
            "2 compensation 41",
        ])
    }

    @Test("rebates shrink the refund and swell the proceeds, rounded toward zero")
    func rebates() {
        let buyerRebate = makeLot(quantity: 2, price: 100, buyerFee: -3, sellerFee: 4)
        #expect(Self.amounts(buyerRebate.payments(delivered: 3_600, outcome: .partial)) == [
            "1 proceeds 98", "exchange fee_revenue 1", "2 refund 98",
        ])
        let sellerRebate = makeLot(quantity: 2, price: 100, buyerFee: 4, sellerFee: -3)
        #expect(Self.amounts(sellerRebate.payments(delivered: 7_200, outcome: .delivered)) == [
            "1 proceeds 203", "exchange fee_revenue 1",
        ])
    }

    @Test("outcomes without a report differ in the bond alone", arguments: [
        (.unverified, ["2 refund 200", "2 fee_refund 3", "1 bond_return 61"]),
        (.unverifiedFault, ["2 refund 200", "2 fee_refund 3", "2 compensation 61"]),
        (.unattested, ["2 refund 200", "2 fee_refund 3", "2 compensation 61"]),
        (.declined, ["2 refund 200", "2 fee_refund 3", "1 bond_return 30", "2 compensation 31"]),
    ] as [(DeliveryOutcome, [String])])
    func outcomes(outcome: DeliveryOutcome, expected: [String]) {
        let lot = makeLot(quantity: 2, price: 100, buyerFee: 3, sellerFee: 2, bond: 61)
        #expect(Self.amounts(lot.payments(delivered: 0, outcome: outcome)) == expected)
        #expect(Self.amounts(lot.payments(delivered: 5_000, outcome: outcome)) == expected)
    }

    @Test("a resale releases at once what is due in every outcome", arguments: [
        // paid n₁ + b₁, earned n₂ − s₂, released
        (100, 3, 120, 2, 203), (100, 3, 90, 2, 178), (100, 0, 100, 0, 200),
        // A rebate on either side holds back a micro per unit.
        (100, -3, 120, 4, 195), (100, 3, 90, -2, 180), (100, -3, 100, -3, 193),
    ] as [(Int64, Int64, Int64, Int64, Int64)])
    func release(price: Int64, buyerFee: Int64, resalePrice: Int64, sellerFee: Int64, released: Int64) {
        var lot = makeLot(quantity: 2, price: price, buyerFee: buyerFee, sellerFee: 3)
        let before = lot.escrow
        #expect(resell(&lot, price: resalePrice, buyerFee: 5, sellerFee: sellerFee) == Micros(released))
        #expect(lot.escrow == before + Micros(2 * resalePrice + 5 - released))
        #expect(lot.holder == ParticipantID(3) && lot.allocation == AllocationID(9) && lot.acquiredAt == Timestamp(5))
    }

    @Test("a reseller at a profit gets the gain only on what was delivered")
    func resaleAtAProfit() {
        var lot = makeLot(quantity: 1, price: 100)
        #expect(resell(&lot, price: 150) == Micros(100))
        #expect(Self.amounts(lot.payments(delivered: 3_600, outcome: .delivered)) == ["1 proceeds 100", "2 resale_proceeds 50"])
        #expect(Self.amounts(lot.payments(delivered: 0, outcome: .notDelivered)) == ["3 refund 150"])
        #expect(Self.amounts(lot.payments(delivered: 1_800, outcome: .partial)) == [
            "1 proceeds 50", "2 resale_proceeds 25", "3 refund 75",
        ])
    }

    @Test("a reseller at a loss gets the loss back on what was not delivered")
    func resaleAtALoss() {
        var lot = makeLot(quantity: 1, price: 100)
        #expect(resell(&lot, price: 60) == Micros(60))
        #expect(Self.amounts(lot.payments(delivered: 3_600, outcome: .delivered)) == ["1 proceeds 100"])
        #expect(Self.amounts(lot.payments(delivered: 0, outcome: .notDelivered)) == ["2 resale_proceeds 40", "3 refund 60"])
    }

    @Test("a lot that its provider buys back settles as fully delivered and returns the bond")
    func returnToProvider() {
        var lot = makeLot(quantity: 1, price: 100, buyerFee: 1, sellerFee: 1, bond: 30)
        #expect(resell(&lot, price: 90, buyerFee: 1, sellerFee: 1, to: provider) == Micros(89))
        let payments = lot.paymentsOnReturnToProvider()
        #expect(Self.amounts(payments) == [
            "1 proceeds 99", "exchange fee_revenue 2", "exchange fee_revenue 2", "1 bond_return 30",
        ])
        #expect(payments.reduce(Micros.zero) { $0 + $1.amount } == lot.escrow)
    }

    @Test("a lot and a delivery read back from the journal's form")
    func roundTrip() throws {
        var lot = makeLot(quantity: 5, price: 100, buyerFee: 3, sellerFee: 2, bond: 61)
        _ = resell(&lot, price: 120)
        _ = resell(&lot, price: 80)
        var delivery = Delivery(id: DeliveryID(4), contract: ContractKey(product: ProductID(1), hour: Hour(9)), lot: lot)
        delivery.outcome = .partial
        delivery.deliveredDeviceSeconds = 77
        #expect(try BinaryDecoder.decode(Lot.self, from: BinaryEncoder.encode(lot)) == lot)
        #expect(try BinaryDecoder.decode(Delivery.self, from: BinaryEncoder.encode(delivery)) == delivery)
    }

    @Test("fees that earn below zero, a split of nothing and a delivery beyond the time sold trap")
    func defects() async {
        await #expect(processExitsWith: .failure) { _ = makeLot(quantity: 1, price: 100, buyerFee: -2, sellerFee: 1) }
        await #expect(processExitsWith: .failure) {
            var lot = makeLot(quantity: 2, price: 100)
            _ = lot.splitFirst(2)
        }
        await #expect(processExitsWith: .failure) {
            _ = makeLot(quantity: 2, price: 100).payments(delivered: 7_201, outcome: .delivered)
        }
        await #expect(processExitsWith: .failure) { _ = makeLot(quantity: 2, price: 100).paymentsOnReturnToProvider() }
    }
}
