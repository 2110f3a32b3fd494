import Exchange
import Foundation
import Ledger
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

/// Random chains of resales, prices, fees, shortfalls, disputes and corrections: nothing is lost to the micro.
@Suite("Settlement, at random")
struct SettlementPropertyTests {
    private static let seed: UInt64 =
        ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))

    /// Three traders who sell an hour around, a provider, and what became of it.
    private struct Story {
        let pit: Pit
        let traders: [ParticipantID]
        var random: SeededGenerator

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            let maker = BasisPoints(random.next() % 21) - 10
            let taker = BasisPoints(random.next() % 40) + 10
            pit = Pit(maker: maker, taker: taker, bond: BasisPoints(random.next() % 10_001))
            let carol = pit.market.participant("Carol", .consumer)
            pit.market.deposit(100_000, to: carol)
            traders = [pit.alice, pit.bob, carol]
            pit.market.checkEvery = 1
        }

        mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

        /// All cash, escrow and fees together, in micros: what was deposited.
        var everything: Int128 {
            pit.market.exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max).filter { $0.kind != "world" }
                .reduce(0) { $0 + (Int128($1.balance.filter { $0 != "." }) ?? 0) }
        }

        /// What the lots in escrow need is checked after each command; this trades, resells, and resells again.
        mutating func trade() {
            for _ in 0..<(1 + below(4)) { pit.trade(cents(Int64(101 + below(198))), Quantity(1 + below(7)), to: traders[below(3)]) }
            for _ in 0..<below(12) {
                let (seller, buyer) = (traders[below(3)], traders[below(3)])
                let price = cents(Int64(101 + below(198)))
                let quantity = Quantity(1 + below(6))
                if below(2) == 0 {
                    _ = pit.market.place(pit.market.order(.sell, pit.contract(), price, quantity), as: seller)
                    _ = pit.market.place(pit.market.order(.buy, pit.contract(), price, quantity, .ioc), as: buyer)
                } else {
                    _ = pit.market.place(pit.market.order(.buy, pit.contract(), price, quantity), as: buyer)
                    _ = pit.market.place(pit.market.order(.sell, pit.contract(), price, quantity, .ioc), as: seller)
                }
            }
            // Sometimes the provider buys back.
            if below(4) == 0 {
                let price = cents(Int64(101 + below(198)))
                _ = pit.market.place(pit.market.order(.buy, pit.contract(), price, 2), as: pit.provider)
                _ = pit.market.place(pit.market.order(.sell, pit.contract(), price, 2, .ioc), as: traders[below(3)])
            }
        }

        /// The hour is delivered somehow, disputed and decided somehow.
        mutating func deliver() {
            pit.advance(minutes: 180)
            let sold = Int64(pit.market.units(pit.resource, pit.midnight + 2).sold) * 3_600
            if below(8) > 0 { pit.report(delivered: [sold, 0, Int64(below(Int(sold) + 1))][below(3)]) }
            let deliveries = pit.market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: .max)
            for delivery in deliveries where below(3) == 0 {
                var body = DisputeDelivery.Body()
                body.reason = "no"
                pit.market.apply(.disputeDelivery(DisputeDelivery(delivery.id, body)), as: [delivery.holderID, delivery.providerID][below(2)])
            }
            pit.advance(minutes: Int32(181 + below(200)))
            for dispute in pit.market.exchange.disputes(of: nil, status: .open, after: .none, limit: .max) where below(2) == 0 {
                var body = DecideDispute.Body()
                body.deliveredDeviceSeconds = Int64(below(3_601))
                body.fault = FaultParty.allCases[below(FaultParty.allCases.count)]
                body.reason = "so"
                pit.market.apply(.decideDispute(DecideDispute(dispute.id, body)), as: pit.market.operatorID)
            }
            pit.market.advance(to: pit.midnight.start.advanced(hours: 100))
        }
    }

    @Test("random chains, prices, fees, shortfalls and disputes: escrow is exact at every moment and zero at the end, nothing is lost")
    func conserves() {
        for round in 0..<40 {
            let seed = Self.seed &+ UInt64(round)
            var story = Story(seed: seed)
            let everything = story.everything
            story.trade()
            #expect(story.everything == everything, "seed \(seed)")
            story.deliver()
            let market = story.pit.market
            #expect(market.brokenInvariant == nil, "seed \(seed): \(market.brokenInvariant ?? "")")
            #expect(market.exchange.firstBrokenInvariant() == nil, "seed \(seed)")
            #expect(story.everything == everything, "seed \(seed)")
            #expect(market.escrow(story.pit.contract()).map { $0 == "0.000000" } ?? true, "seed \(seed)")
            let deliveries = market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: .max)
            #expect(deliveries.allSatisfy { $0.status == .settled && $0.fault != nil }, "seed \(seed)")
            for participant in [story.pit.provider] + story.traders {
                let balance = market.balance(participant)
                #expect(balance.inEscrow == .zero && balance.reserved == .zero, "seed \(seed)")
            }
        }
    }

    @Test("fees are earned on delivered hours alone: an hour of which nothing was delivered gives the exchange nothing")
    func noFees() {
        for round in 0..<20 {
            let seed = Self.seed &+ 1_000 &+ UInt64(round)
            var story = Story(seed: seed)
            story.trade()
            // What came back to its provider was settled as delivered.
            let earned = story.pit.market.feeRevenue ?? "0.000000"
            story.pit.advance(minutes: 180)
            if story.below(2) == 0 { story.pit.report(delivered: 0) }
            story.pit.market.advance(to: story.pit.midnight.start.advanced(hours: 100))
            #expect(story.pit.market.feeRevenue ?? "0.000000" == earned, "seed \(seed)")
        }
    }

    @Test("a corrected hour leaves everybody with what it would have had, whatever it was corrected from, where the losers have the money")
    func corrections() {
        for round in 0..<20 {
            let seed = Self.seed &+ 2_000 &+ UInt64(round)
            func settled(_ share: Int64) -> Story {
                var story = Story(seed: seed)
                story.trade()
                story.pit.advance(minutes: 180)
                let sold = Int64(story.pit.market.units(story.pit.resource, story.pit.midnight + 2).sold) * 3_600
                story.pit.report(delivered: sold * share / 100)
                story.pit.advance(minutes: 300)
                return story
            }
            let (twin, story) = (settled(37), settled(90))
            let wanted = twin.pit.market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: .max)
            for delivery in wanted {
                for (step, seconds) in [Int64(0), delivery.deliveredDeviceSeconds ?? 0].enumerated() {
                    var body = CorrectDelivery.Body()
                    body.deliveredDeviceSeconds = seconds
                    body.reference = "\(delivery.id) \(step)"
                    body.reason = "so it was"
                    story.pit.market.apply(.correctDelivery(CorrectDelivery(delivery.id, body)), as: story.pit.market.operatorID)
                }
            }
            for participant in [story.pit.provider] + story.traders {
                #expect(story.pit.market.balance(participant).total == twin.pit.market.balance(participant).total, "seed \(seed)")
            }
            #expect(story.pit.market.feeRevenue == twin.pit.market.feeRevenue, "seed \(seed)")
            #expect(story.pit.market.exchange.firstBrokenInvariant() == nil, "seed \(seed)")
        }
    }

    @Test("a settlement that is cut off between any two commands goes on from the written state as if it had never stopped")
    func crashes() throws {
        let pit = Pit(units: 5_000, cash: 1_000_000)
        pit.market.checkEvery = 0
        for _ in 0..<2_500 { pit.trade(cents(150), 1, to: pit.alice) }
        pit.advance(minutes: 180)
        pit.report(delivered: 2_500 * 3_600 - 7)
        let before = pit.market.journal.count
        pit.advance(minutes: 220)
        // Two and a half thousand deliveries are three commands, each whole: at most a thousand settle in one.
        let commands = Array(pit.market.journal[before...])
        var settledIn: [Int] = []
        for position in before..<pit.market.journal.count {
            var decoder = BinaryDecoder(pit.market.events[position])
            var count = 0
            while decoder.offset < pit.market.events[position].count {
                if case .delivery(let view) = try decoder.read(RecordedEvent.self).event, view.status == .settled { count += 1 }
            }
            settledIn.append(count)
        }
        #expect(settledIn.reduce(0, +) == 2_500 && settledIn.allSatisfy { $0 <= 1_000 })
        for stop in 0..<commands.count {
            let whole = Exchange()
            var output = ExchangeOutput()
            for envelope in pit.market.journal[..<(before + stop)] {
                output.removeAll()
                _ = whole.apply(envelope, output: &output)
            }
            #expect(whole.firstBrokenInvariant() == nil)
            var encoder = BinaryEncoder()
            whole.encodeState(into: &encoder)
            var decoder = BinaryDecoder(encoder.bytes)
            let restored = try Exchange(decoding: &decoder)
            for envelope in pit.market.journal[(before + stop)...] {
                output.removeAll()
                _ = restored.apply(envelope, output: &output)
            }
            var end = BinaryEncoder()
            restored.encodeState(into: &end)
            #expect(end.bytes == pit.market.state, "stopped before command \(stop)")
        }
    }
}
