import HeapModule
import Quantities

/// What happens by itself and when: expiries first, then gates, then deadlines, at equal times.
///
/// Entries are hints: what they point at is looked at again when they come up, so an order that left early costs nothing
/// but its entry.
struct DueQueue {
    struct Expiry: Comparable {
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

    /// A contract may have deliveries to settle.
    struct Deadline: Comparable {
        var time: Timestamp
        var contract: Int32
        static func < (left: Deadline, right: Deadline) -> Bool {
            left.time == right.time ? left.contract < right.contract : left.time < right.time
        }
    }

    enum Item {
        case expiry(Expiry)
        case gate(Gate)
        case deadline(Deadline)
    }

    private var expiries = Heap<Expiry>()
    private var gates = Heap<Gate>()
    private var deadlines = Heap<Deadline>()

    /// The earliest time of all entries: every command asks for it.
    private(set) var next: Timestamp?

    mutating func add(_ expiry: Expiry) {
        expiries.insert(expiry)
        next = min(next ?? expiry.time, expiry.time)
    }

    mutating func add(_ gate: Gate) {
        gates.insert(gate)
        next = min(next ?? gate.time, gate.time)
    }

    mutating func add(_ deadline: Deadline) {
        deadlines.insert(deadline)
        next = min(next ?? deadline.time, deadline.time)
    }

    private mutating func findNext() {
        next = expiries.min?.time
        if let gate = gates.min?.time { next = min(next ?? gate, gate) }
        if let deadline = deadlines.min?.time { next = min(next ?? deadline, deadline) }
    }

    /// Takes the first entry that is due at `time`.
    mutating func pop(through time: Timestamp) -> Item? {
        guard let earliest = next, earliest <= time else { return nil }
        defer { findNext() }
        if expiries.min?.time == earliest { return expiries.popMin().map(Item.expiry) }
        if gates.min?.time == earliest { return gates.popMin().map(Item.gate) }
        return deadlines.popMin().map(Item.deadline)
    }
}
