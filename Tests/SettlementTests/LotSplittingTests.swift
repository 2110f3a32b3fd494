import Quantities
import Settlement
import TestSupport
import Testing

@Suite("Lot, splitting")
struct LotSplittingTests {
    @Test("the first part takes the floor of fees and bond, the lot keeps the rest and its identifier")
    func floors() {
        var lot = makeLot(quantity: 3, price: 100, buyerFee: 5, sellerFee: 4, bond: 91)
        let first = lot.splitFirst(2)
        #expect(first.quantity == 2 && lot.quantity == 1)
        #expect(first.links[0].buyerFee == Micros(3) && lot.links[0].buyerFee == Micros(2))
        #expect(first.links[0].sellerFee == Micros(2) && lot.links[0].sellerFee == Micros(2))
        #expect(first.bond == Micros(60) && lot.bond == Micros(31))
        #expect(first.id == .none && lot.id == LotID(1))
        #expect(first.holder == lot.holder && first.links[0].trade == lot.links[0].trade)
    }

    @Test("a rebate's floor goes to the first part unless the sale would earn below zero there")
    func rebateFloors() {
        // −3 × 1 / 2 is −2 and 5 × 1 / 2 is 2: nothing is below zero.
        var lot = makeLot(quantity: 2, price: 100, buyerFee: 5, sellerFee: -3)
        let first = lot.splitFirst(1)
        #expect(first.links[0].sellerFee == Micros(-2) && lot.links[0].sellerFee == Micros(-1))
        #expect(first.links[0].buyerFee == Micros(2) && lot.links[0].buyerFee == Micros(3))
        // 1 and −1: the floors 0 and −1 would cost the exchange a micro, so the buyer's fee rounds up.
        var even = makeLot(quantity: 2, price: 100, buyerFee: 1, sellerFee: -1)
        let half = even.splitFirst(1)
        #expect(half.links[0].buyerFee == Micros(1) && half.links[0].sellerFee == Micros(-1))
        #expect(even.links[0].buyerFee == .zero && even.links[0].sellerFee == .zero)
    }

    @Test("where two floors would release less than was released, the seller's fee of the later sale rounds up")
    func sellerFeeRoundsUp() {
        // Paid 2 × 100 + 1, earned 2 × 101 − 1: both 201. The floors give the parts min(100, 101) and min(101, 100).
        var lot = makeLot(quantity: 2, price: 100, buyerFee: 1)
        #expect(resell(&lot, price: 101, sellerFee: 1) == Micros(201))
        let first = lot.splitFirst(1)
        #expect(first.links[1].sellerFee == Micros(1) && lot.links[1].sellerFee == .zero)
        #expect(first.links[1].released == Micros(100) && lot.links[1].released == Micros(101))
    }

    @Test("a trade's fees divide over the lots that it moves as over the parts of one", arguments: [21, 22, 23, 24])
    func feesOverLots(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var left = UInt32.random(in: 1...20, using: &random)
            let fees = ChainBounds.all[0].fees(Int64(left) * 5, &random)
            var rest = SaleFees(buyer: Micros(fees.buyer), seller: Micros(fees.seller))
            var sum = SaleFees(buyer: .zero, seller: .zero)
            while left > 0 {
                let part = UInt32.random(in: 1...left, using: &random)
                let taken = rest.takeFirst(part, of: left)
                #expect(taken.buyer + taken.seller >= .zero && rest.buyer + rest.seller >= .zero, "seed \(seed)")
                sum = SaleFees(buyer: sum.buyer + taken.buyer, seller: sum.seller + taken.seller)
                left -= part
            }
            #expect(sum == SaleFees(buyer: Micros(fees.buyer), seller: Micros(fees.seller)), "seed \(seed)")
            #expect(rest == SaleFees(buyer: .zero, seller: .zero), "seed \(seed)")
        }
    }
}

/// Random chains of resales and splits, held against a recomputation from the rules.
@Suite("Lot, random chains")
struct LotPropertyTests {
    static let seeds: [UInt64] = [101, 102, 103, 104]

    /// Amounts of delivery worth trying: the ends, their neighbours, and some in between.
    static func deliveries(_ lot: Lot, _ random: inout SeededGenerator) -> [Int64] {
        let whole = lot.deviceSeconds
        return [0, 1, whole / 2, whole - 1, whole] + (0..<4).map { _ in Int64.random(in: 0...whole, using: &random) }
    }

    /// The first thing wrong with a lot in any outcome, or nil.
    static func fault(_ lot: Lot, _ random: inout SeededGenerator) -> String? {
        for delivered in deliveries(lot, &random) {
            let naive = NaiveSettlement(lot, delivered: delivered)
            if let fault = naive.fault { return "D = \(delivered): \(fault) in \(lot)" }
            let payments = lot.payments(delivered: delivered, outcome: .metered(delivered, of: lot.deviceSeconds))
            var parties = Array(repeating: Int128(0), count: naive.parties.count)
            var exchange: Int128 = 0
            for payment in payments {
                if payment.amount <= .zero { return "a payment of nothing" }
                if let party = payment.to {
                    parties[Int(party.rawValue) - 1] += Int128(payment.amount.rawValue)
                } else {
                    exchange += Int128(payment.amount.rawValue)
                }
            }
            var expected = naive.parties
            expected[0] += naive.bondBack
            expected[expected.count - 1] += naive.compensation
            if parties != expected || exchange != naive.exchange.reduce(0, +) {
                return "D = \(delivered): differs from the rules in \(lot)"
            }
            if naive.escrow != Int128(lot.escrow.rawValue) { return "escrow differs from the rules" }
        }
        for outcome in [DeliveryOutcome.unverified, .unverifiedFault, .declined, .returned, .unattested] {
            let paid = lot.payments(delivered: 0, outcome: outcome).reduce(Int128(0)) { $0 + Int128($1.amount.rawValue) }
            if paid != Int128(lot.escrow.rawValue) { return "\(outcome) does not use escrow up" }
        }
        return nil
    }

    @Test(
        "escrow is used up to the micro and nobody ever pays, after any resales and splits",
        arguments: ChainBounds.all, seeds)
    func chains(bounds: ChainBounds, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<30 {
            var lots = [bounds.lot(&random)]
            var escrow = Int128(lots[0].escrow.rawValue)
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let victim = Int.random(in: lots.indices, using: &random)
                if lots[victim].quantity > 1, Bool.random(using: &random) {
                    let part = UInt32.random(in: 1..<lots[victim].quantity, using: &random)
                    let whole = lots[victim]
                    let first = lots[victim].splitFirst(part)
                    if let fault = Self.splitFault(whole, first, lots[victim], part, bounds) {
                        Issue.record("\(bounds.name), seed \(seed), round \(round): \(fault)")
                        return
                    }
                    lots.append(first)
                } else if lots[victim].links.count < 5 {
                    let before = Int128(lots[victim].escrow.rawValue)
                    let released = bounds.resell(&lots[victim], &random)
                    let sale = lots[victim].links.latest
                    let paid = Int128(sale.price.notional(lots[victim].quantity).rawValue + sale.buyerFee.rawValue)
                    #expect(Int128(lots[victim].escrow.rawValue) == before + paid - Int128(released.rawValue))
                    escrow += paid - Int128(released.rawValue)
                }
            }
            #expect(lots.reduce(Int128(0)) { $0 + Int128($1.escrow.rawValue) } == escrow, "seed \(seed)")
            for lot in lots {
                if let fault = Self.fault(lot, &random) {
                    Issue.record("\(bounds.name), seed \(seed), round \(round): \(fault)")
                    return
                }
            }
        }
    }

    @Test("single units of a split lot are each whole", arguments: ChainBounds.all.prefix(3), seeds)
    func downToUnits(bounds: ChainBounds, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for round in 0..<15 {
            var lot = bounds.lot(&random)
            for _ in 0..<Int.random(in: 1...4, using: &random) { _ = bounds.resell(&lot, &random) }
            var units: [Lot] = []
            while lot.quantity > 1 { units.append(lot.splitFirst(1)) }
            for unit in units + [lot] {
                if let fault = Self.fault(unit, &random) {
                    Issue.record("\(bounds.name), seed \(seed), round \(round): \(fault)")
                    return
                }
            }
        }
    }

    /// What a split may not do, or nil when the parts are in order.
    static func splitFault(_ whole: Lot, _ first: Lot, _ second: Lot, _ part: UInt32, _ bounds: ChainBounds) -> String? {
        guard first.quantity == part, first.quantity + second.quantity == whole.quantity else { return "quantities" }
        let bondFloor = floorShare(whole.bond.rawValue, Int64(part), Int64(whole.quantity))
        guard first.bond.rawValue == bondFloor else { return "bond's floor" }
        guard first.bond + second.bond == whole.bond else { return "bond's sum" }
        for position in whole.links.indices {
            let (link, left, right) = (whole.links[position], first.links[position], second.links[position])
            guard left.buyerFee + right.buyerFee == link.buyerFee, left.sellerFee + right.sellerFee == link.sellerFee else {
                return "fees do not add up"
            }
            guard left.released + right.released == link.released else { return "releases do not add up" }
            let buyerOff = left.buyerFee.rawValue - floorShare(link.buyerFee.rawValue, Int64(part), Int64(whole.quantity))
            let sellerOff = left.sellerFee.rawValue - floorShare(link.sellerFee.rawValue, Int64(part), Int64(whole.quantity))
            guard (0...1).contains(buyerOff), (0...1).contains(sellerOff) else { return "more than a micro off the floor" }
            let hasRebate = link.buyerFee < .zero || link.sellerFee < .zero
            guard buyerOff == 0 || hasRebate else { return "a buyer's fee rounded up without a rebate" }
            guard sellerOff == 0 || position > 0 else { return "a provider's fee rounded up" }
            // Where there never was a rebate, a part's release is what it would release if it were sold on its own.
            guard position > 0, bounds.rate.lowerBound >= 0 else { continue }
            for lot in [first, second] {
                let (purchase, sale) = (lot.links[position - 1], lot.links[position])
                let paid = purchase.price.notional(lot.quantity) + purchase.buyerFee
                let earned = sale.price.notional(lot.quantity) - sale.sellerFee
                guard sale.released == min(paid, earned) else { return "a part's release is not its own minimum" }
            }
        }
        return nil
    }
}
