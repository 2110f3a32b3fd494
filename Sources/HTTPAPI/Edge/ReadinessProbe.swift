import Exchange
import Sequencer
import Synchronization

/// Asks the exchange whether it answers. A read goes the way of every read: through the queue, the core and the writer, which confirms
/// its lease in PostgreSQL first. So a database that is lost shows at once, also where nobody trades.
final class ReadinessProbe: Sendable {
    /// What the exchange said.
    enum Finding: Sendable {
        case trading(isHalted: Bool)
        case failed(SubmissionError)
        /// Nothing within the patience.
        case silent
    }

    /// Questions that are still out; more are not asked, so that probes do not fill the queue.
    private let pending = Atomic<Int>(0)
    private static let mostPending = 4
    static let patience: Duration = .seconds(1)

    /// Asks, and waits for a second at most.
    func ask(_ gateway: any ExchangeGateway) async -> Finding {
        guard pending.load(ordering: .relaxed) < Self.mostPending else { return .silent }
        pending.wrappingAdd(1, ordering: .relaxed)
        return await withCheckedContinuation { continuation in
            let first = FirstOnly(continuation)
            Task {
                do throws(SubmissionError) {
                    let isHalted = try await gateway.read { $0.isMarketHalted }
                    first.resume(.trading(isHalted: isHalted))
                } catch {
                    first.resume(.failed(error))
                }
                self.pending.wrappingSubtract(1, ordering: .relaxed)
            }
            Task {
                try? await Task.sleep(for: Self.patience)
                first.resume(.silent)
            }
        }
    }
}

/// A continuation that takes the first of several answers.
private final class FirstOnly: Sendable {
    private let continuation: Mutex<CheckedContinuation<ReadinessProbe.Finding, Never>?>

    init(_ continuation: CheckedContinuation<ReadinessProbe.Finding, Never>) { self.continuation = Mutex(continuation) }

    func resume(_ finding: ReadinessProbe.Finding) {
        continuation.withLock { continuation in
            defer { continuation = nil }
            return continuation
        }?.resume(returning: finding)
    }
}
