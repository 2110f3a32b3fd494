import ServiceLifecycle
import Synchronization

/// Tells whoever keeps a request open that the server is stopping: a service that must stand behind the server in its group, because
/// services are stopped from the last to the first, each waited for.
package final class ShutdownNotice: Service {
    private struct State {
        var isStopping = false
        var next = 0
        var bodies: [Int: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// How long requests in flight have when the server stops: what is committed after them ends within 5 s of the signal.
    static let grace: Duration = .seconds(4)

    package init() {}

    /// Whether the server is stopping.
    package var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Calls `body` once when the server stops; at once where it already does.
    ///
    /// - Returns: What to give to `forget`.
    @discardableResult
    package func onStop(_ body: @escaping @Sendable () -> Void) -> Int {
        let number: Int? = state.withLock { state in
            guard !state.isStopping else { return nil }
            state.next += 1
            state.bodies[state.next] = body
            return state.next
        }
        guard let number else {
            body()
            return 0
        }
        return number
    }

    /// Calls nobody any more.
    package func forget(_ number: Int) { _ = state.withLock { $0.bodies.removeValue(forKey: number) } }

    /// Tells everybody, once.
    package func stop() {
        let bodies = state.withLock { state in
            state.isStopping = true
            defer { state.bodies = [:] }
            return state.bodies.values.map { $0 }
        }
        for body in bodies { body() }
    }

    package func run() async throws {
        try? await gracefulShutdown()
        stop()
    }
}
