/// A committed frame as a follower of the journal needs it: where it belongs, and its events.
package struct CommittedFrame: Sendable {
    package let firstSequence: Int64
    package let lastSequence: Int64
    /// The hashes of the frame before and of this one.
    package let previousHash: [UInt8]
    package let frameHash: [UInt8]
    package let events: [UInt8]

    package init(firstSequence: Int64, lastSequence: Int64, previousHash: [UInt8], frameHash: [UInt8], events: [UInt8]) {
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.previousHash = previousHash
        self.frameHash = frameHash
        self.events = events
    }
}

/// Frames handed over in memory at their commit, so that a follower that keeps up need not ask PostgreSQL for what this process
/// wrote a moment ago. Bounded: a follower that does not keep up loses them and reads the journal.
package struct HandedFrames {
    private var frames: [CommittedFrame] = []
    private var byteCount = 0

    /// Of events.
    package static let byteLimit = 16 << 20

    /// Takes a frame that was just committed.
    package mutating func append(_ frame: CommittedFrame) {
        if byteCount + frame.events.count > Self.byteLimit { removeAll() }
        frames.append(frame)
        byteCount += frame.events.count
    }

    /// The frames that follow `sequence`, without a gap, of at most `limit` bytes (one is always taken); older ones are forgotten.
    /// Empty where the next one is not here.
    package mutating func take(after sequence: Int64, limit: Int) -> [CommittedFrame] {
        let old = frames.prefix { $0.lastSequence <= sequence }.count
        guard old < frames.count, frames[old].firstSequence == sequence + 1 else {
            drop(old)
            return []
        }
        var (end, bytes) = (old, 0)
        while end < frames.count, end == old || bytes + frames[end].events.count <= limit {
            bytes += frames[end].events.count
            end += 1
        }
        let taken = Array(frames[old..<end])
        drop(end)
        return taken
    }

    package init() {}

    /// Forgets all.
    package mutating func removeAll() {
        frames.removeAll()
        byteCount = 0
    }

    private mutating func drop(_ count: Int) {
        for frame in frames.prefix(count) { byteCount -= frame.events.count }
        frames.removeFirst(count)
    }
}
