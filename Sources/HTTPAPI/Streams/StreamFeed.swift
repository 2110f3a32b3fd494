import NIOCore
import Quantities

/// Which channels, in their order, for whom: streams that ask for the same share their events.
struct StreamFeedKey: Hashable, Sendable {
    /// Whose private channels; nobody's where there are none.
    var participant: ParticipantID
    var channels: [StreamChannel]
}

/// The events of all streams with the same channels: numbered without gaps, the latest kept for those who come back.
///
/// The first number is made of the journal's sequence, so numbers grow over restarts: each command leaves room for a million events.
final class StreamFeed {
    let key: StreamFeedKey
    private(set) var lastID: Int64
    var subscribers: [StreamSubscriber] = []
    /// When the last subscriber went.
    var emptySince: ContinuousClock.Instant?
    private var ring = CircularBuffer<ByteBuffer>()
    private(set) var ringBytes = 0

    init(key: StreamFeedKey, sequence: Int64) {
        self.key = key
        lastID = min(sequence, Int64.max >> 21) << 20
    }

    /// Numbers an event, keeps it and offers it to all subscribers; answers how many it had to cut.
    func publish(_ name: StaticString, _ data: [UInt8], _ settings: StreamSettings) -> Int {
        lastID += 1
        let event = StreamText.event(name, id: lastID, data: data)
        ring.append(event)
        ringBytes += event.readableBytes
        while ring.count > settings.ringEvents || ringBytes > settings.ringBytes { dropFirst() }
        return subscribers.reduce(0) { $0 + ($1.offer(event) ? 1 : 0) }
    }

    /// The events after a number; nil where some of them are no longer kept, or there never was such a number.
    func events(after id: Int64) -> [ByteBuffer]? {
        let missed = lastID.subtractingReportingOverflow(id)
        guard !missed.overflow, missed.partialValue >= 0, missed.partialValue <= Int64(ring.count) else { return nil }
        return Array(ring.suffix(Int(missed.partialValue)))
    }

    /// Forgets the older half of what is kept.
    func forgetHalf() {
        let count = ring.count / 2
        for _ in 0..<count { dropFirst() }
    }

    private func dropFirst() {
        guard let first = ring.popFirst() else { return }
        ringBytes -= first.readableBytes
    }
}
