import Foundation
import Postgres
import Synchronization

/// A few threads for queries that block, so that they never block the threads of the concurrency runtime.
final class ReaderThreads: Sendable {
    private let queue: OperationQueue
    private let waiting = Atomic<Int>(0)

    /// Queries that may wait for a thread; one more is refused.
    private static let limit = 1_000

    init(name: String, count: Int) {
        queue = OperationQueue()
        queue.name = name
        queue.maxConcurrentOperationCount = count
    }

    /// Runs `body` on one of the threads.
    ///
    /// - Throws: What `body` throws; `poolExhausted` when too many wait.
    func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.limit else {
            waiting.subtract(1, ordering: .relaxed)
            throw PostgresError(.poolExhausted, "\(Self.limit) queries are waiting")
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        let result = await withCheckedContinuation { continuation in
            queue.addOperation { continuation.resume(returning: Result { try body() }) }
        }
        return try result.get()
    }
}
