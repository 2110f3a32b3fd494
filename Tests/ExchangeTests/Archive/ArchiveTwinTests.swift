import Exchange
import Foundation
import Pricing
import Quantities
import Registry
import TestSupport
import Testing

/// A market whose hours leave memory against its twin, in which no operator ever ran a settlement: there everything stays.
@Suite("Archived hours against a twin that keeps them")
struct ArchiveTwinTests {
    private static let seed: UInt64 =
        ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))

    /// The same commands without the runs.
    private func twin(of journal: [Envelope]) -> Exchange {
        let exchange = Exchange()
        var output = ExchangeOutput()
        for envelope in journal {
            if case .settle = envelope.command { continue }
            if envelope.issuer != .none {
                while let due = exchange.nextDue, due <= envelope.time {
                    _ = exchange.apply(Envelope(time: envelope.time, issuer: .none, command: .passTime(PassTime())), output: &output)
                }
            }
            output.removeAll()
            _ = exchange.apply(envelope, output: &output)
        }
        return exchange
    }

    @Test("sixty days after a random market nothing is left in memory, its money is what it was, and every question is answered as by the twin")
    func sixtyDays() throws {
        let seed = Self.seed
        var simulation = Simulation(seed: seed)
        simulation.run(commands: 4_000)
        let market = simulation.market
        let money = market.exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max).map(\.balance)
        #expect(market.exchange.keptDeliveries == market.exchange.deliveryCount, "seed \(seed)")
        simulation.letHoursLeave()
        #expect(market.exchange.keptDeliveries == 0 && market.exchange.keptAllocations == 0, "seed \(seed)")
        #expect(market.exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max).map(\.balance) == money, "seed \(seed)")
        #expect(market.brokenInvariant == nil && market.exchange.firstBrokenInvariant() == nil, "seed \(seed)")
        let replayed = market.replay()
        #expect(replayed.firstDifference == nil && replayed.state == market.state, "seed \(seed)")
        var decoder = BinaryDecoder(market.state)
        let read = try Exchange(decoding: &decoder)
        var encoder = BinaryEncoder()
        read.encodeState(into: &encoder)
        #expect(encoder.bytes == market.state, "seed \(seed)")

        let record = ArchivedRecord(market.events)
        let twin = twin(of: market.journal)
        let count = market.exchange.deliveryCount
        #expect(record.counts.deliveries == count && record.counts.allocations == market.exchange.allocationCount, "seed \(seed)")
        #expect(twin.deliveryCount == count && twin.keptDeliveries == count && twin.time == market.exchange.time, "seed \(seed)")
        for number in 1...Int64(count) {
            let (left, right) = (record.delivery(DeliveryID(number), market.exchange), twin.delivery(DeliveryID(number)))
            #expect(left.map { BinaryEncoder.encode($0) } == right.map { BinaryEncoder.encode($0) }, "seed \(seed), delivery \(number)")
        }
        for number in 1...Int64(market.exchange.allocationCount) {
            let id = AllocationID(number)
            let (left, right) = (record.allocation(id, market.exchange), twin.allocation(id))
            #expect(left.map { BinaryEncoder.encode($0) } == right.map { BinaryEncoder.encode($0) }, "seed \(seed), allocation \(number)")
            #expect(market.exchange.isErasable(id) == twin.isErasable(id), "seed \(seed), allocation \(number)")
        }
        let first = Hour(containing: market.exchange.genesisTime)
        for scope in twin.indexScopes() {
            for moment in [market.now, first.start.advanced(hours: 30)] {
                for start in stride(from: Int32(0), to: 120, by: 6) {
                    let window = first + start..<first + start + 6
                    let (left, right) = (
                        record.source(scope, window, knownAt: moment, market.exchange), twin.indexSource(scope, window, knownAt: moment))
                    #expect(left.index == right.index && left.isComplete == right.isComplete && left.knownAt == right.knownAt, "seed \(seed)")
                }
            }
        }
        for participant in twin.participants(after: .none, limit: .max).map(\.id) {
            let kept = twin.settledDeliveries(of: participant, from: Timestamp(), to: .limit, after: 0, looking: .max).found
            let archived = record.deliveries.values.sorted { $0.id < $1.id }.compactMap { market.exchange.settled($0, for: participant) }
            #expect(kept.map(\.id) == archived.map(\.id), "seed \(seed)")
            for (left, right) in zip(kept, archived) {
                #expect(left.fees == right.fees && left.compensation == right.compensation && left.settledAt == right.settledAt, "seed \(seed)")
                #expect(left.countedDeviceSeconds == right.countedDeviceSeconds && left.carbon == right.carbon, "seed \(seed)")
            }
            #expect(
                market.exchange.balances(of: participant).map { BinaryEncoder.encode($0) }
                    == twin.balances(of: participant).map { BinaryEncoder.encode($0) }, "seed \(seed)")
        }
    }

    @Test("an exchange that was written and read while hours leave goes on as the one that never stopped")
    func goesOn() throws {
        let seed = Self.seed &+ 1
        var simulation = Simulation(seed: seed)
        simulation.run(commands: 2_500)
        simulation.letHoursLeave()
        let market = simulation.market
        let whole = Exchange()
        var stopped = Exchange()
        var (output, again) = (ExchangeOutput(), ExchangeOutput())
        for (position, envelope) in market.journal.enumerated() {
            if position > market.journal.count - 200, position % 3 == 0 {
                var encoder = BinaryEncoder()
                whole.encodeState(into: &encoder)
                var decoder = BinaryDecoder(encoder.bytes)
                stopped = try Exchange(decoding: &decoder)
                #expect(stopped.firstBrokenInvariant() == nil, "seed \(seed), command \(position)")
            }
            output.removeAll()
            again.removeAll()
            _ = whole.apply(envelope, output: &output)
            _ = stopped.apply(envelope, output: &again)
            guard output.events.bytes == again.events.bytes, stopped.nextDue == whole.nextDue else {
                Issue.record("seed \(seed), command \(position): another outcome after the stop")
                return
            }
        }
        var (left, right) = (BinaryEncoder(), BinaryEncoder())
        whole.encodeState(into: &left)
        stopped.encodeState(into: &right)
        #expect(left.bytes == right.bytes && whole.keptDeliveries == 0, "seed \(seed)")
    }

    @Test("damaged bytes of a state that hours are leaving are refused, or are a state whose money is sound; nothing read can trap")
    func damaged() throws {
        var simulation = Simulation(seed: 7)
        simulation.run(commands: 700)
        simulation.letHoursLeave(hours: 700, step: 5)
        let sound = simulation.market.state
        var random = SeededGenerator(seed: Self.seed &+ 2)
        var refused = 0
        for round in 0..<600 {
            var bytes = sound
            let place = Int(random.next() % UInt64(bytes.count))
            if round % 3 == 0 { bytes.remove(at: place) } else { bytes[place] ^= 1 << UInt8(random.next() % 8) }
            var decoder = BinaryDecoder(bytes)
            guard let read = try? Exchange(decoding: &decoder) else {
                refused += 1
                continue
            }
            var encoder = BinaryEncoder()
            read.encodeState(into: &encoder)
            #expect(encoder.bytes == bytes, "seed \(Self.seed), round \(round)")
            #expect(broken(read) == nil, "seed \(Self.seed), round \(round)")
            var output = ExchangeOutput()
            var steps = 0
            let later = read.time.advanced(hours: 200)
            while let due = read.nextDue, due <= later, steps < 2_000 {
                _ = read.apply(Envelope(time: later, issuer: .none, command: .passTime(PassTime())), output: &output)
                output.removeAll()
                steps += 1
            }
            #expect(broken(read) == nil, "seed \(Self.seed), round \(round)")
        }
        // Of those that lack a byte nearly all, of the others some.
        #expect(refused > 200 && refused < 600, "seed \(Self.seed)")
    }

    /// What is not sound in the money of an exchange and in its contracts' escrow.
    private func broken(_ exchange: Exchange) -> String? {
        if let line = exchange.trialBalance().first(where: { !$0.balanced }) { return "\(line)" }
        for index in 0..<Int32(exchange.gauges.contracts) {
            if let broken = exchange.brokenInvariant(of: index) { return broken }
        }
        return nil
    }
}
