import Exchange
import Foundation
import Matching
import Pricing
import Quantities
import Registry
import Testing
import TestSupport

/// One command that lets hours pass does what many that let minutes pass do: each thing that falls due is followed by what it brings
/// about, at its time, before the next.
@Suite("Jumps of time")
struct TimeJumpTests {
    private func standing(_ pit: Pit, hour: Int32 = 1, limit: Price = cents(220)) throws -> BidID {
        var spec = pit.market.bid(quantity: 4, hours: 1, from: hour, limit: limit)
        spec.standing = true
        return try pit.market.bid(spec, as: pit.alice).get().id
    }

    /// A trade at the band's floor, which stops the contract for five minutes.
    private static func interrupt(_ pit: Pit, hour: Int32) {
        pit.buy(cents(100), 1, as: pit.bob, hour: hour)
        pit.sell(cents(100), 1, hour: hour, .ioc)
    }

    @Test("an interruption that ends during a jump lets a standing bid in at that moment, before gates and the bid's own end")
    func resumption() throws {
        let pit = Pit()
        pit.sell(cents(200), 4, hour: 1)
        Self.interrupt(pit, hour: 1)
        let id = try standing(pit)
        #expect(pit.market.exchange.bid(id)?.status == .standing)
        pit.advance(minutes: 240)
        let bid = try #require(pit.market.exchange.bid(id))
        #expect(bid.status == .filled && bid.closedAt == pit.midnight.start.advanced(minutes: 5), "\(bid.status)")
        #expect(pit.market.exchange.firstBrokenInvariant() == nil && pit.market.replay().state == pit.market.state)
    }

    @Test("fees that fall during a jump serve a bid at their time, and a trade in it at the band's edge stops its contract from then on")
    func fees() throws {
        let pit = Pit(taker: 500)
        pit.sell(cents(300), 4, hour: 2)
        var spec = pit.market.bid(quantity: 4, hours: 1, from: 2, maxTotal: .units(12))
        spec.standing = true
        let id = try pit.market.bid(spec, as: pit.alice).get().id
        let after = try standing(pit, hour: 2, limit: cents(300))
        var body = PostFees.Body()
        body.effectiveFrom = pit.midnight.start.advanced(minutes: 20)
        body.tiers = [FeeTier(leastDeliveredHours: 0, makerFee: 0, takerFee: 0)]
        #expect(pit.market.code(.postFees(PostFees(product: pit.product, body: body)), as: pit.market.operatorID) == nil)
        // The dearer bid takes what there is; the other one waits on.
        #expect(pit.market.exchange.bid(after)?.status == .filled && pit.market.exchange.bid(id)?.status == .standing)
        pit.advance(minutes: 6)
        pit.sell(cents(300), 4, hour: 2)
        #expect(pit.market.exchange.bid(id)?.status == .standing)
        let position = pit.market.journal.count
        pit.advance(minutes: 200)
        let bid = try #require(pit.market.exchange.bid(id))
        #expect(bid.status == .filled && bid.closedAt == body.effectiveFrom && bid.fees == .zero)
        let halts = pit.market.events(since: position).compactMap { recorded -> String? in
            switch recorded.event {
            case .halt: "halt"
            case .resume: "resume"
            case .trade: "trade"
            default: nil
            }
        }
        #expect(halts == ["trade", "halt", "resume"])
    }

    @Test("a day that begins during a jump begins at its midnight for bids that stand")
    func midnight() throws {
        for steps in [[Int32(1_500)], [1_439, 1_440, 1_500], [1_439, 1_445, 1_500]] {
            let pit = Pit(taker: 100)
            var body = PostFees.Body()
            body.tiers = [
                FeeTier(leastDeliveredHours: 0, makerFee: 0, takerFee: 100), FeeTier(leastDeliveredHours: 1, makerFee: 0, takerFee: 0),
            ]
            #expect(pit.market.code(.postFees(PostFees(product: pit.product, body: body)), as: pit.market.operatorID) == nil)
            pit.trade(cents(200), 8, to: pit.alice, hour: 1)
            pit.advance(minutes: 125)
            pit.report(hour: 1, delivered: 8 * 3_600)
            pit.advance(minutes: 600)
            #expect(pit.market.exchange.feeTiers(of: pit.alice, after: 0, limit: 1).first?.deliveredHours == 0)
            pit.market.advance(to: pit.midnight.start.advanced(minutes: 600))
            let ask = pit.market.order(.sell, pit.contract(30), cents(200), 4, resource: pit.resource)
            #expect(pit.market.code(ask, as: pit.provider) == nil)
            var spec = BidSpec()
            (spec.earliestStart, spec.latestEnd) = (pit.midnight + 30, pit.midnight + 31)
            (spec.durationHours, spec.quantity, spec.maxTotal, spec.standing) = (1, 4, .units(8), true)
            let id = try pit.market.bid(spec, as: pit.alice).get().id
            #expect(pit.market.exchange.bid(id)?.status == .standing)
            for minutes in steps { pit.advance(minutes: minutes) }
            let bid = try #require(pit.market.exchange.bid(id))
            #expect(bid.status == .filled && bid.closedAt == pit.midnight.start.advanced(minutes: 1_440), "\(steps): \(bid.status)")
        }
    }

    // MARK: Property

    private struct Choices {
        var random: SeededGenerator
        mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    }

    /// The same things for the same choices: asks, icebergs, stops, bids that stand and expire, interruptions, fees to come.
    private func prepare(_ pit: Pit, _ choices: inout Choices) {
        let market = pit.market
        let present = Hour(containing: market.now)
        for _ in 0..<(6 + choices.below(10)) {
            let hour = present + Int32(1 + choices.below(4))
            let contract = ContractKey(product: pit.product, hour: hour)
            let expiry = market.now.advanced(minutes: Int32(1 + choices.below(300)))
            switch choices.below(7) {
            case 0, 1:
                var ask = market.order(.sell, contract, cents(Int64(180 + choices.below(60))), Quantity(1 + choices.below(6)), resource: pit.resource)
                if choices.below(3) == 0 { (ask.timeInForce, ask.expiresAt) = (.gtd, expiry) }
                if choices.below(4) == 0 { ask.displayQuantity = 1 }
                _ = market.place(ask, as: pit.provider)
            case 2, 3:
                var spec = BidSpec()
                spec.durationHours = Int32(1 + choices.below(2))
                spec.earliestStart = hour
                spec.latestEnd = hour + spec.durationHours + Int32(choices.below(2))
                spec.quantity = Quantity(1 + choices.below(5))
                if choices.below(3) == 0 {
                    spec.maxTotal = Micros(Int64(spec.quantity) * Int64(spec.durationHours) * Int64(2_000_000 + choices.below(30_000)))
                } else {
                    spec.limitPrice = cents(Int64(180 + choices.below(60)))
                }
                spec.placement = [nil, .any][choices.below(2)]
                spec.standing = true
                if choices.below(2) == 0 { spec.expiresAt = expiry }
                _ = market.bid(spec, as: choices.below(2) == 0 ? pit.alice : pit.bob)
            case 4:
                _ = market.place(market.order(.buy, contract, cents(100), 1), as: pit.bob)
                _ = market.place(market.order(.sell, contract, cents(100), 1, resource: pit.resource, .ioc), as: pit.provider)
            case 5:
                var stop = market.order(.sell, contract, cents(Int64(150 + choices.below(40))), Quantity(1 + choices.below(4)), resource: pit.resource)
                stop.type = .stopLimit
                stop.stopPrice = cents(Int64(190 + choices.below(20)))
                if choices.below(2) == 0 { (stop.timeInForce, stop.expiresAt) = (.gtd, expiry) }
                _ = market.place(stop, as: pit.provider)
            default:
                var body = PostFees.Body()
                body.effectiveFrom = expiry
                let tier = FeeTier(leastDeliveredHours: 0, makerFee: 0, takerFee: BasisPoints(choices.below(60)))
                body.tiers = choices.below(2) == 0 ? [tier] : [tier, FeeTier(leastDeliveredHours: 2, makerFee: 0, takerFee: -10)]
                market.apply(.postFees(PostFees(product: pit.product, body: body)), as: market.operatorID)
            }
        }
    }

    /// Everything that can be read of a market. Commands and entry sets are numbered as they come, which is all that may differ.
    private func shown(_ pit: Pit) -> [String: [[UInt8]]] {
        let exchange = pit.market.exchange
        func encoded<Value: FieldValue>(_ values: [Value]) -> [[UInt8]] { values.map { BinaryEncoder.encode($0) } }
        var shown = ["bids": encoded(exchange.bids(of: nil, after: .none, limit: .max))]
        for id in [pit.provider, pit.alice, pit.bob] {
            shown["orders", default: []] += encoded(exchange.orders(of: id, status: nil, contract: nil, after: .none, limit: .max))
            shown["balances", default: []] += encoded(exchange.balances(of: id))
            shown["allocations", default: []] += encoded(exchange.allocations(of: id, after: .none, limit: .max))
            shown["deliveries", default: []] += encoded(exchange.deliveries(of: id, contract: nil, after: .none, limit: .max))
            shown["fees", default: []] += encoded(exchange.feeTiers(of: id, after: 0, limit: 9))
        }
        shown["contracts"] = encoded(exchange.contracts(product: pit.product, from: pit.midnight, to: pit.midnight + 300, limit: 300))
        shown["due"] = encoded([exchange.nextDue ?? Timestamp(), Timestamp(Int64(pit.market.trades))])
        return shown
    }

    @Test("one jump leaves what many small ones leave: bids, trades, orders, money, bands, whatever falls due later")
    func sameAsSmallSteps() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        print("jumps of time: seed \(seed) (SUANPAN_SEED)")
        var choices = Choices(random: SeededGenerator(seed: seed))
        var filledLater = 0
        for number in 0..<60 {
            let (jumping, walking) = (Pit(), Pit())
            for round in 0..<4 {
                let place = "seed \(seed), market \(number), round \(round)"
                var same = choices
                prepare(jumping, &choices)
                prepare(walking, &same)
                let before = jumping.market.exchange.bids(of: nil, after: .none, limit: .max).filter { $0.status == .filled }.count
                let target = jumping.market.now.advanced(minutes: Int32(1 + choices.below(choices.below(4) == 0 ? 2_000 : 300)))
                jumping.market.advance(to: target)
                while walking.market.now < target {
                    let step = walking.market.now.advanced(microseconds: Int64(1 + choices.below(1_500_000_000)))
                    walking.market.advance(to: min(step, target))
                }
                filledLater += jumping.market.exchange.bids(of: nil, after: .none, limit: .max).filter { $0.status == .filled }.count - before
                let (left, right) = (shown(jumping), shown(walking))
                let different = left.keys.filter { left[$0] != right[$0] }.sorted()
                #expect(different.isEmpty, "\(place)")
                #expect(jumping.market.exchange.standingBidThatCouldBeFilled() == nil, "\(place)")
                #expect(jumping.market.exchange.firstBrokenInvariant() == nil, "\(place)")
                guard different.isEmpty else { return }
            }
            #expect(jumping.market.replay().state == jumping.market.state, "seed \(seed), market \(number)")
        }
        #expect(filledLater > 10, "seed \(seed): \(filledLater) bids were filled while time passed")
    }
}
