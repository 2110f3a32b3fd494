import Postgres
import Testing

@Suite("ConnectionString")
struct ConnectionStringTests {
    @Test(
        "the description names where and who, and no password",
        arguments: [
            ("postgresql://ann:s3cret@db.example:5433/market", "host=db.example port=5433 dbname=market user=ann"),
            ("postgres://ann@db.example/market?password=s3cret", "host=db.example dbname=market user=ann"),
            ("host=a,b port=1,2 password='s3cret' target_session_attrs=read-write",
                "host=a,b port=1,2 target_session_attrs=read-write"),
            ("password = s3cret", "libpq's defaults"),
        ])
    func description(raw: String, shown: String) throws {
        let target = try ConnectionString(raw)
        #expect(target.description == shown)
        #expect(!String(reflecting: target).contains("s3cret"))
        var dumped = ""
        dump(target, to: &dumped)
        #expect(!dumped.contains("s3cret"))
    }

    @Test(
        "an unreadable string is refused without being quoted",
        arguments: ["nonsense s3cret", "postgresql://[::1", "host='s3cret", "host=a s3cret=b", "host=a\0b"])
    func unreadable(raw: String) {
        let error = #expect(throws: PostgresError.self) { try ConnectionString(raw) }
        #expect(error?.kind == .cannotConnect)
        #expect(error.map { !$0.description.contains("s3cret") } == true)
    }
}
