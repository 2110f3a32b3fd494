import NIOCore
import Registry
import Synchronization

/// A connection as others than its own event loop see it.
final class OpenConnection: Sendable {
    let channel: any Channel
    let address: NetworkAddress?
    /// Since when it waits for a request, in nanoseconds of the machine's monotonic clock; 0 while it has one.
    private let waiting: Atomic<UInt64>

    init(_ channel: any Channel, _ address: NetworkAddress?) {
        self.channel = channel
        self.address = address
        waiting = Atomic(NIODeadline.now().uptimeNanoseconds)
    }

    /// Since when no request is on it; nil while one is.
    var waitsSince: UInt64? {
        let time = waiting.load(ordering: .relaxed)
        return time == 0 ? nil : time
    }

    /// A request begins to come.
    func noteRequest() { waiting.store(0, ordering: .relaxed) }

    /// Nothing is on it any more.
    func noteRest() { waiting.store(NIODeadline.now().uptimeNanoseconds, ordering: .relaxed) }

    /// Ends it, unless a request has come meanwhile.
    func giveWay() {
        channel.eventLoop.execute { if self.waitsSince != nil { self.channel.close(promise: nil) } }
    }
}
