import Postgres
import Testing

@Suite("Connection")
struct ConnectionTests {
    @Test("a server that is not there is `cannotConnect`, without the password")
    func nobodyThere() throws {
        let target = try ConnectionString("host=/tmp/no-such-folder dbname=s3cret password=s3cret")
        let error = #expect(throws: PostgresError.self) { try Connection(to: target) }
        #expect(error?.kind == .cannotConnect)
        #expect(error?.message.contains("s3cret") == false)
    }

    @Test("a list of hosts is tried in order until one answers")
    func severalHosts() throws {
        let database = try TestDatabase()
        let parts = database.target.description.split(separator: " ")
        let host = try #require(parts.first { $0.hasPrefix("host=") }).dropFirst(5)
        let name = try #require(parts.first { $0.hasPrefix("dbname=") })
        let target = try ConnectionString(
            "host=/tmp/no-such-folder,\(host) user=postgres \(name) target_session_attrs=read-write")
        #expect(try Connection(to: target).query("SELECT 1").onlyRow().int64(0) == 1)
    }

    @Test("a connection that its server ended is lost, and says so before anything is sent again")
    func terminated() throws {
        let database = try TestDatabase()
        let victim = try database.connect()
        #expect(victim.probe())
        try database.connect().query("SELECT pg_terminate_backend($1::int)", [.int64(Int64(victim.backendProcess))])
        // Which of the two it is depends on whether the farewell came before the statement was sent.
        let first = kindOfFailure { try victim.query("SELECT 1") }
        #expect(first == .ambiguousCommit || first == .connectionLost)
        #expect(!victim.isOpen)
        #expect(!victim.probe())
        #expect(kindOfFailure { try victim.query("SELECT 1") } == .connectionLost)
    }

    @Test("a reader's lost statement is never ambiguous")
    func terminatedReader() throws {
        let reader = try TestDatabase().connect(access: .readOnly)
        #expect(kindOfFailure { try reader.query("SELECT pg_terminate_backend(pg_backend_pid())") } == .connectionLost)
    }

    @Test("a reader cannot write")
    func readOnly() throws {
        let reader = try TestDatabase.withPairs().connect(access: .readOnly)
        let kind = kindOfFailure { try reader.query("INSERT INTO pairs VALUES (1, 'a')") }
        #expect(kind == .serverRejected(.readOnlyTransaction))
        #expect(reader.isOpen)
    }
}
