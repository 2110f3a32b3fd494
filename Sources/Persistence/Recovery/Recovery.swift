import Exchange
import Postgres
import Sequencer

/// What a recovery did.
package struct RecoveryReport: Sendable {
    package let frames: Int64
    package let commands: Int64
    package let events: Int64
    /// The last applied command; 0 when there is no history yet.
    package let sequence: Int64
    package let duration: Duration
    /// The last command of the snapshot that it began with; 0 where it began with nothing.
    package var snapshot: Int64 = 0
    /// How long that took, beside `duration`.
    package var restoring = Duration.zero
    /// Snapshots that were passed over, naming the rows.
    package var warnings: [String] = []
    /// Of these, the ones that are not what was written.
    package var damagedSnapshots: Set<Int64> = []
}

/// Makes the exchange of the journal: everything that was ever acknowledged, computed again and compared.
package enum Recovery {
    /// Applies every frame after `start` and holds what comes of it against the record.
    ///
    /// - Parameters:
    ///   - start: A fresh exchange, or the one of a snapshot.
    ///   - noted: Hashes of the state to confirm on the way.
    /// - Throws: `ReplayFault` naming the frame, `JournalError`.
    package static func run(
        _ journal: any Journal, from start: sending Exchange = Exchange(), confirming noted: [NotedState] = []
    ) throws -> sending (exchange: Exchange, report: RecoveryReport) {
        let clock = ContinuousClock()
        let began = clock.now
        let replay = FrameReplay(start, noted: noted)
        try journal.replay(after: replay.exchange.sequence) { try replay.apply($0) }
        let report = RecoveryReport(
            frames: replay.frames, commands: replay.commands, events: replay.events, sequence: replay.exchange.sequence,
            duration: clock.now - began)
        return (replay.exchange, report)
    }
}
