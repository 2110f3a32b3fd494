import Synchronization

/// How many requests were answered, by class of status; for `GET /metrics`.
final class RequestCounts: Sendable {
    private let succeeded = Atomic<Int64>(0)
    private let refused = Atomic<Int64>(0)
    private let failed = Atomic<Int64>(0)

    /// Counts one answer.
    func note(status: Int) {
        switch status {
        case ..<400: succeeded.wrappingAdd(1, ordering: .relaxed)
        case ..<500: refused.wrappingAdd(1, ordering: .relaxed)
        default: failed.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// The counts as figures of the server.
    var samples: [MetricSample] {
        let help = "Requests answered, by class of status."
        return [
            MetricSample(
                "suanpan_http_requests_total", .counter, succeeded.load(ordering: .relaxed), help: help,
                labels: [("status", "2xx")]
            ),
            MetricSample(
                "suanpan_http_requests_total", .counter, refused.load(ordering: .relaxed), help: help,
                labels: [("status", "4xx")]
            ),
            MetricSample(
                "suanpan_http_requests_total", .counter, failed.load(ordering: .relaxed), help: help,
                labels: [("status", "5xx")]
            ),
        ]
    }
}
