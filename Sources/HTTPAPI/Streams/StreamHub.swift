import Exchange
import Hummingbird
import NIOCore
import Quantities
import Registry
import Sequencer
import Synchronization

/// Where the writer's thread, the connections and the publisher meet: committed frames and new subscribers wait here.
///
///     writer thread ── frames, only while somebody listens ──►┐
///     requests ─────── new subscribers ──────────────────────►├─ StreamPublisher ──► feeds ──► subscribers ──► connections
///     directory ────── revoked keys, suspended participants ──┘                                (bounded)
final class StreamHub: FrameFollower {
    /// Somebody who wants a feed.
    struct Joiner: Sendable {
        var key: StreamFeedKey
        /// `Last-Event-ID`, where there is one; nil inside for one that never was.
        var resume: Int64??
        var subscriber: StreamSubscriber
    }

    /// What waits for the publisher.
    struct Waiting {
        var frames: [Frame] = []
        var joiners: [Joiner] = []
        /// Frames were dropped, because the publisher did not come after them.
        var lostFrames = false
    }

    private struct Entry {
        var subscriber: StreamSubscriber
        var address: NetworkAddress?
    }

    private struct State {
        var waiting = Waiting()
        var frameBytes = 0
        var entries: [Int: Entry] = [:]
        var nextNumber = 0
        var perAddress: [NetworkAddress: Int] = [:]
        var perKey: [APIKeyID: Int] = [:]
        var isRunning = false
        var isStopping = false
    }

    /// Bytes of frames that may wait for the publisher.
    private static let frameLimit = 64 << 20

    let settings: StreamSettings
    let gateway: any ExchangeGateway
    let directory: Directory
    /// Wakes the publisher.
    let wakes: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    private let isWanted = Atomic(false)
    private let published = Atomic<Int64>(0)
    private let cut = Atomic<Int64>(0)
    private let state = Mutex(State())

    init(settings: StreamSettings, gateway: any ExchangeGateway, directory: Directory) {
        self.settings = settings
        self.gateway = gateway
        self.directory = directory
        (wakes, wakeUp) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Begins to follow exchange, directory and shutdown.
    func attach(to shutdown: ShutdownNotice) {
        gateway.follow(self)
        directory.observe { [weak self] changes in self?.endUnwelcome(changes) }
        shutdown.onStop { [weak self] in self?.stop() }
    }

    // MARK: The writer's side

    var wantsFrames: Bool { isWanted.load(ordering: .acquiring) }

    func committed(_ frame: Frame) {
        state.withLock { state in
            state.frameBytes += frame.events.count
            if state.frameBytes > Self.frameLimit {
                state.waiting.frames = []
                state.waiting.lostFrames = true
                state.frameBytes = 0
            }
            state.waiting.frames.append(frame)
        }
        wake()
    }

    // MARK: The connections' side

    /// Opens a stream.
    ///
    /// - Throws: `rate_limited` where there are too many.
    func open(
        _ key: StreamFeedKey, resume: Int64??, caller: Caller, address: NetworkAddress?
    ) throws(Problem) -> StreamSession {
        let subscriber = StreamSubscriber(caller: caller, limit: settings.bufferBytes)
        let owner = address?.ownerOfLimit
        let number: Result<Int, Problem> = state.withLock { state in
            if state.isStopping { return .failure(Problem(.overloaded, "the server is stopping")) }
            if state.entries.count >= settings.streams { return .failure(Problem(.overloaded, "there are too many streams")) }
            if let owner, state.perAddress[owner, default: 0] >= settings.streamsPerAddress {
                return .failure(Problem(.rateLimited, "an address has at most \(settings.streamsPerAddress) streams"))
            }
            if !caller.key.isNone, state.perKey[caller.key, default: 0] >= settings.streamsPerKey {
                return .failure(Problem(.rateLimited, "a key has at most \(settings.streamsPerKey) streams"))
            }
            state.nextNumber += 1
            state.entries[state.nextNumber] = Entry(subscriber: subscriber, address: owner)
            if let owner { state.perAddress[owner, default: 0] += 1 }
            if !caller.key.isNone { state.perKey[caller.key, default: 0] += 1 }
            state.waiting.joiners.append(Joiner(key: key, resume: resume, subscriber: subscriber))
            isWanted.store(true, ordering: .releasing)
            return .success(state.nextNumber)
        }
        let session = StreamSession(subscriber: subscriber, number: try number.get(), hub: self)
        // Between the look at the key and now it may have been revoked.
        if !caller.key.isNone { endUnwelcome([.key(caller.key)]) }
        startPublisher()
        wake()
        return session
    }

    /// Forgets a stream that is over.
    func leave(_ number: Int) {
        let entry = state.withLock { state in
            guard let entry = state.entries.removeValue(forKey: number) else { return Entry?.none }
            if let address = entry.address { Self.lower(&state.perAddress, address) }
            if !entry.subscriber.caller.key.isNone { Self.lower(&state.perKey, entry.subscriber.caller.key) }
            return entry
        }
        entry?.subscriber.close()
    }

    private static func lower<Key>(_ counts: inout [Key: Int], _ key: Key) {
        let left = counts[key, default: 0] - 1
        counts[key] = left > 0 ? left : nil
    }

    /// Ends the streams of those who may no longer look.
    func endUnwelcome(_ changes: [DirectoryChange]) {
        let concerned = subscribers.filter { subscriber in
            !subscriber.caller.key.isNone
                && changes.contains { $0 == .key(subscriber.caller.key) || $0 == .participant(subscriber.caller.participant) }
        }
        endUnwelcome(among: concerned)
    }

    /// Ends the streams whose keys expired.
    func endExpired() { endUnwelcome(among: subscribers.filter { !$0.caller.key.isNone }) }

    private func endUnwelcome(among subscribers: [StreamSubscriber]) {
        guard !subscribers.isEmpty else { return }
        let now = gateway.now
        for subscriber in subscribers where !directory.isWelcome(subscriber.caller, at: now) {
            let key = directory.key(id: subscriber.caller.key)
            subscriber.end(key?.isSuspended == true ? .suspended : key?.isRevoked == true ? .keyRevoked : .keyExpired)
        }
    }

    private var subscribers: [StreamSubscriber] { state.withLock { $0.entries.values.map(\.subscriber) } }

    /// Ends all streams and takes no more.
    func stop() {
        state.withLock { $0.isStopping = true }
        for subscriber in subscribers { subscriber.end(.shutdown) }
        isWanted.store(false, ordering: .releasing)
        wakeUp.finish()
    }

    // MARK: The publisher's side

    private func startPublisher() {
        let isFirst = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        guard isFirst else { return }
        Task { [self] in await StreamPublisher(hub: self).run() }
        let pause = min(Duration.seconds(1), settings.heartbeat / 2)
        Task { [weak self] in
            while let hub = self, !hub.state.withLock({ $0.isStopping }) {
                hub.wake()
                try? await Task.sleep(for: pause)
            }
        }
    }

    /// Lets the publisher look.
    func wake() { wakeUp.yield() }

    /// Takes all that waits.
    func take() -> Waiting {
        state.withLock { state in
            defer {
                state.waiting = Waiting()
                state.frameBytes = 0
            }
            return state.waiting
        }
    }

    /// Takes the frames that wait, and leaves who wants to join.
    func takeFrames() -> Waiting {
        state.withLock { state in
            let joiners = state.waiting.joiners
            defer {
                state.waiting = Waiting(joiners: joiners)
                state.frameBytes = 0
            }
            var taken = state.waiting
            taken.joiners = []
            return taken
        }
    }

    /// Nobody listens any more; unless somebody just came.
    func rest() {
        state.withLock { state in
            guard state.waiting.joiners.isEmpty else { return }
            isWanted.store(false, ordering: .releasing)
            state.waiting.frames = []
            state.frameBytes = 0
        }
    }

    /// Counts events and subscribers that were cut.
    func note(published events: Int, cut subscribers: Int) {
        published.wrappingAdd(Int64(events), ordering: .relaxed)
        cut.wrappingAdd(Int64(subscribers), ordering: .relaxed)
    }

    /// Figures for `GET /metrics`.
    var samples: [MetricSample] {
        let open = state.withLock { $0.entries.count }
        return [
            MetricSample("suanpan_streams", .gauge, Int64(open), help: "Open streams."),
            MetricSample(
                "suanpan_stream_events_total", .counter, published.load(ordering: .relaxed),
                help: "Events numbered, once for all streams with the same channels."),
            MetricSample(
                "suanpan_streams_cut_total", .counter, cut.load(ordering: .relaxed), help: "Streams cut because they were not read."),
        ]
    }
}

/// One open stream: as long as somebody holds it, it counts.
package final class StreamSession: Sendable {
    private let subscriber: StreamSubscriber
    private let number: Int
    private let hub: StreamHub

    init(subscriber: StreamSubscriber, number: Int, hub: StreamHub) {
        self.subscriber = subscriber
        self.number = number
        self.hub = hub
    }

    deinit { hub.leave(number) }

    /// Writes all that comes until the end.
    func run(_ writer: inout any ResponseBodyWriter) async throws {
        defer { hub.leave(number) }
        while let pieces = await subscriber.next() {
            if pieces.count == 1 {
                try await writer.write(pieces[0])
            } else {
                var joined = ByteBuffer()
                joined.reserveCapacity(pieces.reduce(0) { $0 + $1.readableBytes })
                for piece in pieces { joined.writeImmutableBuffer(piece) }
                try await writer.write(joined)
            }
        }
        try await writer.finish(nil)
    }
}
