import Dispatch
import EmbeddedPostgres
import Migrations
import Persistence
import Postgres
import Synchronization
import Testing

@Suite("Migrator")
struct MigratorTests {
    private func database() throws -> ConnectionString {
        try ConnectionString(TemporaryPostgres.shared.get().makeDatabase())
    }

    private func tables(_ connection: Connection) throws -> Set<String> {
        let rows = try connection.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return Set(try rows.map { try $0.text(0) })
    }

    private func step(_ number: Int, _ sql: String) -> Migration {
        Migration(number: number, name: "step \(number)", sql: Array(sql.utf8))
    }

    /// The constraint that `sql` violates.
    private func violated(_ connection: Connection, _ sql: String) -> String? {
        do {
            try connection.query(sql)
            return nil
        } catch {
            return error.constraint ?? error.sqlState?.code
        }
    }

    @Test("each step makes its tables, once")
    func everyStep() throws {
        let expected: [[String]] = [
            ["meta", "writer_lease", "journal_frames", "state_hashes", "vault"],
            ["projector_position", "accounts", "transfers", "trades", "orders"],
            ["snapshots", "snapshot_chunks"],
            ["ledger_tree", "ledger_tiles", "ledger_keys", "ledger_checkpoints"],
            ["audit_log"],
            [],
            ["archived_deliveries", "archived_parties", "archived_allocations", "archived_inputs"],
            [],
        ]
        #expect(Migration.all.count == expected.count)
        let connection = try Connection(to: database())
        for (migration, names) in zip(Migration.all, expected) {
            #expect(try tables(connection).isDisjoint(with: names))
            let applied = try Migrator.migrate(connection, Migration.all.filter { $0.number <= migration.number })
            #expect(applied.map(\.number) == [migration.number])
            #expect(try tables(connection).isSuperset(of: names))
        }
        #expect(try Migrator.migrate(connection).isEmpty)
    }

    @Test("the lease and the projector's position are one row each, and begin at nothing")
    func singletons() throws {
        let connection = try Connection(to: database())
        try Migrator.migrate(connection)
        #expect(try connection.query("SELECT epoch FROM writer_lease").onlyRow().int64(0) == 0)
        #expect(try connection.query("SELECT sequence FROM projector_position").onlyRow().int64(0) == 0)
        #expect(violated(connection, "INSERT INTO writer_lease (epoch, holder) VALUES (1, 'b')") == "writer_lease_pkey")
        #expect(
            violated(connection, "INSERT INTO writer_lease (singleton, epoch, holder) VALUES (false, 1, 'b')")
                == "writer_lease_singleton_check")
    }

    @Test(
        "the record cannot be changed or emptied",
        arguments: [
            "UPDATE journal_frames SET epoch = epoch + 1", "DELETE FROM journal_frames", "TRUNCATE journal_frames",
            "UPDATE ledger_checkpoints SET number = 2", "DELETE FROM ledger_checkpoints", "TRUNCATE ledger_checkpoints",
            "UPDATE ledger_keys SET number = 2", "DELETE FROM ledger_keys", "TRUNCATE ledger_keys",
        ])
    func appendOnly(sql: String) throws {
        let connection = try Connection(to: database())
        try Migrator.migrate(connection)
        #expect(violated(connection, sql) == "23001")
    }

    /// A frame of such values; `h` is a hash.
    private static func frame(_ values: String) -> String {
        "INSERT INTO journal_frames SELECT \(values) FROM (SELECT decode(repeat('00', 32), 'hex') AS h) AS hash"
    }

    @Test("a frame's bytes are stored uncompressed")
    func frameStorage() throws {
        let connection = try Connection(to: database())
        try Migrator.migrate(connection)
        let rows = try connection.query(
            "SELECT attname::text, attstorage::text FROM pg_attribute WHERE attrelid = 'journal_frames'::regclass "
                + "AND attname IN ('commands', 'results', 'events') ORDER BY 1")
        #expect(try rows.map { try $0.text(0) + " " + $0.text(1) } == ["commands e", "events e", "results e"])
    }

    @Test(
        "rows that cannot be true are refused",
        arguments: [
            ("INSERT INTO transfers VALUES (1, 1, 2, 2, 5, 1, 1, 0, 'USD', 'notional', 'trade')", "transfers_check"),
            ("INSERT INTO transfers VALUES (1, 1, 2, 3, 0, 1, 1, 0, 'USD', 'notional', 'trade')",
                "transfers_check"),
            ("INSERT INTO trades (id, price, quantity, sell_order, buyer, seller, buyer_fee, seller_fee, resource, sequence, "
                + "time_micros, product, hour, taker_side, resale) VALUES (1, 1, 1, 1, 1, 2, 0, 0, 0, 1, 0, 0, 0, 'buy', false)",
                "trades_check"),
            ("INSERT INTO orders (id, participant, quantity, filled_quantity, created_at_micros, closed_at_micros, sequence, "
                + "product, hour, side, type, time_in_force, status, self_trade_prevention, post_only) "
                + "VALUES (1, 1, 5, 6, 0, 0, 1, 0, 0, 'buy', 'limit', 'gtc', 'filled', 'cancel_newest', false)",
                "orders_check"),
            ("INSERT INTO accounts VALUES (1, 'cash', NULL, NULL, NULL, 'USD', 1, 0)", "accounts_check"),
            ("INSERT INTO accounts VALUES (1, 'escrow', NULL, 1, NULL, 'USD', 1, 0)", "accounts_check1"),
            ("INSERT INTO accounts VALUES (1, 'world', NULL, NULL, NULL, 'usd', 1, 0)", "accounts_asset_check"),
            ("INSERT INTO vault VALUES (1, '', 1, 'x', 0)", "vault_kind_check"),
            (frame("0, 1, 1, 1, 1, h, h, h, 'c', 'r', 'e'"), "positive_bigint_check"),
            (frame("2, 1, 1, 1, 1, h, h, h, 'c', 'r', 'e'"), "journal_frames_check"),
            (frame("1, 1, -1, 1, 1, h, h, h, 'c', 'r', 'e'"), "micros_since_1970_check"),
            (frame("1, 1, 1, 0, 1, h, h, h, 'c', 'r', 'e'"), "positive_bigint_check"),
            (frame("1, 1, 1, 1, 0, h, h, h, 'c', 'r', 'e'"), "positive_integer_check"),
            (frame("1, 1, 1, 1, 1, 'h', h, h, 'c', 'r', 'e'"), "hash256_check"),
            (frame("1, 1, 1, 1, 1, h, 'h', h, 'c', 'r', 'e'"), "hash256_check"),
            (frame("1, 1, 1, 1, 1, h, h, 'h', 'c', 'r', 'e'"), "hash256_check"),
            (frame("1, 1, 1, 1, 1, h, h, h, '', 'r', 'e'"), "some_bytes_check"),
        ])
    func checks(sql: String, constraint: String) throws {
        let connection = try Connection(to: database())
        try Migrator.migrate(connection)
        #expect(violated(connection, sql) == constraint)
    }

    @Test("a step whose text changed after it was applied is refused")
    func changed() throws {
        let connection = try Connection(to: database())
        try Migrator.migrate(connection, [step(1, "CREATE TABLE a (id bigint)")])
        #expect(throws: MigrationError.changed(number: 1, name: "step 1")) {
            try Migrator.migrate(
                connection, [step(1, "CREATE TABLE a (id int)"), step(2, "CREATE TABLE b (id bigint)")])
        }
        #expect(try !tables(connection).contains("b"))
    }

    @Test("a database of a newer program is refused")
    func newer() throws {
        let connection = try Connection(to: database())
        let steps = [step(1, "CREATE TABLE a (id bigint)"), step(2, "CREATE TABLE b (id bigint)")]
        try Migrator.migrate(connection, steps)
        #expect(throws: MigrationError.newer(number: 2, newestKnown: 1)) {
            try Migrator.migrate(connection, [steps[0]])
        }
    }

    @Test("a gap in what was applied is refused")
    func gap() throws {
        let connection = try Connection(to: database())
        let steps = [step(1, "CREATE TABLE a (id bigint)"), step(2, "CREATE TABLE b (id bigint)")]
        try Migrator.migrate(connection, steps)
        try connection.query("DELETE FROM schema_migrations WHERE number = 1")
        #expect(throws: MigrationError.missing(number: 1)) { try Migrator.migrate(connection, steps) }
    }

    @Test("a step that fails leaves the schema as it was, earlier steps of the same run included")
    func failing() throws {
        let connection = try Connection(to: database())
        let error = #expect(throws: MigrationError.self) {
            try Migrator.migrate(connection, [step(1, "CREATE TABLE a (id bigint)"), step(2, "CREATE TABLE")])
        }
        guard case .refused(number: 2, name: "step 2", let cause) = error else {
            Issue.record("expected a refused step, got \(String(describing: error))")
            return
        }
        #expect(cause.kind == .serverRejected(SQLState("42601")))
        #expect(try tables(connection).isEmpty)
    }

    @Test("programs that start together apply every step once")
    func together() throws {
        let target = try database()
        let applied = Mutex<[Int]>([])
        let failures = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            do {
                let numbers = try Migrator.migrate(Connection(to: target)).map(\.number)
                applied.withLock { $0 += numbers }
            } catch {
                failures.withLock { $0.append("\(error)") }
            }
        }
        #expect(failures.withLock { $0 } == [])
        #expect(applied.withLock { $0.sorted() } == Migration.all.map(\.number))
    }
}
