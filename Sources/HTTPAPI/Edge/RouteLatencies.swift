import NIOCore
import Sequencer
import Synchronization

/// Kinds of routes, for the figures: few enough for a histogram each.
enum RouteClass: Int, CaseIterable, Sendable {
    case orders, bids, offers, marketData, account, metering, ledger, catalogue, administration, system, other

    var name: String { self == .marketData ? "market_data" : "\(self)" }

    /// The class of a path.
    init(path: String) {
        guard path.utf8.starts(with: "/v1/".utf8) else {
            self = .system
            return
        }
        let rest = path.utf8.dropFirst(4)
        switch String(decoding: rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }, as: UTF8.self) {
        case "orders", "cancel_all_after": self = .orders
        case "bids", "quotes": self = .bids
        case "offers": self = .offers
        case "market", "contracts", "indices", "stream", "resolve": self = .marketData
        case "balances", "positions", "trades", "statements", "allocations", "deliveries": self = .account
        case "meter_reports": self = .metering
        case "ledger": self = .ledger
        case "zones", "compute_classes", "grades", "products", "catalogue", "network", "resources": self = .catalogue
        case "participants", "api_keys", "deposits", "withdrawals", "settlements", "halt", "resume", "clock", "audit_log",
            "disputes", "attestation_keys":
            self = .administration
        case "time": self = .system
        default: self = .other
        }
    }
}

/// How long requests took until their answer stood, by kind of route: histograms of atomic counts.
final class RouteLatencies: Sendable {
    /// A count of its own memory.
    private final class Count: Sendable {
        let value = Atomic<Int64>(0)
        func add(_ amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
        var now: Int64 { value.load(ordering: .relaxed) }
    }

    private let buckets: [[Count]]
    private let sums: [Count]

    init() {
        buckets = RouteClass.allCases.map { _ in (0...LatencyHistogram.bounds.count).map { _ in Count() } }
        sums = RouteClass.allCases.map { _ in Count() }
    }

    /// Counts a request that took so long.
    func note(_ kind: RouteClass, microseconds: Int64) {
        buckets[kind.rawValue][LatencyHistogram.bucket(of: microseconds)].add(1)
        sums[kind.rawValue].add(microseconds)
    }

    var samples: [MetricSample] {
        RouteClass.allCases.flatMap { kind -> [MetricSample] in
            var histogram = LatencyHistogram()
            histogram.counts = buckets[kind.rawValue].map(\.now)
            histogram.microseconds = sums[kind.rawValue].now
            guard histogram.count > 0 else { return [] }
            return MetricSample.histogram(
                "suanpan_http_request_duration_seconds", histogram,
                help: "Time from a request's head to its answer, by kind of route.", labels: [("route_class", kind.name)])
        }
    }
}

extension MetricSample {
    /// The lines of a histogram: its buckets, each with those below, its sum and its count.
    static func histogram(
        _ name: String, _ histogram: LatencyHistogram, help: String, labels: [(name: String, value: String)] = []
    ) -> [MetricSample] {
        func sample(_ suffix: String, _ value: Int64, decimals: Int = 0, _ more: [(name: String, value: String)] = []) -> MetricSample {
            var sample = MetricSample(name + suffix, .histogram, value, help: help, labels: labels + more)
            sample.family = name
            sample.decimals = decimals
            return sample
        }
        var below: Int64 = 0
        var lines: [MetricSample] = []
        for (position, bound) in LatencyHistogram.bounds.enumerated() {
            below += histogram.counts[position]
            lines.append(sample("_bucket", below, [("le", MetricsText.decimal(bound, decimals: 6))]))
        }
        lines.append(sample("_bucket", histogram.count, [("le", "+Inf")]))
        lines.append(sample("_sum", histogram.microseconds, decimals: 6))
        lines.append(sample("_count", histogram.count))
        return lines
    }
}
