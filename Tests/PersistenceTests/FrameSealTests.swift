import Cryptography
import Persistence
import Quantities
import Sequencer
import Testing

@Suite("FrameSeal")
struct FrameSealTests {
    private let previous = [UInt8](repeating: 7, count: 32)

    @Test("a frame's hash is SHA-256 over the documented bytes")
    func form() {
        let frame = Frame(
            firstSequence: 0x0102, lastSequence: 0x0103, rulesVersion: 9, time: Timestamp(0x0A0B0C), commands: [1, 2, 3],
            results: [4], events: [5, 6])
        let eventHash = SHA256Digest.of(previous + [5, 6])
        #expect(FrameSeal.eventHash(after: previous, frame.events) == eventHash)
        var bytes: [UInt8] = [1] + previous
        bytes += [0, 0, 0, 0, 0, 0, 1, 2] + [0, 0, 0, 0, 0, 0, 1, 3] + [0, 0, 0, 0, 0, 0x0A, 0x0B, 0x0C]
        bytes += [0, 0, 0, 0, 0, 0, 0, 5] + [0, 0, 0, 9] + eventHash
        bytes += [0, 0, 0, 0, 0, 0, 0, 3] + [1, 2, 3] + [0, 0, 0, 0, 0, 0, 0, 1] + [4] + [0, 0, 0, 0, 0, 0, 0, 2]
        #expect(FrameSeal.frameHash(after: previous, frame, epoch: 5, eventHash: eventHash) == SHA256Digest.of(bytes))
    }

    @Test("every field changes the hash, and bytes cannot move from one field into the next")
    func everyField() {
        let base = plainFrame(1, 2)
        var variants = [base]
        for change: (inout Frame) -> Void in [
            { $0.firstSequence += 1 }, { $0.lastSequence += 1 }, { $0.rulesVersion += 1 }, { $0.time = Timestamp(1) },
            { $0.commands[0] ^= 1 }, { $0.results[0] ^= 1 }, { $0.events[0] ^= 1 },
            {
                $0.results = [$0.commands.removeLast()] + $0.results
            },
        ] {
            var variant = base
            change(&variant)
            variants.append(variant)
        }
        var hashes = Set(variants.map { ChainLink.start.extended(by: $0, epoch: 1).frameHash })
        hashes.insert(ChainLink.start.extended(by: base, epoch: 2).frameHash)
        let other = ChainLink(sequence: 0, frameHash: previous, eventHash: ChainLink.start.eventHash)
        hashes.insert(other.extended(by: base, epoch: 1).frameHash)
        #expect(hashes.count == variants.count + 2)
    }
}
