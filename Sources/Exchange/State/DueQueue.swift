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

    mutating func add(_ expiry: Expiry) { expiries.insert(expiry) }
    mutating func add(_ gate: Gate) { gates.insert(gate) }
    mutating func add(_ deadline: Deadline) { deadlines.insert(deadline) }

    /// The earliest time of all entries.
    var next: Timestamp? {
        var earliest: Timestamp?
        for time in [expiries.min?.time, gates.min?.time, deadlines.min?.time] {
            guard let time else { continue }
            if let known = earliest, known <= time { continue }
            earliest = time
        }
        return earliest
    }

    /// Takes the first entry that is due at `time`.
    mutating func pop(through time: Timestamp) -> Item? {
        guard let earliest = next, earliest <= time else { return nil }
        if expiries.min?.time == earliest { return expiries.popMin().map(Item.expiry) }
        if gates.min?.time == earliest { return gates.popMin().map(Item.gate) }
        return deadlines.popMin().map(Item.deadline)
    }
}
