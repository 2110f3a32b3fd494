package import Quantities

/// How far one zone is from another: round-trip times, and what the path between them carries.
package struct NetworkPath: Record, Equatable {
    /// Zones by code; what is registered from one to the other says nothing of the way back but its round-trip times.
    package var from = ""
    package var to = ""
    package var facts = NetworkPathFacts()

    package init() {}
    package init(from: String, to: String, facts: NetworkPathFacts) {
        self.from = from
        self.to = to
        self.facts = facts
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("from", &from)
        coder.field("to", &to)
        facts.fields(&coder)
    }

    /// Refuses codes out of form and figures out of range.
    package func check() throws(Refusal) {
        try TextRule.checkCode(from, "from")
        try TextRule.checkCode(to, "to")
        try facts.check()
    }
}

/// The body of `PUT /v1/network/{from}/{to}`.
package struct NetworkPathFacts: Record, Equatable {
    /// Median round-trip time in ms.
    package var p50Milliseconds = Measure()
    /// Round-trip time in ms that 99 of 100 packets keep; what `max_rtt_ms` is held against.
    package var p99Milliseconds = Measure()
    /// What the path carries, in Gbps.
    package var gigabitsPerSecond: Measure?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("rtt_p50_ms", &p50Milliseconds)
        coder.field("rtt_p99_ms", &p99Milliseconds)
        coder.field("path_gbps", &gigabitsPerSecond)
    }

    /// Refuses times outside 0...60,000 ms, a p99 below the p50, and a rate out of range.
    package func check() throws(Refusal) {
        try Bounds.check(p50Milliseconds, Bounds.roundTripMilliseconds, "rtt_p50_ms")
        try Bounds.check(p99Milliseconds, Bounds.roundTripMilliseconds, "rtt_p99_ms")
        guard p50Milliseconds <= p99Milliseconds else {
            throw .invalid("rtt_p99_ms", "rtt_p99_ms \(p99Milliseconds) is below rtt_p50_ms \(p50Milliseconds)")
        }
        try Bounds.check(gigabitsPerSecond, Bounds.gigabitsPerSecond, "path_gbps")
    }
}

/// The paths between zones, by pair.
package struct NetworkPaths: Sendable {
    /// In the order of their first definition.
    package private(set) var paths: [NetworkPath] = []
    private var positions: [Pair: Int] = [:]

    private struct Pair: Hashable {
        var from: String
        var to: String
    }

    package init() {}

    /// Registers a path, or puts other facts in its place.
    package mutating func set(_ path: NetworkPath) {
        let pair = Pair(from: path.from, to: path.to)
        if let position = positions[pair] {
            paths[position] = path
        } else {
            positions[pair] = paths.count
            paths.append(path)
        }
    }

    /// What is registered from one zone to another, in this direction.
    package func path(from: String, to: String) -> NetworkPath? { positions[Pair(from: from, to: to)].map { paths[$0] } }

    /// The p99 round-trip time between two zones in ms; nil where it is unknown.
    ///
    /// A round trip is one both ways, so the other direction's figure serves where this one has none. Within a zone it is 0
    /// unless something is registered.
    package func roundTrip(from: String, to: String) -> Measure? {
        let known = path(from: from, to: to) ?? path(from: to, to: from)
        if let known { return known.facts.p99Milliseconds }
        return from == to ? Measure(0) : nil
    }

    /// Whole hours that `gigabytes` take from one zone to another, rounded up; nil where what the path carries is unknown.
    ///
    /// Within a zone nothing need be moved unless a path is registered. A resource's own line may be the narrower one.
    package func transferHours(_ gigabytes: Measure, from: String, to: String, line: Measure? = nil) -> Int32? {
        var rate = path(from: from, to: to)?.facts.gigabitsPerSecond
        if rate == nil, from == to { return 0 }
        if let known = rate, let line, line < known { rate = line }
        guard let rate, rate > Measure(0), gigabytes >= Measure(0) else { return nil }
        // GB × 8 are Gb; both figures are in millionths.
        let bits = Int128(gigabytes.rawValue) * 8
        let perHour = Int128(rate.rawValue) * 3_600
        return Int32(clamping: (bits + perHour - 1) / perHour)
    }
}
