import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Many deliveries at once")
struct PaceTests {
    /// So many deliveries of one unit, in hour 2 of a market with a clock.
    private func sold(_ count: Int, _ clock: ClockMode) throws -> (market: Market, contract: ContractKey, resource: ResourceID, meter: ParticipantID) {
        let market = Market(clock: clock)
        market.checkEvery = 0
        let product = market.product()
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(1_000_000, to: participant) }
        let resource = market.resource(of: provider, units: 10_000, meter: meter)
        let contract = market.contract(product, in: 2)
        _ = try market.place(market.order(.sell, contract, cents(200), Quantity(count), resource: resource), as: provider).get()
        for _ in 0..<count { _ = try market.place(market.order(.buy, contract, cents(200), 1), as: alice).get() }
        return (market, contract, resource, meter)
    }

    @Test("with a real clock gate and settlement go on in steps that leave time between them; what a step leaves can be written and read")
    func steps() throws {
        let (market, contract, resource, meter) = try sold(600, .real)
        let gate = contract.hour.start.advanced(minutes: -15)
        market.advance(to: gate)
        #expect(market.exchange.deliveryCount == 250)
        #expect(market.exchange.nextDue == gate.advanced(microseconds: 3_750))
        #expect(market.exchange.firstBrokenInvariant() == nil)
        var decoder = BinaryDecoder(market.state)
        let read = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read.encodeState(into: &encoder)
        #expect(encoder.bytes == market.state && read.nextDue == market.exchange.nextDue)
        #expect(market.exchange.allocations(of: ParticipantID(4), after: .none, limit: 9_999).allSatisfy { $0.hours.count == 1 })
        market.advance(to: gate.advanced(microseconds: 3_750))
        #expect(market.exchange.deliveryCount == 500)
        market.advance(to: gate.advanced(microseconds: 7_500))
        #expect(market.exchange.deliveryCount == 600)

        market.advance(to: contract.hour.end)
        market.report(resource, contract.hour, delivered: 600 * 3_600, sequence: 1, as: meter)
        let due = contract.hour.end.advanced(minutes: 30)
        for step in 0..<3 {
            market.advance(to: due.advanced(microseconds: Int64(step) * 5_000))
            // Of a step's 250 a few go for looking at deliveries that are not due.
            let settled = market.exchange.unlistedSettlements
            #expect(settled <= 250 * (step + 1) && settled >= min(600, 240 * (step + 1)), "\(settled)")
            // Between the steps the market trades.
            let other = ContractKey(product: contract.product, hour: contract.hour + 9)
            #expect(market.code(market.order(.buy, other, cents(100), 1), as: ParticipantID(4)) == nil)
        }
        #expect(market.escrow(contract) == "0.000000" && market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("with a simulated clock all that is due happens at its moment")
    func atOnce() throws {
        let (market, contract, resource, meter) = try sold(1_500, .simulated)
        market.advance(to: contract.hour.end)
        #expect(market.exchange.deliveryCount == 1_500)
        market.report(resource, contract.hour, delivered: 1_500 * 3_600, sequence: 1, as: meter)
        market.advance(to: contract.hour.end.advanced(minutes: 30))
        #expect(market.exchange.unlistedSettlements == 1_500)
        #expect(market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: 9).allSatisfy { $0.settledAt == market.now })
        #expect(market.exchange.contract(contract)?.status == .settled)
    }

    /// A bid with a usable share bought so many deliveries of one unit on one resource, which reports when the hour is over, and one on another
    /// resource, which reports an hour later: what is due half an hour after that waits for it.
    private func waiting(_ count: Int, _ clock: ClockMode) throws -> (market: Market, contract: ContractKey, due: Timestamp) {
        let market = Market(clock: clock)
        market.checkEvery = 0
        let product = market.product()
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(1_000_000, to: participant) }
        let resources = (0..<2).map { _ in market.resource(of: provider, units: 10_000, meter: meter) }
        let contract = market.contract(product, in: 2)
        for position in 0...count {
            let resource = resources[position < count ? 0 : 1]
            _ = try market.place(market.order(.sell, contract, cents(200), 1, resource: resource), as: provider).get()
        }
        var spec = market.bid(quantity: Quantity(count + 1), hours: 1, from: 2, placement: .any)
        spec.usableShare = Measure(900_000)
        #expect(try market.bid(spec, as: alice).get().status == .filled)
        let end = contract.hour.end
        func go(to time: Timestamp) {
            while market.now < time { market.advance(to: min(market.exchange.nextDue ?? time, time)) }
        }
        go(to: end)
        #expect(market.exchange.deliveryCount == count + 1)
        market.report(resources[0], contract.hour, delivered: Int64(count) * 3_600, sequence: 1, as: meter)
        go(to: end.advanced(minutes: 60))
        #expect(market.exchange.unlistedSettlements == 0)
        market.report(resources[1], contract.hour, delivered: 3_600, sequence: 1, as: meter)
        return (market, contract, end.advanced(minutes: 90))
    }

    @Test("the last report of an hour settles all that waited for it on other resources when that is due, however many steps it takes")
    func waitingParts() throws {
        let (market, contract, due) = try waiting(300, .real)
        market.advance(to: due)
        #expect((1..<301).contains(market.exchange.unlistedSettlements))
        var decoder = BinaryDecoder(market.state)
        let read = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read.encodeState(into: &encoder)
        #expect(encoder.bytes == market.state && read.nextDue == market.exchange.nextDue)
        market.advance(to: due.advanced(microseconds: 300 * 15))
        #expect(market.exchange.unlistedSettlements == 301)
        let deliveries = market.exchange.deliveries(of: nil, contract: contract, after: .none, limit: .max)
        #expect(deliveries.allSatisfy { $0.status == .settled && $0.outcome == .delivered && $0.deliveredDeviceSeconds == 3_600 })
        #expect(market.exchange.contract(contract)?.status == .settled && market.escrow(contract) == "0.000000")
        #expect(market.exchange.firstBrokenInvariant() == nil && market.replay().state == market.state)
    }

    @Test("a jump over settlements that wait for each other leaves what small steps leave")
    func waitingPartsInJump() throws {
        var left: [[[UInt8]]] = []
        for isJump in [true, false] {
            let (market, contract, due) = try waiting(1_100, .simulated)
            let later = due.advanced(hours: 40)
            while !isJump, let next = market.exchange.nextDue, next <= later { market.advance(to: next) }
            market.advance(to: later)
            let deliveries = market.exchange.deliveries(of: nil, contract: contract, after: .none, limit: .max)
            #expect(deliveries.count == 1_101 && deliveries.allSatisfy { $0.settledAt == due && $0.outcome == .delivered })
            #expect(market.exchange.firstBrokenInvariant() == nil && market.replay().state == market.state)
            left.append(deliveries.map { BinaryEncoder.encode($0) } + [Array(market.stateWithoutHeader)])
        }
        #expect(left[0] == left[1])
    }

    /// Three bids with a usable share bought an hour on four resources, in parts of one unit as they came; three of the four report, at some
    /// time before the grace ends. The deliveries when all of them are settled, and the share of each allocation.
    private func judged(_ seed: UInt64, _ clock: ClockMode) throws -> (deliveries: [DeliveryView], shares: [AllocationID: Int64]) {
        var random = SeededGenerator(seed: seed)
        let market = Market(clock: clock)
        market.checkEvery = 0
        let product = market.product()
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let buyers = (0..<3).map { market.participant("Buyer \($0)", .consumer) }
        for participant in [provider] + buyers { market.deposit(1_000_000, to: participant) }
        let resources = (0..<4).map { _ in market.resource(of: provider, units: 10_000, meter: meter) }
        let contract = market.contract(product, in: 2)
        var units = [Int64](repeating: 0, count: resources.count)
        var shares: [AllocationID: Int64] = [:]
        for buyer in buyers {
            let count = Int(random.next() % 200) + 20
            for _ in 0..<count {
                let place = Int(random.next() % 4)
                units[place] += 1
                _ = try market.place(market.order(.sell, contract, cents(200), 1, resource: resources[place]), as: provider).get()
            }
            var spec = market.bid(quantity: Quantity(count), hours: 1, from: 2, placement: .any)
            let share = Int64(random.next() % 700_000) + 100_000
            spec.usableShare = Measure(share)
            shares[try #require(try market.bid(spec, as: buyer).get().allocationID)] = share
        }
        var minutes: Int32 = 0
        func pass(_ more: Int32) {
            minutes += more
            let time = contract.hour.end.advanced(minutes: minutes)
            while let next = market.exchange.nextDue, next <= time { market.advance(to: next) }
            market.advance(to: time)
        }
        for place in 0..<3 {
            pass(Int32(random.next() % 100))
            market.report(resources[place], contract.hour, delivered: units[place] * Int64(random.next() % 3_601), sequence: 1, as: meter)
        }
        pass(6_000)
        #expect(market.escrow(contract) == "0.000000" && market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
        return (market.exchange.deliveries(of: nil, contract: contract, after: .none, limit: .max), shares)
    }

    @Test("hours with a usable share are judged by all their parts, whatever was reported when, in steps and at once", arguments: 1...6 as ClosedRange<UInt64>)
    func judgedTogether(seed: UInt64) throws {
        let (deliveries, shares) = try judged(seed, .simulated)
        #expect(shares.count == 3)
        for (allocation, parts) in Dictionary(grouping: deliveries, by: \.allocationID) {
            let metered: [Int64?] = parts.map { $0.meteredDeviceSeconds ?? $0.deliveredDeviceSeconds }
            let sum: Int64 = metered.reduce(0) { $0 + ($1 ?? 0) }
            let share = try #require(shares[allocation])
            let counts = sum * 1_000_000 >= share * Int64(parts.count) * 3_600
            for (part, seconds) in zip(parts, metered) {
                let outcome = seconds.map { DeliveryOutcome.metered(counts ? $0 : 0, of: 3_600) } ?? .unverified
                #expect(part.outcome == outcome, "\(part.id)")
            }
        }
        #expect(try judged(seed, .real).deliveries.map(\.outcome) == deliveries.map(\.outcome))
    }
}
