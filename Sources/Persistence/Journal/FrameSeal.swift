import Cryptography
import Quantities
import Sequencer

/// Where a chain of frames stands: the last sequence number with the two hashes that the next frame continues.
package struct ChainLink: Equatable, Sendable {
    /// The last command's number; 0 before the first frame.
    package var sequence: Int64
    /// The hash of the last frame: 32 bytes.
    package var frameHash: [UInt8]
    /// The running hash of all events: 32 bytes.
    package var eventHash: [UInt8]

    package init(sequence: Int64, frameHash: [UInt8], eventHash: [UInt8]) {
        self.sequence = sequence
        self.frameHash = frameHash
        self.eventHash = eventHash
    }

    /// Before the first frame: zeros.
    package static let start = ChainLink(sequence: 0, frameHash: zeros, eventHash: zeros)
    private static let zeros = [UInt8](repeating: 0, count: SHA256Digest.length)

    /// Where the chain stands after `frame`, written under `epoch`.
    ///
    /// - Complexity: O(bytes of the frame), each hashed once.
    package func extended(by frame: Frame, epoch: Int64) -> ChainLink {
        let eventHash = FrameSeal.eventHash(after: eventHash, frame.events)
        return ChainLink(
            sequence: frame.lastSequence,
            frameHash: FrameSeal.frameHash(after: frameHash, frame, epoch: epoch, eventHash: eventHash),
            eventHash: eventHash)
    }
}

/// The hashes by which a frame shows that it, and everything before it, is what was written.
///
/// The running hash of events is SHA-256 over the one before (32 bytes) and the frame's events. The frame's hash is
/// SHA-256 over the bytes below; integers are big-endian, so an auditor needs no table of ours. The events stand in it by
/// their running hash and their length.
///
/// | bytes | field |
/// |---|---|
/// | 1 | the number 1, the version of this form |
/// | 32 | `previous_hash` |
/// | 8 | `first_sequence` |
/// | 8 | `last_sequence` |
/// | 8 | `recorded_at_micros` |
/// | 8 | `epoch` |
/// | 4 | `rules_version` |
/// | 32 | `event_hash` |
/// | 8 + n | length and bytes of `commands` |
/// | 8 + n | length and bytes of `results` |
/// | 8 | length of `events` |
package enum FrameSeal {
    /// The version byte that leads the hashed form.
    private static let version: UInt8 = 1

    /// The running hash of events after `events`.
    package static func eventHash(after previous: [UInt8], _ events: [UInt8]) -> [UInt8] {
        var hash = SHA256Digest()
        hash.update(previous)
        hash.update(events)
        return hash.finalized()
    }

    /// The frame's own hash.
    package static func frameHash(
        after previous: [UInt8], _ frame: Frame, epoch: Int64, eventHash: [UInt8]
    ) -> [UInt8] {
        var header: [UInt8] = [version]
        header.reserveCapacity(128)
        header += previous
        append(frame.firstSequence, to: &header)
        append(frame.lastSequence, to: &header)
        append(frame.time.microseconds, to: &header)
        append(epoch, to: &header)
        append(frame.rulesVersion, to: &header)
        header += eventHash
        append(Int64(frame.commands.count), to: &header)
        var hash = SHA256Digest()
        hash.update(header)
        hash.update(frame.commands)
        hash.update(bigEndian(Int64(frame.results.count)))
        hash.update(frame.results)
        hash.update(bigEndian(Int64(frame.events.count)))
        return hash.finalized()
    }

    private static func bigEndian<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
        var bytes: [UInt8] = []
        append(value, to: &bytes)
        return bytes
    }

    private static func append<I: FixedWidthInteger>(_ value: I, to bytes: inout [UInt8]) {
        var shift = I.bitWidth - 8
        while shift >= 0 {
            bytes.append(UInt8(truncatingIfNeeded: value >> I(shift)))
            shift -= 8
        }
    }
}
