import Exchange
import Postgres
import Quantities

/// A row of `audit_log`: an administrative action.
struct AuditLogRow: ProjectionRow {
    var action: AdministrativeAction
    var sequence: Int64

    static let table = "audit_log"
    static let columns = [
        "id", "time_micros", "participant", "api_key", "address", "request_id", "action", "subject", "refusal", "sequence",
    ]

    var id: Int64 { action.id }

    init(_ action: AdministrativeAction, sequence: Int64) {
        self.action = action
        self.sequence = sequence
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        try sink.bigint(action.id)
        try sink.bigint(action.time.microseconds)
        try sink.bigint(action.participantID.rawValue)
        try sink.bigint(action.keyID.rawValue)
        try sink.text(action.address)
        try sink.text(action.requestID)
        try sink.text(action.action.rawValue)
        try sink.text(action.subject)
        try sink.text(action.refusal?.rawValue)
        try sink.bigint(sequence)
    }

    init(_ row: Row) throws(PostgresError) {
        action = AdministrativeAction()
        action.id = try row.int64(0)
        action.time = Timestamp(try row.int64(1))
        action.participantID = ParticipantID(try row.int64(2))
        action.keyID = APIKeyID(try row.int64(3))
        action.address = try row.textIfPresent(4)
        action.requestID = try row.text(5)
        action.action = try row.choice(6)
        action.subject = try row.textIfPresent(7)
        if try row.textIfPresent(8) != nil { action.refusal = try row.choice(8) }
        sequence = try row.int64(9)
    }
}
