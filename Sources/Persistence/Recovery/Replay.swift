import Cryptography
import Exchange
import Postgres
import Sequencer

/// The state computed anew from a journal that somebody else may be writing: from its beginning, and once more from the newest
/// snapshot, which must come to the same.
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
        /// How many snapshots have the hash of the state that was computed at their place.
        package let snapshotsConfirmed: Int
        /// The newest snapshot and the journal after it, which gave the same state; nil where there is no snapshot to use.
        package let fromSnapshot: RecoveryReport?
        /// Snapshots that cannot be used, naming the rows.
        package let warnings: [String]
    }

    /// Reads the journal from its beginning to its present end, over a connection that cannot write and sees one moment.
    ///
    /// - Throws: `JournalError.damaged`, `ReplayFault` (a noted state or a snapshot's that is not met again included), `PostgresError`.
    package static func run(_ target: ConnectionString) throws -> Report {
        let connection = try Connection(to: target, applicationName: "suanpan replay", access: .readOnly)
        try connection.begin()
        try connection.executeScript("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        let clock = ContinuousClock()
        let began = clock.now
        let snapshots = try StoredSnapshot.all(connection)
        let replay = FrameReplay(Exchange(), noted: try statesToMeet(connection, snapshots))
        try JournalReading.read(connection, after: .start) { try replay.apply($0.frame) }
        try JournalReading.confirmEnd(connection)
        try StoredSnapshot.confirmEnd(snapshots, replay.exchange.sequence)
        let recovery = RecoveryReport(
            frames: replay.frames, commands: replay.commands, events: replay.events, sequence: replay.exchange.sequence,
            duration: clock.now - began)
        let stateHash = StateHash.bytes(of: replay.exchange)
        let (again, warnings) = try fromSnapshot(connection, comingTo: stateHash)
        return Report(
            recovery: recovery, stateHash: Hexadecimal.text(stateHash), marketHash: StateHash.market(of: replay.exchange),
            notedStatesConfirmed: replay.notedStatesConfirmed, snapshotsConfirmed: replay.snapshotsConfirmed,
            fromSnapshot: again, warnings: warnings)
    }

    /// All hashes of the state that the database holds, ascending: the noted ones and those of snapshots whose row is sound.
    static func statesToMeet(_ connection: Connection, _ snapshots: [StoredSnapshot]) throws -> [NotedState] {
        let ofSnapshots = snapshots.filter { $0.isSound && $0.foreignness == nil }.map { NotedState($0.header) }
        return (try NotedState.all(connection) + ofSnapshots).sorted { $0.sequence < $1.sequence }
    }

    private static func fromSnapshot(
        _ connection: Connection, comingTo hash: [UInt8]
    ) throws -> (report: RecoveryReport?, warnings: [String]) {
        let clock = ContinuousClock()
        let began = clock.now
        let search = try SnapshotReading.newest(connection)
        guard let restored = search.restored else { return (nil, search.warnings) }
        let restoring = clock.now - began
        let replay = FrameReplay(restored.exchange)
        try JournalReading.read(connection, after: restored.header.link) { try replay.apply($0.frame) }
        guard StateHash.bytes(of: replay.exchange) == hash else {
            throw JournalError.damaged(
                "snapshots, row with sequence \(restored.header.sequence): with the journal after it, it gives another state than "
                    + "the whole journal")
        }
        let report = RecoveryReport(
            frames: replay.frames, commands: replay.commands, events: replay.events, sequence: replay.exchange.sequence,
            duration: clock.now - began - restoring, snapshot: restored.header.sequence, restoring: restoring)
        return (report, search.warnings)
    }
}
