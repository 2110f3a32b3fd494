import Quantities
import Registry

/// What is learnt about a request on its way, for its answer's headers, the log and the figures.
///
/// One task handles a request from its beginning to its answer and nobody else has the note; that is the argument for
/// `@unchecked Sendable`.
final class RequestNote: @unchecked Sendable {
    /// The request's id, as its answer carries it.
    var name = ""
    var caller = Caller.nobody
    var trace: TraceContext?
    /// What the limits said: name, quota, window, what is left, seconds until it is whole again.
    var limits: [(name: String, quota: Int64, window: Int64, remaining: Int64, reset: Int64)] = []
    /// Looked up once, when somebody asks.
    var address: ClientAddress?
    var knowsAddress = false
}
