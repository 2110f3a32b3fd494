import Exchange
import Postgres
import Quantities

/// A row of `accounts`: a ledger account with when and by which command it was opened.
struct AccountRow: ProjectionRow {
    var account: AccountOpened
    var sequence: Int64
    var time: Timestamp

    static let table = "accounts"
    static let columns = ["id", "kind", "participant", "product", "hour", "asset", "sequence", "time_micros"]

    var id: Int64 { account.id.rawValue }

    init(_ account: AccountOpened, sequence: Int64, time: Timestamp) {
        self.account = account
        self.sequence = sequence
        self.time = time
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        try sink.bigint(account.id.rawValue)
        try sink.text(account.kind)
        try sink.bigint(account.participantID?.rawValue)
        if let contract = account.contract {
            try sink.integer(contract.productColumn)
            try sink.integer(contract.hour.hoursSince1970)
        } else {
            try sink.null()
            try sink.null()
        }
        try sink.text(account.asset.code)
        try sink.bigint(sequence)
        try sink.bigint(time.microseconds)
    }

    init(_ row: Row) throws(PostgresError) {
        account = AccountOpened()
        account.id = AccountID(try row.int64(0))
        account.kind = try row.text(1)
        account.participantID = try row.int64IfPresent(2).map { ParticipantID($0) }
        account.contract = try row.isNull(3) ? nil : row.contract(3)
        account.asset = Currency(unchecked: try row.text(5))
        sequence = try row.int64(6)
        time = Timestamp(try row.int64(7))
    }
}
