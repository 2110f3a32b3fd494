import HeapModule
import Quantities

/// What happens by itself and when: expiries first, of orders and then of bids, then dead-man switches, then gates, then ends of
/// interruptions, then beginnings of fee schedules, then deadlines, then contracts that leave memory, at equal times.
///
/// Entries are hints: what they point at is looked at again when they come up, so an order that left early costs nothing
/// but its entry.
struct DueQueue {
    struct Expiry: Comparable, Sendable {
        var time: Timestamp
        var order: OrderID
        static func < (left: Expiry, right: Expiry) -> Bool {
            left.time == right.time ? left.order < right.order : left.time < right.time
        }
    }

    struct Gate: Comparable {
        var time: Timestamp
        var symbol: String
        var contract: Int32
        static func == (left: Gate, right: Gate) -> Bool { left.contract == right.contract && left.time == right.time }
        static func < (left: Gate, right: Gate) -> Bool {
            left.time == right.time ? left.symbol < right.symbol : left.time < right.time
        }
    }

    /// A contract may have deliveries to settle: of one resource where it is named, from a position in their list on.
    struct Deadline: Comparable, Sendable {
        var time: Timestamp
        var contract: Int32
        var resource = ResourceID.none
        var position: Int32 = 0

        init(time: Timestamp, contract: Int32, resource: ResourceID = .none) {
            self.time = time
            self.contract = contract
            self.resource = resource
        }

        /// The same, with what comes before `position` done.
        func going(onFrom position: Int) -> Deadline {
            var deadline = self
            deadline.position = Int32(clamping: position)
            return deadline
        }

        static func < (left: Deadline, right: Deadline) -> Bool {
            if left.time != right.time { return left.time < right.time }
            if left.contract != right.contract { return left.contract < right.contract }
            return left.resource == right.resource ? left.position < right.position : left.resource < right.resource
        }
    }

    /// A standing bid may have to end.
    struct BidExpiry: Comparable, Sendable {
        var time: Timestamp
        var bid: BidID
        static func < (left: BidExpiry, right: BidExpiry) -> Bool {
            left.time == right.time ? left.bid < right.bid : left.time < right.time
        }
    }

    /// A volatility interruption may end.
    struct Resumption: Comparable, Sendable {
        var time: Timestamp
        var contract: Int32
        static func < (left: Resumption, right: Resumption) -> Bool {
            left.time == right.time ? left.contract < right.contract : left.time < right.time
        }
    }

    /// A version of a product's fees comes into force.
    struct FeeStart: Comparable, Sendable {
        var time: Timestamp
        var product: ProductID
        static func < (left: FeeStart, right: FeeStart) -> Bool {
            left.time == right.time ? left.product < right.product : left.time < right.time
        }
    }

    /// A contract of which nothing can change any more leaves memory.
    struct Archival: Comparable, Sendable {
        var time: Timestamp
        var contract: Int32
        static func < (left: Archival, right: Archival) -> Bool {
            left.time == right.time ? left.contract < right.contract : left.time < right.time
        }
    }

    enum Item {
        case expiry(Expiry)
        case bidExpiry(BidExpiry)
        case alarm(Alarm)
        case gate(Gate)
        case resumption(Resumption)
        case feeStart(FeeStart)
        /// With the moment at which it comes up.
        case deadline(Deadline, Timestamp)
        case archival(Archival, Timestamp)
    }

    private var expiries = Heap<Expiry>()
    private var bidExpiries = Heap<BidExpiry>()
    private var alarms = Heap<Alarm>()
    private var gates = Heap<Gate>()
    private var deadlines = Heap<Deadline>()
    private var resumptions = Heap<Resumption>()
    private var feeStarts = Heap<FeeStart>()
    private var archivals = Heap<Archival>()
    /// Deadlines and archivals wait until then, so that many of them leave room for trading.
    private var paused = Timestamp()
    /// Archivals alone wait until then: nobody waits for them.
    private var archivalsPaused = Timestamp()

    /// The earliest time of all entries: every command asks for it.
    private(set) var next: Timestamp?

    mutating func add(_ expiry: Expiry) {
        expiries.insert(expiry)
        next = min(next ?? expiry.time, expiry.time)
    }

    mutating func add(_ expiry: BidExpiry) {
        bidExpiries.insert(expiry)
        next = min(next ?? expiry.time, expiry.time)
    }

    mutating func add(_ alarm: Alarm) {
        alarms.insert(alarm)
        next = min(next ?? alarm.time, alarm.time)
    }

    mutating func add(_ gate: Gate) {
        gates.insert(gate)
        next = min(next ?? gate.time, gate.time)
    }

    mutating func add(_ deadline: Deadline) {
        deadlines.insert(deadline)
        let time = max(deadline.time, paused)
        next = min(next ?? time, time)
    }

    mutating func add(_ archival: Archival) {
        archivals.insert(archival)
        let time = comingUp(archival)
        next = min(next ?? time, time)
    }

    private func comingUp(_ archival: Archival) -> Timestamp { max(archival.time, paused, archivalsPaused) }

    /// Lets archivals wait for so long after those that came up at `time`.
    mutating func pauseArchivals(for microseconds: Int64, after time: Timestamp) {
        archivalsPaused = time.advanced(microseconds: microseconds)
        findNext()
    }

    /// Lets deadlines and archivals wait for so long after those that came up at `time`; where these came a little late, after the moment at which they
    /// should have, so that the pace holds.
    mutating func pauseDeadlines(for microseconds: Int64, after time: Timestamp) {
        let start = paused > time.advanced(microseconds: -Self.catchUpMicroseconds) ? paused : time
        paused = start.advanced(microseconds: microseconds)
        findNext()
    }

    private static let catchUpMicroseconds: Int64 = 8_000

    mutating func add(_ resumption: Resumption) {
        resumptions.insert(resumption)
        next = min(next ?? resumption.time, resumption.time)
    }

    mutating func add(_ start: FeeStart) {
        feeStarts.insert(start)
        next = min(next ?? start.time, start.time)
    }

    private mutating func findNext() {
        next = expiries.min?.time
        if let expiry = bidExpiries.min?.time { next = min(next ?? expiry, expiry) }
        if let alarm = alarms.min?.time { next = min(next ?? alarm, alarm) }
        if let gate = gates.min?.time { next = min(next ?? gate, gate) }
        if let resumption = resumptions.min?.time { next = min(next ?? resumption, resumption) }
        if let start = feeStarts.min?.time { next = min(next ?? start, start) }
        if let deadline = deadlines.min.map({ max($0.time, paused) }) { next = min(next ?? deadline, deadline) }
        if let archival = archivals.min.map({ comingUp($0) }) { next = min(next ?? archival, archival) }
    }

    /// Takes the first entry that is due at `time`.
    mutating func pop(through time: Timestamp) -> Item? {
        guard let earliest = next, earliest <= time else { return nil }
        defer { findNext() }
        if expiries.min?.time == earliest { return expiries.popMin().map(Item.expiry) }
        if bidExpiries.min?.time == earliest { return bidExpiries.popMin().map(Item.bidExpiry) }
        if alarms.min?.time == earliest { return alarms.popMin().map(Item.alarm) }
        if gates.min?.time == earliest { return gates.popMin().map(Item.gate) }
        if resumptions.min?.time == earliest { return resumptions.popMin().map(Item.resumption) }
        if feeStarts.min?.time == earliest { return feeStarts.popMin().map(Item.feeStart) }
        if let deadline = deadlines.min, max(deadline.time, paused) == earliest { return deadlines.popMin().map { .deadline($0, earliest) } }
        return archivals.popMin().map { .archival($0, earliest) }
    }
}

// MARK: State

extension DueQueue.Expiry: FieldValue {
    init() { self.init(time: Timestamp(), order: .none) }
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        time.code(&coder)
        order.code(&coder)
    }
}

extension DueQueue.BidExpiry: FieldValue {
    init() { self.init(time: Timestamp(), bid: .none) }
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        time.code(&coder)
        bid.code(&coder)
    }
}

extension DueQueue.Deadline: FieldValue {
    init() { self.init(time: Timestamp(), contract: -1) }
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        time.code(&coder)
        coder.integer(&contract)
        resource.code(&coder)
        coder.integer(&position)
    }
}

extension DueQueue.Archival: FieldValue {
    init() { self.init(time: Timestamp(), contract: -1) }
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        time.code(&coder)
        coder.integer(&contract)
    }
}

extension DueQueue {
    /// Writes expiries and deadlines in their order. Gates follow from the contracts.
    ///
    /// - Complexity: O(n log n).
    func encodeState(into encoder: inout BinaryEncoder) {
        encoder.append(expiries.unordered.sorted())
        encoder.append(deadlines.unordered.sorted())
        encoder.append(paused)
    }

    /// Reads what `encodeState` wrote; gates that are waited for stay.
    mutating func decodeState(
        from decoder: inout BinaryDecoder, contracts: Int32, resources: Int64
    ) throws(BinaryDecoder.Failure) {
        let readExpiries = try decoder.read([Expiry].self)
        let readDeadlines = try decoder.read([Deadline].self)
        let readPause = try decoder.read(Timestamp.self)
        let times = 0...Timestamp.limit.microseconds
        guard times.contains(readPause.microseconds), readExpiries.allSatisfy({ times.contains($0.time.microseconds) }),
            readDeadlines.allSatisfy({ times.contains($0.time.microseconds) && (0..<contracts).contains($0.contract) && $0.position >= 0 && (0...resources).contains($0.resource.rawValue) }),
            zip(readExpiries, readExpiries.dropFirst()).allSatisfy({ $0 <= $1 }),
            zip(readDeadlines, readDeadlines.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw decoder.damaged("a time that cannot be waited for") }
        expiries = Heap(readExpiries)
        deadlines = Heap(readDeadlines)
        paused = readPause
        findNext()
    }

    /// Writes what waits for bids to end, in its order.
    func encodeBidExpiries(into encoder: inout BinaryEncoder) { encoder.append(bidExpiries.unordered.sorted()) }

    /// Reads what `encodeBidExpiries` wrote.
    mutating func decodeBidExpiries(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let read = try decoder.read([BidExpiry].self)
        let times = 0...Timestamp.limit.microseconds
        guard read.allSatisfy({ times.contains($0.time.microseconds) }), zip(read, read.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw decoder.damaged("a time that cannot be waited for")
        }
        bidExpiries = Heap(read)
        findNext()
    }

    /// The bids that an entry waits for.
    var bidsThatMayEnd: Set<BidID> { Set(bidExpiries.unordered.map(\.bid)) }

    /// Writes what waits for dead-man switches, in its order.
    func encodeAlarms(into encoder: inout BinaryEncoder) { encoder.append(alarms.unordered.sorted()) }

    /// Reads what `encodeAlarms` wrote.
    mutating func decodeAlarms(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let read = try decoder.read([Alarm].self)
        let times = 0...Timestamp.limit.microseconds
        guard read.allSatisfy({ times.contains($0.time.microseconds) }), zip(read, read.dropFirst()).allSatisfy({ $0 <= $1 }) else {
            throw decoder.damaged("a time that cannot be waited for")
        }
        alarms = Heap(read)
        findNext()
    }

    /// Whether an entry waits.
    ///
    /// - Complexity: O(entries).
    func hasAlarm(_ alarm: Alarm) -> Bool { alarms.unordered.contains(alarm) }

    /// Writes the ends of interruptions in their order.
    func encodeResumptions(into encoder: inout BinaryEncoder) { encoder.append(resumptions.unordered.sorted()) }

    /// Reads what `encodeResumptions` wrote.
    mutating func decodeResumptions(from decoder: inout BinaryDecoder, contracts: Int32) throws(BinaryDecoder.Failure) {
        let read = try decoder.read([Resumption].self)
        let times = 0...Timestamp.limit.microseconds
        guard read.allSatisfy({ times.contains($0.time.microseconds) && (0..<contracts).contains($0.contract) }),
            zip(read, read.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw decoder.damaged("a time that cannot be waited for") }
        resumptions = Heap(read)
        findNext()
    }

    /// Whether an entry waits.
    ///
    /// - Complexity: O(entries).
    func hasResumption(_ resumption: Resumption) -> Bool { resumptions.unordered.contains(resumption) }

    /// Writes the contracts that are to leave memory in their order.
    func encodeArchivals(into encoder: inout BinaryEncoder) {
        encoder.append(archivals.unordered.sorted())
        encoder.append(archivalsPaused)
    }

    /// Reads what `encodeArchivals` wrote.
    mutating func decodeArchivals(
        from decoder: inout BinaryDecoder, where isPossible: (Int32) -> Bool
    ) throws(BinaryDecoder.Failure) {
        let read = try decoder.read([Archival].self)
        let readPause = try decoder.read(Timestamp.self)
        let times = 0...Timestamp.limit.microseconds
        guard times.contains(readPause.microseconds), read.allSatisfy({ times.contains($0.time.microseconds) && isPossible($0.contract) }),
            zip(read, read.dropFirst()).allSatisfy({ $0 < $1 }), Set(read.map(\.contract)).count == read.count
        else { throw decoder.damaged("a contract that cannot leave memory") }
        archivals = Heap(read)
        archivalsPaused = readPause
        findNext()
    }

    /// The contracts that are to leave memory.
    ///
    /// - Complexity: O(entries).
    var contractsThatLeave: Set<Int32> { Set(archivals.unordered.map(\.contract)) }

    /// Writes the beginnings of fee schedules in their order.
    func encodeFeeStarts(into encoder: inout BinaryEncoder) { encoder.append(feeStarts.unordered.sorted()) }

    /// Reads what `encodeFeeStarts` wrote.
    mutating func decodeFeeStarts(from decoder: inout BinaryDecoder, products: Int) throws(BinaryDecoder.Failure) {
        let read = try decoder.read([FeeStart].self)
        let times = 0...Timestamp.limit.microseconds
        guard read.allSatisfy({ times.contains($0.time.microseconds) && Int($0.product.index) < products }),
            zip(read, read.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw decoder.damaged("a time that cannot be waited for") }
        feeStarts = Heap(read)
        findNext()
    }

    /// Whether an entry waits.
    ///
    /// - Complexity: O(entries).
    func hasFeeStart(_ start: FeeStart) -> Bool { feeStarts.unordered.contains(start) }
}
