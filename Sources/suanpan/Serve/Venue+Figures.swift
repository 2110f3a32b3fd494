import HTTPAPI
import Persistence

extension Venue {
    /// Figures of what runs beside the exchange, for `GET /metrics`.
    var figures: [MetricSample] { snapshotFigures + projectorFigures }

    /// How far the read models are behind.
    private var projectorFigures: [MetricSample] {
        let metrics = store.projector.metrics
        return [
            MetricSample("suanpan_projector_sequence", .gauge, metrics.position, help: "The last command that the read models include."),
            MetricSample(
                "suanpan_projector_lag_commands", .gauge, metrics.lagSequences, help: "Committed commands that the read models lack."),
            MetricSample(
                "suanpan_projector_lag_seconds", .gauge, metrics.lagMicroseconds, help: "How long the oldest of them has waited.",
                decimals: 6),
            MetricSample(
                "suanpan_projector_stopped", .gauge, metrics.isStopped ? 1 : 0, help: "Whether the read models stand still; see the log."),
        ]
    }
}
