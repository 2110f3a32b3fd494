import NIOCore
import Quantities
import Synchronization

/// Takes turns between keys: while others ask too, only so many requests of one key are worked at once, and its next ones wait for them.
///
/// So a key that sends as much as it can takes a share of the server and not all of it. A key that asks alone has no bound. Reads stand in
/// a line of their own, four times as wide: one that waits for the projections keeps no order waiting. What waits is bounded by the key's
/// connections, each of which waits with one request (of HTTP/2, with one a stream).
package final class KeyTurns: Sendable {
    /// Whose requests stand in a line.
    private struct Owner: Hashable {
        var key: APIKeyID
        var reads: Bool
    }

    private struct Line {
        var working = 0
        var waiting = CircularBuffer<CheckedContinuation<Void, Never>>(initialCapacity: 0)
    }

    /// A key that asked, and when last, in nanoseconds of a clock that never goes back.
    private struct Sight {
        var key = APIKeyID.none
        var time = Int64.min
    }

    private struct State {
        var lines: [Owner: Line] = [:]
        var latest = Sight()
        /// The key before the latest that was another one.
        var before = Sight()

        /// Whether another key than this one asked within the last second.
        func isShared(_ key: APIKeyID, at now: Int64) -> Bool {
            let other = latest.key == key ? before : latest
            return !other.key.isNone && other.time > now - KeyTurns.memory
        }

        mutating func see(_ key: APIKeyID, at now: Int64) {
            if latest.key != key { before = latest }
            latest = Sight(key: key, time: now)
        }
    }

    /// Requests of a key that change something and are worked at once while others ask; 0 is without bounds.
    package let share: Int
    /// As many times as many reads.
    private static let readsPerShare = 4
    private let state = Mutex(State())

    /// For how long a key that asked counts as asking, in nanoseconds.
    private static let memory: Int64 = 1_000_000_000

    package init(share: Int) { self.share = share }

    /// Waits for the key's turn. Every call is followed by one of `leave`.
    ///
    /// - Parameter reads: Whether the request changes nothing.
    package func enter(_ key: APIKeyID, reads: Bool = false, at now: Int64) async {
        guard share > 0 else { return }
        let owner = Owner(key: key, reads: reads)
        guard !goesOn(owner, at: now) else { return }
        let share = bound(of: owner)
        await withCheckedContinuation { continuation in
            let mayGoOn = state.withLock { state in
                // Between the two looks all of them may have been worked off.
                if state.lines[owner, default: Line()].working < share {
                    state.lines[owner, default: Line()].working += 1
                    return true
                }
                state.lines[owner, default: Line()].waiting.append(continuation)
                return false
            }
            if mayGoOn { continuation.resume() }
        }
    }

    /// As `enter`, where nobody need wait. False, with nothing counted in, where the key's turn has not come.
    package func entersAtOnce(_ key: APIKeyID, reads: Bool = false, at now: Int64) -> Bool {
        share == 0 || goesOn(Owner(key: key, reads: reads), at: now)
    }

    private func bound(of owner: Owner) -> Int { owner.reads ? share * Self.readsPerShare : share }

    /// Counts the request in where it need not wait. A key that asks alone takes those along that wait.
    private func goesOn(_ owner: Owner, at now: Int64) -> Bool {
        let share = bound(of: owner)
        let freed: CircularBuffer<CheckedContinuation<Void, Never>>? = state.withLock { state in
            state.see(owner.key, at: now)
            var line = state.lines[owner] ?? Line()
            let isShared = state.isShared(owner.key, at: now)
            guard !isShared || (line.working < share && line.waiting.isEmpty) else { return nil }
            let freed = line.waiting
            line.waiting = CircularBuffer(initialCapacity: 0)
            line.working += 1 + freed.count
            state.lines[owner] = line
            return freed
        }
        guard let freed else { return false }
        for continuation in freed { continuation.resume() }
        return true
    }

    /// A request of the key was answered: the next one that waits has its turn.
    package func leave(_ key: APIKeyID, reads: Bool = false) {
        guard share > 0 else { return }
        let owner = Owner(key: key, reads: reads)
        let share = bound(of: owner)
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard var line = state.lines[owner] else { return nil }
            line.working -= 1
            let next = line.working < share ? line.waiting.popFirst() : nil
            if next != nil { line.working += 1 }
            state.lines[owner] = line.working == 0 ? nil : line
            return next
        }
        next?.resume()
    }

    /// Requests of the key that are worked, and that wait.
    package func count(_ key: APIKeyID, reads: Bool = false) -> (working: Int, waiting: Int) {
        state.withLock { state in
            guard let line = state.lines[Owner(key: key, reads: reads)] else { return (0, 0) }
            return (line.working, line.waiting.count)
        }
    }
}
