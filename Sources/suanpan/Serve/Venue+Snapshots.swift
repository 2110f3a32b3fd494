import Foundation
import HTTPAPI
import Persistence
import Sequencer

/// What a person and `GET /metrics` see of snapshots and of the clock.
extension Venue {
    /// Figures of the snapshots that this server makes.
    var snapshotFigures: [MetricSample] {
        let metrics = store.snapshotter.metrics
        return [
            MetricSample("suanpan_snapshots_total", .counter, metrics.taken, help: "Snapshots taken beside trading."),
            MetricSample("suanpan_snapshot_failures_total", .counter, metrics.failures, help: "Snapshots that failed."),
            MetricSample("suanpan_snapshot_sequence", .gauge, metrics.sequence, help: "The last command in the newest snapshot."),
            MetricSample("suanpan_snapshot_bytes", .gauge, metrics.bytes, help: "Bytes of the last snapshot that was taken."),
            MetricSample(
                "suanpan_snapshot_duration_seconds", .gauge, metrics.microseconds,
                help: "How long the last one took: restoring the one before, following the journal, writing.", decimals: 6),
            MetricSample(
                "suanpan_snapshot_writing_seconds", .gauge, metrics.writingMicroseconds, help: "Of that, the writing.", decimals: 6),
            MetricSample(
                "suanpan_clock_held_seconds", .gauge, SteadyClock.machine.heldMicroseconds,
                help: "What the exchange takes off the machine\'s clock since that jumped; 0 while they agree.", decimals: 6),
        ]
    }

    /// How this start came by its state, for the terminal.
    var recoveryText: String {
        let recovery = store.recovery
        let commands = "\(recovery.commands) commands in \(recovery.duration.shown)"
        guard recovery.snapshot > 0 else { return "recovered \(commands)" }
        return "recovered from the snapshot at \(recovery.snapshot) in \(recovery.restoring.shown) and \(commands)"
    }
}

extension Duration {
    /// Seconds and milliseconds.
    var shown: String { formatted(.units(allowed: [.seconds, .milliseconds])) }
}
