import EmbeddedPostgres
import Postgres
import Testing

@Suite("Transactions")
struct TransactionTests {
    struct Refusal: Error {}

    private func count(_ database: TestDatabase) throws -> Int64 {
        try database.connect().query("SELECT count(*) FROM pairs").onlyRow().int64(0)
    }

    @Test("what a transaction wrote is there after it, and nothing of one that threw")
    func commitAndRollback() throws {
        let database = try TestDatabase.withPairs()
        let connection = try database.connect()
        try connection.transaction { _ = try connection.query("INSERT INTO pairs VALUES (1, 'a')") }
        #expect(throws: Refusal.self) {
            try connection.transaction {
                try connection.query("INSERT INTO pairs VALUES (2, 'b')")
                throw Refusal()
            }
        }
        #expect(!connection.isInTransaction)
        #expect(try count(database) == 1)
    }

    @Test("a COMMIT that the server turns into a rollback is an error")
    func failedTransaction() throws {
        let database = try TestDatabase.withPairs()
        let connection = try database.connect()
        let kind = kindOfFailure {
            try connection.transaction {
                try connection.query("INSERT INTO pairs VALUES (1, 'a')")
                _ = kindOfFailure { try connection.query("SELECT 1 / 0") }
            }
        }
        #expect(kind == .serverRejected(.transactionAborted))
        #expect(try count(database) == 0)
    }

    @Test("a constraint checked at COMMIT is a refusal, for the connection goes on")
    func deferredConstraint() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript("CREATE TABLE once (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let kind = kindOfFailure {
            try connection.transaction { _ = try connection.query("INSERT INTO once VALUES (1), (1)") }
        }
        #expect(kind == .serverRejected(.uniqueViolation))
        #expect(connection.probe())
    }

    @Test("a statement that commits by itself has failed where its commit has, prepared or not")
    func deferredConstraintAlone() throws {
        let connection = try TestDatabase().connect()
        try connection.executeScript("CREATE TABLE once (id bigint UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        let insert = try connection.prepare("INSERT INTO once SELECT $1 FROM generate_series(1, 2)", [.int64])
        let attempts: [() throws -> Void] = [
            { try connection.query("INSERT INTO once VALUES (1), (1)") },
            { try connection.query(insert, [.int64(1)]) },
            { _ = try connection.result(of: connection.send(insert, [.int64(1)])) },
        ]
        for attempt in attempts {
            #expect(kindOfFailure(attempt) == .serverRejected(.uniqueViolation))
            #expect(connection.probe())
            #expect(try connection.query("SELECT count(*) FROM once").onlyRow().int64(0) == 0)
        }
    }

    @Test("a connection lost inside of a transaction leaves nothing and is not ambiguous")
    func lostInside() throws {
        let database = try TestDatabase.withPairs()
        let connection = try database.connect()
        let kind = kindOfFailure {
            try connection.transaction {
                try connection.query("INSERT INTO pairs VALUES (1, 'a')")
                try connection.query("SELECT pg_terminate_backend(pg_backend_pid())")
            }
        }
        #expect(kind == .connectionLost)
        #expect(try count(database) == 0)
    }

    @Test("a backend that dies in COMMIT makes the commit ambiguous, though nothing was written")
    func diesInCommit() throws {
        let database = try TestDatabase.withPairs()
        let connection = try database.connect()
        try connection.executeScript(
            """
            CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
              'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
            CREATE CONSTRAINT TRIGGER die AFTER INSERT ON pairs DEFERRABLE INITIALLY DEFERRED
              FOR EACH ROW EXECUTE FUNCTION die()
            """)
        let kind = kindOfFailure {
            try connection.transaction { _ = try connection.query("INSERT INTO pairs VALUES (1, 'a')") }
        }
        #expect(kind == .ambiguousCommit)
        #expect(try count(database) == 0)
    }

    @Test("a COMMIT whose reply is lost is ambiguous, though everything was written")
    func replyLost() throws {
        let database = try TestDatabase.withPairs()
        let relay = try ReplySwallower(
            server: TemporaryPostgres.shared.get().server.socketDirectory, needle: "COMMIT")
        defer { relay.close() }
        let name = try #require(database.target.description.split(separator: " ").first { $0.hasPrefix("dbname=") })
        let connection = try Connection(to: relay.target(database: String(name.dropFirst(7))))
        let kind = kindOfFailure {
            try connection.transaction { _ = try connection.query("INSERT INTO pairs VALUES (1, 'a')") }
        }
        #expect(kind == .ambiguousCommit)
        #expect(try count(database) == 1)
    }

    @Test("a lost statement that commits by itself is ambiguous")
    func singleStatementLost() throws {
        let database = try TestDatabase.withPairs()
        let relay = try ReplySwallower(
            server: TemporaryPostgres.shared.get().server.socketDirectory, needle: "INSERT")
        defer { relay.close() }
        let name = try #require(database.target.description.split(separator: " ").first { $0.hasPrefix("dbname=") })
        let connection = try Connection(to: relay.target(database: String(name.dropFirst(7))))
        #expect(kindOfFailure { try connection.query("INSERT INTO pairs VALUES (1, 'a')") } == .ambiguousCommit)
        #expect(try count(database) == 1)
    }
}
