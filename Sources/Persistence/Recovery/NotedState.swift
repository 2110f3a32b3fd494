import Postgres

/// The hash of the state after a command, as a server noted it.
package struct NotedState: Equatable, Sendable {
    package let sequence: Int64
    /// 32 bytes.
    package let hash: [UInt8]

    package init(sequence: Int64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }

    /// All noted states, ascending.
    package static func all(_ connection: Connection) throws -> [NotedState] {
        try connection.query("SELECT sequence, state_hash FROM state_hashes ORDER BY sequence").map { row in
            NotedState(sequence: try row.int64(0), hash: try row.bytes(1))
        }
    }

    /// The last one.
    package static func newest(_ connection: Connection) throws -> NotedState? {
        let rows = try connection.query(
            "SELECT sequence, state_hash FROM state_hashes ORDER BY sequence DESC LIMIT 1")
        return try rows.first.map { NotedState(sequence: try $0.int64(0), hash: try $0.bytes(1)) }
    }

    /// Notes the state. One that was noted before at the same sequence stays.
    package func store(_ connection: Connection, at microseconds: Int64) throws {
        try connection.query(
            "INSERT INTO state_hashes (sequence, state_hash, noted_at_micros) VALUES ($1, $2, $3) "
                + "ON CONFLICT (sequence) DO NOTHING",
            [.int64(sequence), .bytes(hash), .int64(microseconds)])
    }
}
