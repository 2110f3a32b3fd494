import Dispatch

/// How far the journal and its projections are, and who waits for them to meet. A value; its owner guards it.
struct ProjectorProgress {
    /// The last sequence number that is known to be committed.
    private(set) var committed: Int64
    /// The last one that the tables include.
    private(set) var projected: Int64 = 0
    /// Why the projections cannot go on, if they cannot.
    var fault: String?

    private var waiting: [Waiter] = []
    private var nextWaiter = 0
    /// When what is not projected yet was committed; one mark for 10 ms.
    private var marks: [Mark] = []

    private struct Waiter {
        let number: Int
        let sequence: Int64
        let resume: @Sendable (Projector.Arrival) -> Void
    }

    private struct Mark {
        let nanoseconds: UInt64
        var sequence: Int64
    }

    init(committed: Int64) { self.committed = committed }

    var isBehind: Bool { projected < committed }
    /// Whether somebody waits for rows.
    var isAwaited: Bool { !waiting.isEmpty }
    /// Committed commands whose rows are not there yet.
    var lagSequences: Int64 { max(0, committed - projected) }

    /// How long the oldest commit that is not projected has been waiting, to 10 ms.
    func lagMicroseconds(at nanoseconds: UInt64) -> Int64 {
        guard isBehind, let oldest = marks.first, nanoseconds > oldest.nanoseconds else { return 0 }
        return Int64((nanoseconds - oldest.nanoseconds) / 1_000)
    }

    /// Notes a commit.
    mutating func commit(through sequence: Int64, at nanoseconds: UInt64) {
        guard sequence > committed else { return }
        committed = sequence
        if let last = marks.last, nanoseconds < last.nanoseconds + 10_000_000 {
            marks[marks.count - 1].sequence = sequence
        } else {
            marks.append(Mark(nanoseconds: nanoseconds, sequence: sequence))
        }
    }

    /// Notes where the tables are; answers whom to tell. May go back, after a rebuild.
    mutating func project(through sequence: Int64) -> [@Sendable (Projector.Arrival) -> Void] {
        projected = sequence
        committed = max(committed, sequence)
        if let kept = marks.firstIndex(where: { $0.sequence > sequence }) {
            marks.removeFirst(kept)
        } else {
            marks.removeAll(keepingCapacity: true)
        }
        let arrived = waiting.filter { $0.sequence <= sequence }
        if !arrived.isEmpty { waiting.removeAll { $0.sequence <= sequence } }
        return arrived.map(\.resume)
    }

    /// Keeps a caller until `sequence` is there; answers its number.
    mutating func wait(for sequence: Int64, _ resume: @escaping @Sendable (Projector.Arrival) -> Void) -> Int {
        nextWaiter += 1
        waiting.append(Waiter(number: nextWaiter, sequence: sequence, resume: resume))
        return nextWaiter
    }

    /// Takes a waiting caller out, if it still waits.
    mutating func give(up number: Int) -> (@Sendable (Projector.Arrival) -> Void)? {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return nil }
        return waiting.remove(at: index).resume
    }

    /// Takes all waiting callers out.
    mutating func giveUpAll() -> [@Sendable (Projector.Arrival) -> Void] {
        defer { waiting = [] }
        return waiting.map(\.resume)
    }
}
