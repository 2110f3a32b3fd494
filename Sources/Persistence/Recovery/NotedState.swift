import Exchange
import Postgres

/// The hash of the state after a command, as a server noted it.
package struct NotedState: Equatable, Sendable {
    package let sequence: Int64
    /// 32 bytes.
    package let hash: [UInt8]
    /// The form of the state's bytes that were hashed.
    package let stateForm: Int32
    /// Who says so.
    package let source: Source

    /// Where a hash of the state comes from.
    package enum Source: Sendable {
        /// A row of `state_hashes`.
        case server
        /// A row of `snapshots`.
        case snapshot
    }

    package init(sequence: Int64, hash: [UInt8], stateForm: Int32 = Exchange.stateForm, source: Source = .server) {
        self.sequence = sequence
        self.hash = hash
        self.stateForm = stateForm
        self.source = source
    }

    /// What a snapshot's row says of its state.
    package init(_ header: SnapshotHeader) {
        self.init(sequence: header.sequence, hash: header.stateHash, stateForm: header.stateForm, source: .snapshot)
    }

    /// Whether this program writes states in the form that was hashed.
    package var isComparable: Bool { stateForm == Exchange.stateForm }

    /// What a state is that has another hash.
    package var contradiction: String {
        switch source {
        case .server: "the state after sequence \(sequence) has not the hash that was noted"
        case .snapshot: "the state after sequence \(sequence) has not the hash of the row in snapshots with that sequence"
        }
    }

    /// All noted states, ascending.
    package static func all(_ connection: Connection) throws -> [NotedState] {
        try connection.query("SELECT sequence, state_hash, state_form FROM state_hashes ORDER BY sequence").map { try state($0) }
    }

    /// The one at a sequence number.
    package static func stored(at sequence: Int64, _ connection: Connection) throws -> NotedState? {
        let rows = try connection.query(
            "SELECT sequence, state_hash, state_form FROM state_hashes WHERE sequence = $1", [.int64(sequence)])
        return try rows.first.map { try state($0) }
    }

    private static func state(_ row: Row) throws(PostgresError) -> NotedState {
        NotedState(sequence: try row.int64(0), hash: try row.bytes(1), stateForm: Int32(clamping: try row.int64(2)))
    }

    /// The last one.
    package static func newest(_ connection: Connection) throws -> NotedState? {
        let rows = try connection.query(
            "SELECT sequence, state_hash, state_form FROM state_hashes ORDER BY sequence DESC LIMIT 1")
        return try rows.first.map { try state($0) }
    }

    /// Notes the state. One that was noted before at the same sequence stays.
    package func store(_ connection: Connection, at microseconds: Int64) throws {
        try connection.query(
            "INSERT INTO state_hashes (sequence, state_hash, noted_at_micros, state_form) "
                + "VALUES ($1, $2, $3, $4::bigint::integer) ON CONFLICT (sequence) DO NOTHING",
            [.int64(sequence), .bytes(hash), .int64(microseconds), .int64(Int64(stateForm))])
    }
}
