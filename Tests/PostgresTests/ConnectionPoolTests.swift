import Dispatch
import Postgres
import Synchronization
import Testing

@Suite("ConnectionPool")
struct ConnectionPoolTests {
    @Test("a connection that comes back is lent again")
    func reuse() throws {
        let pool = ConnectionPool(to: try TestDatabase().target, limit: 2)
        let first = try pool.withConnection { $0.backendProcess }
        #expect(try pool.withConnection { $0.backendProcess } == first)
    }

    @Test("no more than the limit are in use at once, and the next caller is told so in time")
    func bounded() throws {
        let pool = ConnectionPool(to: try TestDatabase().target, limit: 1)
        try pool.withConnection { _ in
            let kind = kindOfFailure { try pool.withConnection(waitingAtMost: .milliseconds(20)) { _ in } }
            #expect(kind == .poolExhausted)
        }
        #expect(try pool.withConnection { try $0.query("SELECT 3").onlyRow().int64(0) } == 3)
    }

    @Test("many threads share few connections")
    func threads() throws {
        let pool = ConnectionPool(to: try TestDatabase().target, limit: 3)
        let inUse = Mutex((now: 0, most: 0))
        let sum = Mutex<Int64>(0)
        DispatchQueue.concurrentPerform(iterations: 64) { index in
            let value = try? pool.withConnection(waitingAtMost: .seconds(60)) { connection in
                inUse.withLock { counts in
                    counts.now += 1
                    counts.most = max(counts.most, counts.now)
                }
                defer { inUse.withLock { $0.now -= 1 } }
                return try connection.query("SELECT $1", [.int64(Int64(index))]).onlyRow().int64(0)
            }
            sum.withLock { $0 += value ?? 1_000_000 }
        }
        #expect(sum.withLock { $0 } == 2016)
        #expect(inUse.withLock { $0.most } <= 3)
    }

    @Test("a connection that died while it was idle is replaced without an error")
    func deadIdle() throws {
        let database = try TestDatabase()
        let pool = ConnectionPool(to: database.target, limit: 1)
        let process = try pool.withConnection { $0.backendProcess }
        try database.connect().query("SELECT pg_terminate_backend($1::int, 5000)", [.int64(Int64(process))])
        #expect(try pool.withConnection { try $0.query("SELECT 3").onlyRow().int64(0) } == 3)
    }

    @Test("a transaction that a caller left open is rolled back before the next one comes")
    func leftOpen() throws {
        let pool = ConnectionPool(to: try TestDatabase().target, limit: 1)
        try pool.withConnection { try $0.begin() }
        #expect(try pool.withConnection { $0.isInTransaction } == false)
    }

    @Test("a closed pool refuses")
    func closed() throws {
        let pool = ConnectionPool(to: try TestDatabase().target, limit: 1)
        try pool.withConnection { _ in pool.close() }
        #expect(kindOfFailure { try pool.withConnection { _ in } } == .cannotConnect)
    }
}
