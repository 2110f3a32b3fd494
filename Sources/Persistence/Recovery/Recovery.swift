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

/// The state computed anew from a journal that somebody else may be writing.
package enum Replay {
    /// What a replay came to.
    package struct Report: Sendable {
        package let recovery: RecoveryReport
        /// Hexadecimal.
        package let stateHash: String
        /// `StateHash.market`, hexadecimal.
        package let marketHash: String
        /// How many hashes that servers noted at their end were met and found equal.
        package let notedStatesConfirmed: Int
    }

    /// Reads the journal from its beginning to its present end, over a connection that cannot write.
    ///
    /// - Throws: `JournalError.damaged`, `ReplayFault` (a noted state that is not met again included), `PostgresError`.
    package static func run(_ target: ConnectionString) throws -> Report {
        let connection = try Connection(to: target, applicationName: "suanpan replay", access: .readOnly)
        let clock = ContinuousClock()
        let began = clock.now
        let replay = FrameReplay(Exchange(), noted: try NotedState.all(connection))
        try JournalReading.read(connection, after: .start) { try replay.apply($0.frame) }
        try JournalReading.confirmEnd(connection)
        return Report(
            recovery: RecoveryReport(
                frames: replay.frames, commands: replay.commands, events: replay.events,
                sequence: replay.exchange.sequence, duration: clock.now - began),
            stateHash: StateHash.of(replay.exchange), marketHash: StateHash.market(of: replay.exchange),
            notedStatesConfirmed: replay.notedStatesConfirmed)
    }
}
