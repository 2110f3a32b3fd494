import Exchange
import Foundation
import Persistence
import Postgres
import Quantities
import Sequencer
import TestSupport
import Testing

/// What is read back from PostgreSQL is believed only where its hashes are right, and where somebody has forged those too, it
/// still is a named fault and never a trap.
@Suite("Fuzzing the record", .serialized)
struct FrameFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// The short form always damages the same; `make fuzz` draws.
    private static let isShort = environment["SUANPAN_FUZZ_CASES"] == nil
    private static let seed =
        environment["SUANPAN_SEED"].flatMap { UInt64($0) }
        ?? (isShort ? 8_163_543_270_334_925_678 : UInt64.random(in: 1...UInt64(Int64.max)))
    private static let cases = environment["SUANPAN_FUZZ_CASES"].flatMap { Int($0) } ?? 20_000

    /// Numbers at the ends of their types.
    private static let words: [UInt64] = [
        0, 1, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000_0000, 0x1_0000_0000,
        9_223_372_036_854, 1_000_000_000_000_000,
    ]

    /// Bytes changed in one to three places: a byte, a whole number, a piece cut out, doubled or from elsewhere, the end missing.
    private func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        func draw(_ bound: Int) -> Int { Int(random.next() % UInt64(max(bound, 1))) }
        for _ in 0...draw(3) where !bytes.isEmpty {
            let position = draw(bytes.count)
            switch draw(7) {
            case 0: bytes[position] ^= 1 << UInt8(draw(8))
            case 1: bytes[position] = UInt8(truncatingIfNeeded: random.next())
            case 2, 3:
                let word = Self.words[draw(Self.words.count)]
                let width = [4, 8][draw(2)]
                for byte in 0..<min(width, bytes.count - position) { bytes[position + byte] = UInt8(truncatingIfNeeded: word >> UInt64(8 * byte)) }
            case 4: bytes.removeSubrange(position..<min(bytes.count, position + 1 + draw(16)))
            case 5: bytes.insert(contentsOf: bytes[position..<min(bytes.count, position + 1 + draw(40))], at: draw(bytes.count))
            default: bytes.removeLast(min(bytes.count, 1 + draw(20)))
            }
        }
        return bytes
    }

    @Test("mutated frames are read to a named fault or to values, and never trap")
    func decoding() throws {
        print("fuzz: seed \(Self.seed), \(Self.cases) mutated frames (SUANPAN_SEED, SUANPAN_FUZZ_CASES)")
        var random = SeededGenerator(seed: Self.seed)
        let frames = SampleHistory.frames
        var faults = 0
        for _ in 0..<Self.cases {
            let frame = frames[Int(random.next() % UInt64(frames.count))]
            let commands = mutated(piece(of: frame.commands, &random), &random)
            var decoder = BinaryDecoder(commands)
            do {
                while !decoder.isAtEnd { _ = try decoder.read(Envelope.self) }
            } catch { faults += 1 }
            let events = mutated(piece(of: frame.events, &random), &random)
            do {
                var walker = EventWalker(events)
                while try walker.next() != nil {}
            } catch { faults += 1 }
            do {
                var decoder = BinaryDecoder(events)
                while !decoder.isAtEnd { _ = try decoder.read(RecordedEvent.self) }
            } catch { faults += 1 }
        }
        #expect(faults > Self.cases, "seed \(Self.seed)")
    }

    /// The first bytes of a column: a mutation shall lie near what is read first.
    private func piece(of bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        Array(bytes.prefix(64 + Int(random.next() % 1_024)))
    }

    @Test("a state that was mutated is refused by name or read, and never traps")
    func states() throws {
        var random = SeededGenerator(seed: Self.seed)
        let exchange = Exchange()
        let replay = FrameReplay(exchange)
        for frame in SampleHistory.frames.prefix(12) { try replay.apply(frame) }
        let state = bytes(of: exchange)
        var faults = 0
        let cases = Self.cases / 10
        for _ in 0..<cases {
            var decoder = BinaryDecoder(mutated(state, &random))
            do { _ = try Exchange(decoding: &decoder) } catch { faults += 1 }
        }
        print("fuzz: \(cases) mutated states of \(state.count) bytes, \(faults) refused")
        #expect(faults > cases / 4, "seed \(Self.seed)")
    }

    @Test("commands that were forged with right hashes are a fault of the record or give what it says, and never trap")
    func replaying() throws {
        var random = SeededGenerator(seed: Self.seed)
        let replay = FrameReplay(Exchange())
        let place = 10
        for frame in SampleHistory.frames.prefix(place) { try replay.apply(frame) }
        let state = bytes(of: replay.exchange)
        let cases = Self.cases / 10
        var (refused, same) = (0, 0)
        var untouched: Exchange?
        for number in 0..<cases {
            var decoder = BinaryDecoder(state)
            let exchange = try untouched ?? Exchange(decoding: &decoder)
            untouched = nil
            var frame = SampleHistory.frames[place]
            let kept = frame.commands
            frame.commands = mutated(kept, &random)
            let replay = FrameReplay(exchange)
            do {
                try replay.apply(frame)
            } catch {
                refused += 1
                // Most cannot be read at all; an exchange that no command has reached serves again.
                if exchange.sequence == frame.firstSequence - 1 { untouched = exchange }
                continue
            }
            // What is in no event and in no result, as the words of a refused command, can be changed by whoever can forge the hashes.
            #expect(replay.exchange.sequence == frame.lastSequence, "case \(number) of seed \(Self.seed)")
            if frame.commands != kept { same += 1 }
        }
        print("fuzz: \(cases) forged frames, \(refused) refused, \(same) of changed commands that give the same")
        #expect(refused > cases / 2, "seed \(Self.seed)")
    }

    @Test("a frame or a chunk of a snapshot that was changed in PostgreSQL is refused, whatever byte it was")
    func stored() throws {
        var random = SeededGenerator(seed: Self.seed)
        let scene = try Scene()
        let journal = try scene.journal()
        for frame in SampleHistory.frames.prefix(8) { try journal.append(frame) }
        journal.close()
        let connection = try scene.connect()
        try scene.execute("ALTER TABLE journal_frames DISABLE TRIGGER append_only")
        let frames = SampleHistory.frames.prefix(8)
        for number in 0..<min(200, Self.cases / 100) {
            let frame = frames[Int(random.next() % 8)]
            let (column, bytes) = [("commands", frame.commands), ("results", frame.results), ("events", frame.events)][Int(random.next() % 3)]
            var changed = mutated(bytes, &random)
            if changed == bytes { changed.append(0) }
            let update = "UPDATE journal_frames SET \(column) = $2 WHERE first_sequence = $1"
            _ = try connection.query(update, [.int64(frame.firstSequence), .bytes(changed)])
            let next = try scene.journal()
            let error = journalError { try next.replay(after: 0) { _ in } }
            next.close()
            if case .damaged = error {} else { Issue.record("change \(number) was not found, seed \(Self.seed)") }
            _ = try connection.query(update, [.int64(frame.firstSequence), .bytes(bytes)])
        }
        let whole = try scene.journal()
        #expect(journalError { try whole.replay(after: 0) { _ in } } == nil)
        whole.close()
    }

    private func bytes(of exchange: Exchange) -> [UInt8] {
        var encoder = BinaryEncoder()
        exchange.encodeState(into: &encoder)
        return encoder.bytes
    }
}
