import Exchange
import Foundation
import Quantities
import Registry
import Testing
import TestSupport

@Suite("The state as bytes")
struct StateTests {
    private static let seed: UInt64 =
        ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))

    /// A random market's commands; some with an idempotency key, some of these sent twice, some orders with names.
    private func history(_ random: inout SeededGenerator, commands: Int) -> [Envelope] {
        var simulation = Simulation(seed: random.next())
        simulation.run(commands: commands)
        var history: [Envelope] = []
        for (number, envelope) in simulation.market.journal.enumerated() {
            var envelope = envelope
            if case .placeOrder(var spec) = envelope.command, random.next() % 3 == 0 {
                spec.clientOrderID = "order \(number)"
                envelope.command = .placeOrder(spec)
            }
            if envelope.issuer != .none, random.next() % 3 == 0 {
                envelope.idempotency = IdempotencyKey(high: 7, low: UInt64(number), fingerprint: 1)
            }
            history.append(envelope)
            if envelope.idempotency != nil, random.next() % 4 == 0 { history.append(envelope) }
        }
        return history
    }

    private func bytes(_ exchange: Exchange) -> [UInt8] {
        var encoder = BinaryEncoder()
        exchange.encodeState(into: &encoder)
        return encoder.bytes
    }

    /// The exchange of the bytes, read in pieces of random length.
    private func restored(_ bytes: [UInt8], _ random: inout SeededGenerator) throws -> Exchange {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            pieces.append(Array(rest.prefix(Int(random.next() % 4_000) + 1)))
            rest = rest.dropFirst(pieces[pieces.count - 1].count)
        }
        var iterator = pieces.makeIterator()
        var decoder = BinaryDecoder(streaming: bytes.count) { iterator.next() }
        return try Exchange(decoding: &decoder)
    }

    @Test("an exchange that was written and read goes on as the one that never stopped, wherever it was stopped")
    func goesOn() throws {
        var random = SeededGenerator(seed: Self.seed)
        let history = history(&random, commands: 6_000)
        let whole = Exchange()
        var stopped = Exchange()
        var (output, again) = (ExchangeOutput(), ExchangeOutput())
        var stops = 0
        for (position, envelope) in history.enumerated() {
            if random.next() % 50 == 0 {
                let state = bytes(whole)
                stopped = try restored(bytes(stopped), &random)
                #expect(bytes(stopped) == state, "seed \(Self.seed), command \(position)")
                #expect(stopped.firstBrokenInvariant() == nil, "seed \(Self.seed), command \(position)")
                stops += 1
            }
            #expect(stopped.nextDue == whole.nextDue, "seed \(Self.seed), command \(position)")
            output.removeAll()
            again.removeAll()
            _ = whole.apply(envelope, output: &output)
            _ = stopped.apply(envelope, output: &again)
            guard output.events.bytes == again.events.bytes, output.results.bytes == again.results.bytes else {
                Issue.record("seed \(Self.seed), command \(position): another outcome after the stop")
                return
            }
        }
        #expect(stops > 50)
        #expect(bytes(stopped) == bytes(whole), "seed \(Self.seed)")
    }

    @Test("what is read back answers every question as before")
    func answers() throws {
        var random = SeededGenerator(seed: Self.seed &+ 1)
        let whole = Exchange()
        var output = ExchangeOutput()
        for envelope in history(&random, commands: 1_500).dropLast(120) { _ = whole.apply(envelope, output: &output) }
        let read = try restored(bytes(whole), &random)
        for participant in whole.participants(after: .none, limit: .max) {
            let id = participant.id
            let (left, right) = (
                whole.orders(of: id, status: nil, contract: nil, after: .none, limit: .max),
                read.orders(of: id, status: nil, contract: nil, after: .none, limit: .max))
            #expect(left.map { BinaryEncoder.encode($0) } == right.map { BinaryEncoder.encode($0) }, "seed \(Self.seed)")
            for order in left {
                guard let name = order.clientOrderID else { continue }
                #expect(read.order(OrderReference(clientOrderID: name), of: id)?.id == order.id, "seed \(Self.seed)")
            }
            #expect(
                whole.balances(of: id).map { BinaryEncoder.encode($0) } == read.balances(of: id).map { BinaryEncoder.encode($0) })
        }
    }

    @Test("the state leaves in pieces that together are the state")
    func pieces() {
        var random = SeededGenerator(seed: Self.seed &+ 2)
        let exchange = Exchange()
        var output = ExchangeOutput()
        for envelope in history(&random, commands: 400) { _ = exchange.apply(envelope, output: &output) }
        var gathered: [UInt8] = []
        var encoder = BinaryEncoder()
        exchange.encodeState(into: &encoder) { piece in
            gathered += piece.bytes
            piece.removeAll()
        }
        #expect(gathered + encoder.bytes == bytes(exchange))
    }

    @Test("damaged bytes are refused, or are the state that they say; nothing read can trap")
    func damage() throws {
        var random = SeededGenerator(seed: Self.seed &+ 3)
        let exchange = Exchange()
        var output = ExchangeOutput()
        for envelope in history(&random, commands: 700).dropLast(150) { _ = exchange.apply(envelope, output: &output) }
        let state = bytes(exchange)
        var refused = 0
        for round in 0..<1_500 {
            var damaged = state
            let position = Int(random.next() % UInt64(damaged.count))
            switch round % 4 {
            case 0: damaged[position] ^= 1 << UInt8(random.next() % 8)
            case 1: damaged[position] = UInt8(truncatingIfNeeded: random.next())
            case 2: damaged.removeLast(damaged.count - position)
            default: damaged.remove(at: position)
            }
            var decoder = BinaryDecoder(damaged)
            do throws(BinaryDecoder.Failure) {
                let read = try Exchange(decoding: &decoder)
                #expect(bytes(read) == damaged, "seed \(Self.seed), round \(round)")
            } catch {
                refused += 1
            }
        }
        #expect(refused > 750, "seed \(Self.seed)")
    }

    @Test("an empty exchange is a state too")
    func empty() throws {
        var decoder = BinaryDecoder(bytes(Exchange()))
        #expect(bytes(try Exchange(decoding: &decoder)) == bytes(Exchange()))
    }
}
