import Migrations
import Postgres

/// Brings the schema of a database up to date.
///
/// Every step is applied once, in order, and remembered in `schema_migrations` with the SHA-256 of its text. One
/// transaction holds everything: after any failure the schema is as it was. An advisory lock lets one program at a
/// time look and change, so that servers started together do not collide.
///
///     let applied = try Migrator.migrate(Connection(to: target))
package enum Migrator {
    /// The number of the advisory lock: "SUANPAN" in ASCII.
    private static let lock: Int64 = 0x53_55_41_4E_50_41_4E

    /// Applies the steps that `connection`'s database lacks, and returns them.
    ///
    /// After an `ambiguousCommit` it is called again: what was applied is found and skipped.
    ///
    /// - Throws: `MigrationError` when the database does not go together with `migrations` or refuses a step,
    ///   `PostgresError` for the rest.
    /// - Precondition: the numbers of `migrations` ascend.
    @discardableResult
    package static func migrate(
        _ connection: Connection, _ migrations: [Migration] = Migration.all
    ) throws -> [Migration] {
        precondition(
            zip(migrations, migrations.dropFirst()).allSatisfy { $0.number < $1.number }, "migrations must be in their order")
        return try connection.transaction {
            try connection.query("SELECT pg_advisory_xact_lock($1)", [.int64(lock)])
            try connection.executeScript(
                """
                CREATE TABLE IF NOT EXISTS schema_migrations (
                    number     integer PRIMARY KEY CHECK (number > 0),
                    name       text NOT NULL,
                    checksum   bytea NOT NULL CHECK (octet_length(checksum) = 32),
                    applied_at timestamptz NOT NULL DEFAULT now()
                )
                """)
            let applied = try checkedCount(connection, migrations)
            let missing = Array(migrations.dropFirst(applied))
            for migration in missing {
                try apply(migration, connection)
                try connection.query(
                    "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, sha256($3))",
                    [.int64(Int64(migration.number)), .text(migration.name), .bytes(migration.sql)])
            }
            return missing
        }
    }

    private static func apply(_ migration: Migration, _ connection: Connection) throws {
        do throws(PostgresError) {
            try connection.executeScript(String(decoding: migration.sql, as: UTF8.self))
        } catch {
            if error.endsConnection { throw error }
            throw MigrationError.refused(number: migration.number, name: migration.name, cause: error)
        }
    }

    /// How many of `migrations` the database has, all of them unchanged.
    private static func checkedCount(_ connection: Connection, _ migrations: [Migration]) throws -> Int {
        let rows = try connection.query("SELECT number, checksum FROM schema_migrations ORDER BY number")
        if let last = rows.last {
            let number = Int(try last.int64(0))
            let newest = migrations.last?.number ?? 0
            guard number <= newest else {
                throw MigrationError.newer(number: number, newestKnown: newest)
            }
        }
        for (row, migration) in zip(rows, migrations) {
            guard try row.int64(0) == migration.number else {
                throw MigrationError.missing(number: migration.number)
            }
            let checksum = try connection.query("SELECT sha256($1)", [.bytes(migration.sql)]).onlyRow().bytes(0)
            guard try row.bytes(1) == checksum else {
                throw MigrationError.changed(number: migration.number, name: migration.name)
            }
        }
        return rows.count
    }
}
