import Exchange
import Quantities
import TestSupport
import Testing

/// The walker passes over frequent events by the widths of their fields; the records' own lists say how wide they are.
@Suite("EventWalker")
struct EventWalkerTests {
    /// Where each event lies, with its kind; nil where the bytes are no events.
    private func walked(_ events: [UInt8]) -> [String]? {
        var walker = EventWalker(events)
        var found: [String] = []
        do {
            while let entry = try walker.next() {
                found.append("\(entry.sequence) \(entry.time) \(entry.tag) \(entry.payload)")
            }
        } catch {
            return nil
        }
        return found
    }

    /// The same by reading every event.
    private func read(_ events: [UInt8]) -> [String]? {
        var decoder = BinaryDecoder(events)
        var found: [String] = []
        while !decoder.isAtEnd {
            // The head: sequence, time, kind.
            let start = decoder.offset + 17
            guard let recorded = try? decoder.read(RecordedEvent.self) else { return nil }
            found.append("\(recorded.sequence) \(recorded.time) \(recorded.event.tag) \(start..<decoder.offset)")
        }
        return found
    }

    @Test("it finds the events of a random market where the decoder finds them")
    func simulation() throws {
        var kinds: Set<EventTag> = []
        for seed in [1, 2, 3, 20_261_123] as [UInt64] {
            var simulation = Simulation(seed: seed)
            simulation.run(commands: 3_000)
            for events in simulation.market.events {
                #expect(walked(events) == (try #require(read(events))), "seed \(seed)")
                var walker = EventWalker(events)
                while let entry = try walker.next() { kinds.insert(entry.tag) }
            }
        }
        #expect(kinds.isSuperset(of: [.account, .transfer, .orderAccepted, .orderClosed, .trade, .allocation]))
    }

    @Test("in damaged bytes it finds the same events, or none")
    func damaged() throws {
        var simulation = Simulation(seed: 5)
        simulation.run(commands: 1_000)
        let events = Array(simulation.market.events.joined().prefix(20_000))
        var random = SeededGenerator(seed: 20_261_126)
        var (sound, refused) = (0, 0)
        for round in 0..<2_000 {
            var bytes = events
            let position = Int(random.next() % UInt64(bytes.count))
            if round % 4 == 0 { bytes.removeSubrange(position...) } else { bytes[position] ^= 1 << UInt8(random.next() % 8) }
            guard let expected = read(bytes) else {
                refused += 1
                // A text that is no UTF-8 is the decoder's to refuse: the walker does not look into texts.
                continue
            }
            sound += 1
            #expect(walked(bytes) == expected, "round \(round), byte \(position)")
        }
        #expect(sound > 0 && refused > 0)
    }

    @Test("bytes that break the form of a frequent event are refused")
    func refused() throws {
        var simulation = Simulation(seed: 6)
        simulation.run(commands: 1_500)
        var tried: Set<EventTag> = []
        for events in simulation.market.events {
            var walker = EventWalker(events)
            while let entry = try walker.next() {
                guard [.transfer, .orderAccepted, .orderClosed, .trade].contains(entry.tag) else { continue }
                // Cut anywhere inside, it does not end where an event ends.
                for end in entry.payload.dropFirst() where end < entry.payload.upperBound {
                    #expect(walked(Array(events[..<end])) == nil)
                }
                tried.insert(entry.tag)
                if tried.count == 4 { return }
            }
        }
        Issue.record("only \(tried)")
    }
}
