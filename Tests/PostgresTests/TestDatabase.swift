import EmbeddedPostgres
import Postgres

/// A database of its own for one test, on the server that this test process shares.
struct TestDatabase {
    let target: ConnectionString

    init() throws {
        target = try ConnectionString(TemporaryPostgres.shared.get().makeDatabase())
    }

    func connect(access: Connection.Access = .readWrite) throws -> Connection {
        try Connection(to: target, access: access)
    }

    /// A database with the table `pairs (id bigint primary key, name text)`.
    static func withPairs() throws -> TestDatabase {
        let database = try TestDatabase()
        try database.connect().executeScript("CREATE TABLE pairs (id bigint PRIMARY KEY, name text)")
        return database
    }
}

/// The kind of the `PostgresError` that `body` throws; `nil` when it throws none.
func kindOfFailure<R>(_ body: () throws -> R) -> PostgresError.Kind? {
    do {
        _ = try body()
        return nil
    } catch {
        return (error as? PostgresError)?.kind
    }
}
