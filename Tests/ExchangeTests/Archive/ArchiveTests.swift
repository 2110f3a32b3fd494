import Exchange
import Matching
import Pricing
import Quantities
import Registry
import Settlement
import TestSupport
import Testing

@Suite("Hours that leave memory")
struct ArchiveTests {
    /// Alice buys five devices of two o'clock; they are delivered whole and settle at half past three.
    private func settled() throws -> (pit: Pit, end: Timestamp) {
        let pit = Pit()
        pit.trade(cents(200), 5, to: pit.alice)
        pit.advance(minutes: 181)
        pit.report(delivered: 5 * 3_600)
        pit.advance(minutes: 240)
        let settledAt = try #require(pit.market.exchange.delivery(DeliveryID(1))?.settledAt)
        return (pit, settledAt.advanced(hours: 720))
    }

    private func run(_ market: Market) {
        guard case .settlement = market.apply(.settle(Settle(through: market.now)), as: market.operatorID).reply else {
            preconditionFailure("no run")
        }
    }

    /// Lets time pass step by step, as with a real clock.
    private func go(_ market: Market, to time: Timestamp) {
        while market.now < time { market.advance(to: min(market.exchange.nextDue ?? time, time)) }
    }

    private func restored(_ market: Market) throws -> Exchange {
        var decoder = BinaryDecoder(market.state)
        return try Exchange(decoding: &decoder)
    }

    private func state(_ exchange: Exchange) -> [UInt8] {
        var encoder = BinaryEncoder()
        exchange.encodeState(into: &encoder)
        return encoder.bytes
    }

    @Test("an hour leaves 30 days after its last settlement, and not a microsecond earlier; what is shown of it stays the same")
    func leaves() throws {
        let (pit, end) = try settled()
        let market = pit.market
        run(market)
        market.advance(to: end.advanced(microseconds: -1))
        #expect(market.exchange.keptDeliveries == 1 && market.exchange.keptAllocations == 1 && market.exchange.nextDue == end)
        let position = market.journal.count
        let allocation = try #require(market.exchange.allocation(AllocationID(1)))
        let delivery = try #require(market.exchange.delivery(DeliveryID(1)))
        let balances = [pit.alice, pit.provider].map { market.balance($0).total }
        market.advance(to: end)
        #expect(market.exchange.keptDeliveries == 0 && market.exchange.keptAllocations == 0 && market.exchange.nextDue == nil)
        #expect(market.exchange.deliveryCount == 1 && market.exchange.allocationCount == 1 && market.exchange.archivedDeliveries == 1)
        #expect(market.exchange.delivery(DeliveryID(1)) == nil && market.exchange.isArchived(DeliveryID(1)))
        #expect(!market.exchange.isArchived(DeliveryID(2)) && !market.exchange.isArchived(DeliveryID(0)))
        let record = ArchivedRecord(market.events[position...])
        #expect(record.counts == (1, 1, 1))
        let left = try #require(record.deliveries[DeliveryID(1)])
        #expect(left.run == SettlementRunID(1) && left.position == 0 && left.parties == [pit.provider, pit.alice])
        #expect(BinaryEncoder.encode(try #require(record.delivery(DeliveryID(1), market.exchange))) == BinaryEncoder.encode(delivery))
        let shown = try #require(record.allocation(AllocationID(1), market.exchange))
        #expect(shown.erasedAt == end)
        #expect(BinaryEncoder.encode(shown) == BinaryEncoder.encode(allocation))
        #expect(market.exchange.isErasable(AllocationID(1)))
        #expect([pit.alice, pit.provider].map { market.balance($0).total } == balances)
        #expect(market.exchange.firstBrokenInvariant() == nil && market.replay().state == market.state)
        #expect(state(try restored(market)) == market.state)
    }

    @Test("what no run has listed stays; once one lists it, it leaves at once")
    func waitsForRun() throws {
        let (pit, end) = try settled()
        pit.market.advance(to: end.advanced(hours: 240))
        #expect(pit.market.exchange.keptDeliveries == 1 && pit.market.exchange.nextDue == nil)
        run(pit.market)
        #expect(pit.market.exchange.keptDeliveries == 1 && pit.market.exchange.nextDue == pit.market.now)
        pit.market.advance(to: pit.market.now)
        #expect(pit.market.exchange.keptDeliveries == 0 && pit.market.exchange.keptAllocations == 0)
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("a correction is taken until the last microsecond, and refused as before afterwards")
    func corrections() throws {
        let (pit, end) = try settled()
        run(pit.market)
        func correct(_ seconds: Int64, _ reference: String) -> Command {
            var body = CorrectDelivery.Body()
            body.deliveredDeviceSeconds = seconds
            body.reference = reference
            body.reason = "the log says so"
            return .correctDelivery(CorrectDelivery(DeliveryID(1), body))
        }
        pit.market.advance(to: end.advanced(microseconds: -1))
        #expect(pit.market.code(correct(9_000, "one"), as: pit.market.operatorID) == nil)
        let corrected = try #require(pit.market.exchange.delivery(DeliveryID(1)))
        let position = pit.market.journal.count
        pit.market.advance(to: end)
        #expect(pit.market.code(correct(8_000, "two"), as: pit.market.operatorID) == .conflict)
        let record = ArchivedRecord(pit.market.events[position...])
        #expect(BinaryEncoder.encode(try #require(record.delivery(DeliveryID(1), pit.market.exchange))) == BinaryEncoder.encode(corrected))
        #expect(pit.market.exchange.corrections(of: nil, delivery: DeliveryID(1), after: .none, limit: 9).count == 1)
        let unknown = CorrectDelivery(DeliveryID(2), CorrectDelivery.Body())
        #expect(pit.market.code(.correctDelivery(unknown), as: pit.market.operatorID) != nil)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil && pit.market.replay().state == pit.market.state)
        #expect(state(try restored(pit.market)) == pit.market.state)
    }

    @Test("commands about what has left are refused with the codes of the day before")
    func refusals() throws {
        let (pit, end) = try settled()
        run(pit.market)
        var dispute = DisputeDelivery.Body()
        dispute.reason = "no answer"
        var move = ProposeMove.Body()
        move.resourceID = pit.resource
        move.reason = "repairs"
        var decline = DeclineAllocation.Body()
        decline.from = pit.midnight
        decline.reason = "broken"
        let handover = RecordHandover(allocation: AllocationID(1), kind: .request, hash: Bytes([1]), version: 1)
        var report = MeterReportSpec()
        report.resourceID = pit.resource
        report.hour = pit.midnight + 2
        report.sequence = 2
        report.replaces = 1
        report.previousHash = Market.hash(pit.resource, 1)
        report.deliveredDeviceSeconds = 1
        var resale = pit.market.order(.sell, pit.contract(900), cents(200), 1)
        resale.allocationID = AllocationID(1)
        let commands: [(Command, ParticipantID)] = [
            (.disputeDelivery(DisputeDelivery(DeliveryID(1), dispute)), pit.alice),
            (.proposeMove(ProposeMove(DeliveryID(1), move)), pit.provider),
            (.declineAllocation(DeclineAllocation(AllocationID(1), decline)), pit.provider),
            (.terminateAllocation(TerminateAllocation(AllocationID(1))), pit.alice),
            (.recordHandover(handover), pit.alice),
            (.reportMeter(ReportMeter(report: report, hash: Market.hash(pit.resource, 2))), pit.meter),
            (.placeOrder(resale), pit.alice),
        ]
        pit.market.advance(to: end.advanced(microseconds: -1))
        let before = commands.map { pit.market.refusal($0.0, as: $0.1) }
        pit.market.advance(to: end)
        let after = commands.map { pit.market.refusal($0.0, as: $0.1) }
        #expect(before.allSatisfy { $0 != nil })
        #expect(after.map { $0?.code } == before.map { $0?.code } && after.map { $0?.field } == before.map { $0?.field })
        #expect(pit.market.exchange.keptDeliveries == 0)
    }

    @Test("very many deliveries leave in steps, at most 250 a command with a clock and 1,000 without; each step can be written and read", arguments: [ClockMode.real, .simulated])
    func steps(_ clock: ClockMode) throws {
        let count = 2_500
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
        while market.now < contract.hour.end { market.advance(to: min(market.exchange.nextDue ?? contract.hour.end, contract.hour.end)) }
        market.report(resource, contract.hour, delivered: Int64(count) * 3_600, sequence: 1, as: meter)
        let over = contract.hour.end.advanced(hours: 48)
        while market.now < over { market.advance(to: min(market.exchange.nextDue ?? over, over)) }
        run(market)
        let most = clock == .real ? 250 : 1_000
        let start = market.journal.count
        var twin = try restored(market)
        var output = ExchangeOutput()
        var followed = start
        var steps = 0
        while let due = market.exchange.nextDue {
            let before = market.journal.count
            market.advance(to: due)
            #expect(due >= contract.hour.end.advanced(hours: 720))
            for bytes in market.events[before...] {
                let left = ArchivedRecord([bytes])
                #expect(left.counts.deliveries + left.counts.allocations <= most)
            }
            // A twin that was restored at the step before goes on as if it had not been.
            for envelope in market.journal[followed...] { _ = twin.apply(envelope, output: &output) }
            followed = market.journal.count
            #expect(state(twin) == market.state)
            twin = try restored(market)
            #expect(twin.nextDue == market.exchange.nextDue && twin.keptDeliveries == market.exchange.keptDeliveries)
            #expect(twin.firstBrokenInvariant() == nil)
            // The log of the index leaves as a whole, behind its last event.
            for exchange in [market.exchange, twin] {
                let noted = try #require(exchange.notedSales(of: contract))
                #expect(noted.sales.log.count + noted.archived == count && [0, count].contains(noted.archived))
            }
            steps += 1
        }
        #expect(market.exchange.keptDeliveries == 0 && market.exchange.keptAllocations == 0)
        #expect(clock == .simulated ? steps == 1 : steps >= 20)
        let record = ArchivedRecord(market.events[start...])
        #expect(record.counts.deliveries == count && record.counts.allocations == count && record.inputs[contract]?.count == 10)
        #expect(record.deliveries.values.map(\.position).sorted() == Array(0..<Int64(count)))
        #expect(record.inputs[contract]?.reduce(0) { $0 + $1.inputs.count } == count)
        #expect(market.exchange.firstBrokenInvariant() == nil && market.replay().state == market.state)
    }

    @Test("which of very many allocations had less than usable is noted in steps before the first delivery leaves; each step can be written and read")
    func failures() throws {
        let count = 600
        let market = Market(clock: .real)
        market.checkEvery = 0
        market.product()
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(1_000_000, to: participant) }
        let resource = market.resource(of: provider, units: 10_000, meter: meter)
        _ = try market.offer(market.offer(of: resource, Quantity(count), at: cents(200), from: 2, hours: 2), as: provider).get()
        var spec = market.bid(quantity: 1, hours: 2, from: 2)
        spec.usableShare = Measure(900_000)
        for _ in 0..<count { #expect(try market.bid(spec, as: alice).get().status == .filled) }
        let first = spec.earliestStart
        for hour in 0..<Int32(2) {
            go(market, to: (first + hour).end)
            market.report(resource, first + hour, delivered: 0, sequence: Int64(hour) + 1, as: meter)
        }
        go(market, to: (first + 1).end.advanced(hours: 48))
        run(market)
        #expect(market.exchange.keptDeliveries == 2 * count)
        let start = market.journal.count
        var twin = try restored(market)
        var output = ExchangeOutput()
        var followed = start
        var (before, steps) = (0, 0)
        while let due = market.exchange.nextDue {
            market.advance(to: due)
            for envelope in market.journal[followed...] { _ = twin.apply(envelope, output: &output) }
            followed = market.journal.count
            #expect(state(twin) == market.state && twin.firstBrokenInvariant() == nil)
            twin = try restored(market)
            #expect(twin.nextDue == market.exchange.nextDue && state(twin) == market.state)
            if market.exchange.keptDeliveries == 2 * count { before += 1 }
            steps += 1
        }
        #expect(before >= 2 && steps > before)
        let record = ArchivedRecord(market.events[start...])
        #expect(record.counts.deliveries == 2 * count && record.counts.allocations == count)
        for bytes in market.events[start...] {
            let left = ArchivedRecord([bytes])
            #expect(left.counts.deliveries + left.counts.allocations <= 250)
        }
        #expect(market.exchange.keptAllocations == 0 && market.replay().state == market.state)
    }

    @Test("a state with a delivery more or less than are in memory or have left it is refused")
    func totals() throws {
        let (pit, end) = try settled()
        run(pit.market)
        pit.market.advance(to: end)
        pit.sell(cents(200), 2, hour: 900)
        pit.sell(cents(200), 3, hour: 900)
        pit.buy(cents(200), 5, as: pit.alice, hour: 900)
        pit.advance(minutes: 60 * 900)
        #expect(pit.market.exchange.deliveryCount == 3 && pit.market.exchange.keptDeliveries == 2 && pit.market.exchange.allocationCount == 2)
        let sound = pit.market.state
        var counts = BinaryEncoder()
        counts.append(Int64(3))
        counts.append(UInt32(2))
        let places = sound.indices.dropLast(counts.bytes.count).filter { sound[$0..<$0 + counts.bytes.count].elementsEqual(counts.bytes) }
        #expect(!places.isEmpty)
        for place in places {
            for other in [UInt8(2), 4] {
                var bytes = sound
                bytes[place] = other
                var decoder = BinaryDecoder(bytes)
                let read = try? Exchange(decoding: &decoder)
                #expect(read == nil, "\(other) deliveries")
            }
        }
    }

    @Test("the memory of many deliveries is given back from the front, and new ones go on behind those that left")
    func blocks() throws {
        let market = Market()
        market.checkEvery = 0
        let product = market.product()
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        for participant in [provider, alice] { market.deposit(1_000_000, to: participant) }
        let resource = market.resource(of: provider, units: 10_000, hours: 2_000)
        func sold(_ count: Int, in hours: Int32) throws -> ContractKey {
            let contract = market.contract(product, in: hours)
            _ = try market.place(market.order(.sell, contract, cents(200), Quantity(count), resource: resource), as: provider).get()
            for _ in 0..<count { _ = try market.place(market.order(.buy, contract, cents(200), 1), as: alice).get() }
            return contract
        }
        let first = try sold(5_000, in: 2)
        let second = try sold(4_500, in: 3)
        // Nobody reports; the grace of both ends a day later. A run lists the first hour alone.
        market.advance(to: second.hour.end.advanced(hours: 30))
        guard case .settlement = market.apply(.settle(Settle(through: first.hour.end)), as: market.operatorID).reply else {
            Issue.record("no run")
            return
        }
        market.advance(to: second.hour.end.advanced(hours: 800))
        func check(kept: Int) throws {
            #expect(market.exchange.keptDeliveries == kept && market.exchange.keptAllocations == kept)
            let twin = try restored(market)
            #expect(state(twin) == market.state && twin.keptDeliveries == kept && twin.nextDue == market.exchange.nextDue)
            for exchange in [market.exchange, twin] {
                let listed = exchange.deliveries(of: alice, contract: nil, after: DeliveryID(10), limit: .max).map(\.id.rawValue)
                #expect(listed == Array(Int64(market.exchange.deliveryCount - kept + 1)..<Int64(market.exchange.deliveryCount + 1)))
                #expect(exchange.isArchived(DeliveryID(1)) && exchange.isArchived(DeliveryID(5_000)))
            }
            #expect(market.exchange.firstBrokenInvariant() == nil)
        }
        try check(kept: 4_500)
        // Places of records that have left are counted as looked at: a question goes through so many at most, and through one record at least.
        let (few, next) = market.exchange.deliveries(of: alice, contract: nil, after: .none, limit: .max, looking: 10)
        #expect(few.map(\.id) == [DeliveryID(5_001)] && next == DeliveryID(5_001))
        #expect(market.exchange.deliveries(of: alice, contract: nil, after: DeliveryID(5_001), limit: .max, looking: 10).found.count == 10)
        let statement = market.exchange.settledDeliveries(of: alice, from: Timestamp(), to: .limit, after: 0, looking: 10)
        #expect(statement.found.map(\.id) == [DeliveryID(5_001)] && statement.next == 5_001)
        #expect(market.exchange.settledDeliveries(of: alice, from: Timestamp(), to: .limit, after: 5_001, looking: 10).next == 5_011)
        _ = try sold(700, in: 2)
        market.advance(to: market.now.advanced(hours: 48))
        #expect(market.exchange.deliveryCount == 10_200)
        try check(kept: 5_200)
        run(market)
        market.advance(to: market.now)
        try check(kept: 700)
        market.advance(to: market.now.advanced(hours: 800))
        try check(kept: 0)
        _ = try sold(3, in: 2)
        market.advance(to: market.now.advanced(hours: 2))
        try check(kept: 3)
        #expect(market.replay().state == market.state)
    }

    @Test("an allocation of more than 30 days loses its first hours from memory and is shown whole; two unusable hours among them still end it")
    func parts() throws {
        let pit = Pit()
        let market = pit.market
        market.checkEvery = 0
        _ = try market.offer(market.offer(of: pit.resource, 4, at: cents(200), from: 2, hours: 790), as: pit.provider).get()
        var spec = market.bid(quantity: 4, hours: 790, from: 2)
        spec.usableShare = Measure(900_000)
        let id = try #require(try market.bid(spec, as: pit.alice).get().allocationID)
        for (position, seconds) in [Int64(14_400), 12_000, 0, 14_400].enumerated() {
            pit.advance(minutes: (3 + Int32(position)) * 60)
            pit.report(hour: 2 + Int32(position), delivered: seconds, sequence: Int64(position) + 1)
        }
        pit.advance(minutes: 60 * 12)
        run(market)
        let whole = try #require(market.exchange.allocation(id))
        #expect(whole.hours.count == 790)
        market.advance(to: pit.midnight.start.advanced(hours: 731))
        run(market)
        #expect(market.exchange.archivedDeliveries == 4 && market.exchange.keptAllocations == 1)
        let record = ArchivedRecord(market.events)
        guard case .parted(let part, let kept) = market.exchange.found(id) else {
            Issue.record("it is not in parts")
            return
        }
        #expect(!kept.isEmpty)
        let shown = try #require(record.allocation(id, market.exchange))
        // Many of them are made in pieces of about so many hours.
        let parts = Array(repeating: (record: part, deliveries: Array(record.deliveries.values) + kept), count: 3)
        for (looking, made) in [(0, 0), (1, 1), (3_000, 2), (Int.max, 3)] {
            let views = market.exchange.views(parts[...], looking: looking)
            #expect(views.count >= made && (looking == .max || views.count < 3), "\(looking)")
            #expect(views.allSatisfy { $0.map { BinaryEncoder.encode($0) } == BinaryEncoder.encode(shown) })
        }
        #expect(shown.hours.map(\.contract) == whole.hours.map(\.contract) && shown.hours.prefix(4).map(\.deliveryID) == whole.hours.prefix(4).map(\.deliveryID))
        #expect(shown.status == .delivering && shown.accessDueAt == whole.accessDueAt && shown.erasedAt == nil)
        #expect(market.exchange.allocation(id)?.hours.count == 786)
        let twin = try restored(market)
        #expect(state(twin) == market.state)
        #expect(market.code(.terminateAllocation(TerminateAllocation(id)), as: pit.alice) == nil)
        market.advance(to: pit.midnight.start.advanced(hours: 1_400))
        run(market)
        market.advance(to: pit.midnight.start.advanced(hours: 2_200))
        #expect(market.exchange.keptDeliveries == 0 && market.exchange.keptAllocations == 0)
        let end = ArchivedRecord(market.events)
        #expect(end.allocation(id, market.exchange)?.hours.count == 790 && end.allocation(id, market.exchange)?.ended.map(\.kind) == [.terminated])
        #expect(market.exchange.firstBrokenInvariant() == nil && market.replay().state == market.state)
    }

    @Test("an allocation that was sold on leaves with the hour that it had, also where the hour came back to its provider")
    func transferred() throws {
        let pit = Pit()
        pit.trade(cents(200), 5, to: pit.alice)
        pit.resell(cents(210), 5, as: pit.alice)
        pit.buy(cents(210), 5, as: pit.bob)
        pit.trade(cents(200), 3, to: pit.alice, hour: 3)
        pit.resell(cents(190), 3, as: pit.alice, hour: 3)
        pit.buy(cents(190), 3, as: pit.provider, hour: 3)
        #expect(pit.market.exchange.allocation(AllocationID(1))?.status == .transferred)
        pit.advance(minutes: 60 * 48)
        run(pit.market)
        let count = pit.market.exchange.allocationCount
        let views = (1...Int64(count)).map { pit.market.exchange.allocation(AllocationID($0)) }
        pit.advance(minutes: 60 * 900)
        #expect(pit.market.exchange.keptDeliveries == 0 && pit.market.exchange.keptAllocations == 0)
        let record = ArchivedRecord(pit.market.events)
        #expect(record.counts.allocations == count && count >= 3)
        for (number, view) in views.enumerated() {
            let shown = try #require(record.allocation(AllocationID(Int64(number) + 1), pit.market.exchange))
            #expect(shown.status == view?.status && shown.hours.map(\.deliveryID) == view?.hours.map(\.deliveryID) && shown.holderID == view?.holderID)
        }
        #expect(pit.market.exchange.firstBrokenInvariant() == nil && pit.market.replay().state == pit.market.state)
    }

    @Test("an allocation of a bid whose later hours still rest stays, and takes the hour that comes")
    func restingBid() throws {
        let pit = Pit()
        let market = pit.market
        market.checkEvery = 0
        pit.sell(cents(200), 2, hour: 2)
        var spec = market.bid(quantity: 2, hours: 800, from: 2, products: ["H100-SXM.CN-GAN"])
        spec.fill = .hourly
        spec.standing = true
        let bid = try market.bid(spec, as: pit.alice).get()
        let id = try #require(bid.allocationID)
        pit.advance(minutes: 60 * 40)
        run(market)
        market.advance(to: pit.midnight.start.advanced(hours: 780))
        #expect(market.exchange.archivedDeliveries == 1 && market.exchange.keptAllocations == 1)
        #expect(state(try restored(market)) == market.state)
        pit.sell(cents(200), 2, hour: 800)
        #expect(market.exchange.allocation(id)?.hours.map(\.contract) == [pit.contract(800)])
        #expect(ArchivedRecord(market.events).allocation(id, market.exchange)?.hours.count == 2)
        market.advance(to: pit.midnight.start.advanced(hours: 900))
        run(market)
        market.advance(to: pit.midnight.start.advanced(hours: 1_700))
        #expect(market.exchange.keptDeliveries == 0 && market.exchange.keptAllocations == 0)
        #expect(market.replay().state == market.state)

        // Where nothing comes any more, it leaves when the bid ends.
        let other = Pit()
        other.market.checkEvery = 0
        other.sell(cents(200), 2, hour: 2)
        let resting = try other.market.bid(spec, as: other.alice).get()
        other.advance(minutes: 60 * 40)
        run(other.market)
        other.market.advance(to: other.midnight.start.advanced(hours: 780))
        #expect(other.market.exchange.keptAllocations == 1)
        #expect(other.market.code(.cancelBid(CancelBid(resting.id)), as: other.alice) == nil)
        #expect(other.market.exchange.keptAllocations == 0 && other.market.replay().state == other.market.state)
    }

    @Test("indices of hours that have left are those of before, as of any moment; a revision of them is still taken")
    func indices() throws {
        let scene = IndexScene()
        scene.sales(hour: 2)
        scene.deliver(hour: 2, report: 1)
        let before = try scene.source(2..<3)
        let moment = scene.market.now
        run(scene.market)
        scene.market.advance(to: moment.advanced(hours: 800))
        #expect(scene.market.exchange.keptDeliveries == 0)
        let record = ArchivedRecord(scene.market.events)
        let scope = try #require(scene.market.exchange.indexScope(code: "H100-SXM"))
        let window = scene.midnight + 2..<scene.midnight + 3
        func source(_ known: Timestamp) -> IndexSource { record.source(scope, window, knownAt: known, scene.market.exchange) }
        #expect(source(scene.market.now).index == before.index && before.index.status == .published)
        #expect(source(moment).index == before.index)
        #expect(source((scene.midnight + 2).start).index.reason == .notSettled)
        #expect(source(moment).noted.allSatisfy { $0.archived == 0 })
        #expect(try scene.source(2..<3).noted.map(\.archived) == [10])
        var body = ReviseIndex.Body()
        body.hour = scene.midnight + 2
        body.reason = "a wash trade"
        body.excludedTrades = [before.sales[0].input.trade]
        #expect(scene.market.code(.reviseIndex(ReviseIndex(product: scene.product, body: body)), as: scene.market.operatorID) == nil)
        #expect(source(scene.market.now).index.trades == before.index.trades - 1 && source(moment).index == before.index)
        body.excludedTrades = [TradeID(1_000_000)]
        #expect(scene.market.code(.reviseIndex(ReviseIndex(product: scene.product, body: body)), as: scene.market.operatorID) == .notFound)
    }
}
