import ArgumentParser
import Cryptography
import Foundation
import Logging
import Migrations
import Persistence
import Postgres

/// `suanpan migrate`: brings the database's tables up to date.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "migrate", abstract: "Bring the database's tables up to date.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try withDatabase(database) { connectionString in
            let connection = try Connection(to: connectionString)
            let applied = try Migrator.migrate(connection)
            for migration in applied { print("applied \(migration.number) \(migration.name)") }
            if applied.isEmpty { print("nothing to apply") }
        }
    }
}

/// `suanpan replay`: recomputes the state from the journal.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Recompute the state from the journal, compare every event, and once more from the newest snapshot; print its hash.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try withDatabase(database) { connectionString in
            let report = try Replay.run(connectionString)
            let recovery = report.recovery
            print(
                """
                replayed     \(recovery.commands) commands in \(recovery.frames) frames, \(recovery.events) events, \(recovery.duration)
                events       equal to the recorded ones
                state        \(report.stateHash)
                market       \(report.marketHash)  (without what the server draws at random)
                noted        \(report.notedStatesConfirmed) hashes that servers noted at their end are met
                snapshots    \(report.snapshotsConfirmed) have the hash of the state at their place
                """)
            for warning in report.warnings { print("unusable     \(warning)") }
            guard let again = report.fromSnapshot else { return print("restart      from the beginning: there is no snapshot to use") }
            print(
                "restart      snapshot at \(again.snapshot) in \(again.restoring.shown), \(again.commands) commands after it in "
                    + "\(again.duration.shown): the same state")
        }
    }
}

/// `suanpan snapshot`: makes a snapshot now.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Snapshot the state at the journal's end, beside a running server or without one, so that the next start is short.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try withDatabase(database) { connectionString in
            try Migrator.migrate(Connection(to: connectionString))
            let report = try SnapshotRound.run(connectionString)
            for warning in report.warnings { print("passed over  \(warning)") }
            guard let header = report.header else {
                return print(report.base > 0 ? "the snapshot at \(report.base) is the newest there can be" : "there is nothing yet")
            }
            print(
                """
                restored     \(report.base == 0 ? "nothing" : "the snapshot at \(report.base)") in \(report.restoring.shown)
                replayed     \(report.commands) commands in \(report.replaying.shown), every event and result as recorded
                snapshot     at \(header.sequence): \(header.byteCount) bytes in \(header.chunkCount) chunks, written in \(report.writing.shown)
                state        \(Hexadecimal.text(header.stateHash))
                """)
        }
    }
}

/// `suanpan rebuild-projections`: makes the read models anew.
struct RebuildProjectionsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild-projections",
        abstract: "Empty the read models and the ledger's tree and make them anew from the journal.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try withDatabase(database) { connectionString in
            let rows = try Projector.rebuild(connectionString)
            let leaves = try LedgerProver.rebuild(connectionString)
            print("rebuilt: \(rows) rows, a tree of \(leaves) transfers")
        }
    }
}

/// Runs `body` on the database of the options; a private PostgreSQL that was not running is stopped afterwards.
func withDatabase<Value>(_ options: DatabaseOptions, _ body: (ConnectionString) throws -> Value) throws -> Value {
    let database = try Database.open(options, logger: .terminal)
    defer { database.closeUnlessShared() }
    return try body(database.connectionString)
}
