import DequeModule
import Quantities

/// A participant's answered requests of the last 24 hours, by the hash of their `Idempotency-Key`.
struct IdempotencyLog {
    /// The most live keys of a participant; a keyed command beyond is refused, none is forgotten early.
    static let limit = 100_000

    struct Entry: Sendable {
        var time: Timestamp
        var key: IdempotencyKey
        var reply: Reply
    }

    struct Hash: Hashable {
        var high: UInt64
        var low: UInt64
    }

    /// In order of time.
    private(set) var entries: Deque<Entry> = []
    /// Absolute position (count of forgotten ones + offset) by hash.
    private var positions: [Hash: Int] = [:]
    private var forgotten = 0

    var isFull: Bool { entries.count >= Self.limit }

    func entry(for key: IdempotencyKey) -> Entry? {
        guard let position = positions[Hash(high: key.high, low: key.low)] else { return nil }
        return entries[position - forgotten]
    }

    mutating func append(_ entry: Entry) {
        positions[Hash(high: entry.key.high, low: entry.key.low)] = forgotten + entries.count
        entries.append(entry)
    }

    /// Forgets what was answered at or before `time`.
    mutating func forget(through time: Timestamp) {
        while let first = entries.first, first.time <= time {
            positions[Hash(high: first.key.high, low: first.key.low)] = nil
            entries.removeFirst()
            forgotten += 1
        }
    }
}

extension Exchange {
    /// The answer that a keyed request gets without being executed: the first one, a mismatch, or a full log.
    func storedAnswer(to key: IdempotencyKey, of issuer: ParticipantID) -> (reply: Reply, replayed: Bool)? {
        let index = Int(issuer.rawValue) &- 1
        guard idempotency.indices.contains(index) else { return nil }
        // This log exactly, whatever the time of the others' last round.
        idempotency[index].forget(through: now.advanced(hours: -24))
        if let entry = idempotency[index].entry(for: key) {
            if entry.key.fingerprint == key.fingerprint { return (entry.reply, true) }
            let refusal = Refusal(.idempotencyMismatch, "this Idempotency-Key was used with another body in the last 24 hours")
            return (.refused(refusal), false)
        }
        guard idempotency[index].isFull else { return nil }
        return (.refused(Refusal(.limitExceeded, "\(IdempotencyLog.limit) idempotency keys are live; retry without a key or later")), false)
    }

    /// Keeps an answer for 24 hours.
    func remember(_ reply: Reply, to key: IdempotencyKey, of issuer: ParticipantID) {
        guard participant(issuer) != nil else { return }
        let index = Int(issuer.rawValue) - 1
        while idempotency.count <= index { idempotency.append(IdempotencyLog()) }
        idempotency[index].append(IdempotencyLog.Entry(time: now, key: key, reply: reply))
    }

    /// Drops answers older than 24 hours, of every participant who has some. O(participants) once a minute of journal
    /// time, else nothing.
    func forgetExpiredAnswers() {
        guard now >= nextForgetting else { return }
        nextForgetting = now.advanced(minutes: 1)
        let limit = now.advanced(hours: -24)
        for index in idempotency.indices { idempotency[index].forget(through: limit) }
    }
}
