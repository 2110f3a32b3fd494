import Exchange
import Postgres
import Sequencer

/// Makes one snapshot without asking anything of a server: restores the newest, follows the journal to its present end as a
/// recovery does, and writes what came of it. So every snapshot is a rehearsal of the next start.
package enum SnapshotRound {
    /// What a round did.
    package struct Report: Sendable {
        /// Of the new snapshot; nil where the newest is at the journal's end already, or there is no journal yet.
        package var header: SnapshotHeader?
        /// The state that the round began with; 0 where it began with nothing.
        package var base: Int64 = 0
        /// Commands applied again.
        package var commands: Int64 = 0
        package var restoring = Duration.zero
        package var replaying = Duration.zero
        package var writing = Duration.zero
        /// Snapshots that were passed over, naming the rows.
        package var warnings: [String] = []
    }

    /// Makes a snapshot of the journal's present end.
    ///
    /// Works beside a server and needs no lease: it reads committed frames and writes what anybody would make of them.
    ///
    /// - Parameter isBeside: Whether a server may be trading: then it writes no faster than `settings.bytesPerSecond`.
    /// - Throws: `JournalError.damaged`, `ReplayFault`, `PostgresError`, `SnapshotWriting.Cancelled`.
    package static func run(
        _ target: ConnectionString, _ settings: SnapshotSettings = SnapshotSettings(), isBeside: Bool = true,
        isCancelled: () -> Bool = { false }
    ) throws -> Report {
        let connection = try Connection(to: target, applicationName: "suanpan snapshot")
        // What is written goes to the disk in small portions, not in one that a commit has to wait behind.
        try connection.executeScript(
            "SET synchronous_commit = on; SET statement_timeout = 0; SET lock_timeout = 0; SET backend_flush_after = '256kB'")
        let clock = ContinuousClock()
        var report = Report()
        var mark = clock.now
        func lap() -> Duration {
            defer { mark = clock.now }
            return clock.now - mark
        }

        try JournalReading.confirmEnd(connection)
        let search = try SnapshotReading.newest(connection)
        report.warnings = search.warnings
        report.base = search.restored?.header.sequence ?? 0
        report.restoring = lap()

        let start = search.restored?.header.link ?? .start
        let replay = FrameReplay(search.restored?.exchange ?? Exchange(), noted: try NotedState.all(connection))
        let link = try JournalReading.read(connection, after: start) { stored in
            if isCancelled() { throw SnapshotWriting.Cancelled() }
            try replay.apply(stored.frame)
        }
        report.commands = replay.commands
        report.replaying = lap()

        guard link.sequence > start.sequence else { return report }
        report.header = try SnapshotWriting.write(
            replay.exchange, at: link, replacing: search.damaged, connection, settings,
            bytesPerSecond: isBeside ? settings.bytesPerSecond : nil, isCancelled: isCancelled)
        report.writing = lap()
        return report
    }
}
