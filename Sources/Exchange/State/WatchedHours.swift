import Quantities

/// The hours of a product that lie in the window of some standing bid: all that a new ask outside of them costs is one look.
///
/// A bid changes two places; the answers are made anew at the first question afterwards.
///
/// - Complexity: a change O(1), where it reaches beyond what is known O(hours); a question O(1), the first after a change O(hours).
struct WatchedHours {
    /// The hour of the first place.
    private var base: Int32 = 0
    /// By hour: windows that begin there, less windows that ended before it.
    private var steps: [Int32] = []
    private var isHeld: [Bool] = []
    private var isStale = false
    private var windows = 0

    /// Adds the window of a bid.
    mutating func add(from first: Hour, to end: Hour) { change(first.hoursSince1970, end.hoursSince1970, by: 1) }

    /// Takes a window off that was added.
    mutating func remove(from first: Hour, to end: Hour) { change(first.hoursSince1970, end.hoursSince1970, by: -1) }

    private mutating func change(_ first: Int32, _ end: Int32, by count: Int32) {
        windows += Int(count)
        isStale = true
        guard windows > 0 else {
            steps = []
            return
        }
        if steps.isEmpty { base = first }
        if first < base {
            steps.insert(contentsOf: repeatElement(0, count: Int(base - first)), at: 0)
            base = first
        }
        let missing = Int(end - base) + 1 - steps.count
        if missing > 0 { steps.append(contentsOf: repeatElement(0, count: missing)) }
        steps[Int(first - base)] += count
        steps[Int(end - base)] -= count
    }

    /// Whether some window holds an hour.
    mutating func contains(_ hour: Hour) -> Bool {
        if isStale { refresh() }
        let position = Int(hour.hoursSince1970) - Int(base)
        return isHeld.indices.contains(position) && isHeld[position]
    }

    private mutating func refresh() {
        isStale = false
        var open: Int32 = 0
        isHeld.removeAll(keepingCapacity: true)
        for step in steps {
            open += step
            isHeld.append(open > 0)
        }
    }
}
