import NIOCore
import Quantities
import Synchronization

/// One stream's way out: what waits for its connection, within bounds.
///
/// The publisher offers, the connection's task takes; whoever wants ends it.
final class StreamSubscriber: Sendable {
    private struct State {
        var waiting: [ByteBuffer] = []
        /// Bytes of changes in `waiting`; what the stream begins with does not count.
        var bytes = 0
        var isEnded = false
        var reader: CheckedContinuation<[ByteBuffer]?, Never>?
        var lastOffer = ContinuousClock.now
    }

    /// Whose it is; nobody's where all of its channels are public.
    let caller: Caller
    private let limit: Int
    private let state = Mutex(State())

    init(caller: Caller, limit: Int) {
        self.caller = caller
        self.limit = limit
    }

    var isEnded: Bool { state.withLock { $0.isEnded } }

    /// Puts what the stream begins with in front of all changes.
    func begin(_ pieces: [ByteBuffer]) { put(pieces, counting: 0) }

    /// Offers a change; a subscriber that has not taken enough of those before is cut.
    ///
    /// - Returns: Whether it was cut just now.
    func offer(_ change: ByteBuffer) -> Bool {
        if put([change], counting: change.readableBytes) { return false }
        end(.slowConsumer)
        return true
    }

    /// Offers a heartbeat where nothing was offered for so long and nothing waits.
    func beat(after pause: Duration, now: ContinuousClock.Instant) {
        let isDue = state.withLock { !$0.isEnded && $0.waiting.isEmpty && now - $0.lastOffer >= pause }
        if isDue { put([StreamText.heartbeat], counting: 0) }
    }

    /// Ends the stream with an event that says why; once.
    func end(_ reason: StreamEnd) {
        let (reader, pieces) = state.withLock { state -> (CheckedContinuation<[ByteBuffer]?, Never>?, [ByteBuffer]) in
            guard !state.isEnded else { return (nil, []) }
            state.isEnded = true
            if !reason.keepsWaiting { state.waiting = [] }
            state.waiting.append(StreamText.end(reason))
            return Self.handOver(&state)
        }
        reader?.resume(returning: pieces)
    }

    /// The connection is gone.
    func close() {
        let reader = state.withLock { state in
            state.isEnded = true
            state.waiting = []
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume(returning: nil)
    }

    /// What waits, as soon as something does; nil after the end.
    func next() async -> [ByteBuffer]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready: [ByteBuffer]?? = state.withLock { state in
                    if !state.waiting.isEmpty { return .some(Self.take(&state)) }
                    if state.isEnded { return .some(nil) }
                    state.reader = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            close()
        }
    }

    /// - Returns: False where there is no room.
    @discardableResult
    private func put(_ pieces: [ByteBuffer], counting bytes: Int) -> Bool {
        let (fits, reader, taken) = state.withLock { state -> (Bool, CheckedContinuation<[ByteBuffer]?, Never>?, [ByteBuffer]) in
            guard !state.isEnded else { return (true, nil, []) }
            guard state.bytes + bytes <= limit else { return (false, nil, []) }
            state.waiting += pieces
            state.bytes += bytes
            state.lastOffer = .now
            let (reader, taken) = Self.handOver(&state)
            return (true, reader, taken)
        }
        reader?.resume(returning: taken)
        return fits
    }

    /// Gives what waits to the reader, if it waits, too.
    private static func handOver(_ state: inout State) -> (CheckedContinuation<[ByteBuffer]?, Never>?, [ByteBuffer]) {
        guard let reader = state.reader else { return (nil, []) }
        state.reader = nil
        return (reader, take(&state))
    }

    private static func take(_ state: inout State) -> [ByteBuffer] {
        defer {
            state.waiting = []
            state.bytes = 0
        }
        return state.waiting
    }
}
