import ArgumentParser
import Cryptography
import Foundation
import Ledger
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

/// `suanpan audit`: proves the record and its projections.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Check the journal's chain, recompute everything from it, and compare every projection; names the first bad row.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let sound = try withDatabase(database) { connectionString in
            let report = try ProjectionAudit.run(connectionString)
            print(AuditText.describe(report))
            return report.isSound
        }
        if !sound { throw ExitCode.failure }
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
        commandName: "rebuild-projections", abstract: "Empty the read models and make them anew from the journal.")

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        try withDatabase(database) { connectionString in
            let rows = try Projector.rebuild(connectionString)
            print("rebuilt: \(rows) rows")
        }
    }
}

/// Runs `body` on the database of the options; a private PostgreSQL that was not running is stopped afterwards.
private func withDatabase<Value>(_ options: DatabaseOptions, _ body: (ConnectionString) throws -> Value) throws -> Value {
    let database = try Database.open(options, logger: .terminal)
    defer { database.closeUnlessShared() }
    return try body(database.connectionString)
}

/// The audit's report as a person reads it.
private enum AuditText {
    static func describe(_ report: AuditReport) -> String {
        var lines = [
            "journal      \(report.frames) frames, \(report.commands) commands, \(report.events) events: chain and events as recorded",
            "state        \(report.stateHash), \(report.notedStatesConfirmed) noted hashes and \(report.snapshotsConfirmed) snapshots met",
            "projections  up to command \(report.projectedSequence) of \(report.sequence): \(report.accounts) accounts, "
                + "\(report.transfers) transfers, \(report.trades) trades, \(report.orders) closed orders",
        ]
        for line in report.trialBalance {
            lines.append("\(line.asset)          debits \(line.debits), credits \(line.credits), \(line.balanced ? "balanced" : "NOT BALANCED")")
        }
        lines.append(report.fault.map { "FAULT        \($0)" } ?? "sound        every row is what the journal says")
        return lines.joined(separator: "\n")
    }
}
