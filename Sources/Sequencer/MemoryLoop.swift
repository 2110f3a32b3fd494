import Foundation
import Matching

/// The thread that has the system make memory of what the exchange will write next, so that the exchange's own thread never waits for a large
/// page to be cleared.
///
/// Everything is guarded by `condition`.
final class MemoryLoop: @unchecked Sendable {
    private let condition = NSCondition()
    private var wanted: [MemoryAhead] = []
    private var started = false
    private var stopping = false
    private var ended = false

    func start() {
        condition.withLock { started = true }
        let thread = Thread { [self] in run() }
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Says what will be written next, instead of what was said before.
    func want(_ ahead: [MemoryAhead]) {
        condition.withLock {
            wanted = ahead
            condition.broadcast()
        }
    }

    /// Ends the thread.
    func stop() {
        condition.lock()
        stopping = true
        condition.broadcast()
        while started, !ended { condition.wait() }
        condition.unlock()
    }

    private func run() {
        // Only a thread that runs can name itself to the system.
        Thread.current.name = "suanpan.memory"
        while let next = next() { next.populate() }
        condition.withLock {
            ended = true
            condition.broadcast()
        }
    }

    /// The next piece to work on; nil at the end.
    private func next() -> MemoryAhead? {
        condition.lock()
        defer { condition.unlock() }
        while wanted.isEmpty, !stopping { condition.wait() }
        return stopping ? nil : wanted.removeFirst()
    }
}
