import Ledger
import Postgres
import Quantities
import Sequencer

/// A row of `transfers`.
struct TransferRow: ProjectionRow {
    var posted: PostedTransfer

    static let table = "transfers"
    static let columns = [
        "id", "entry_set", "debit", "credit", "amount", "cause_id", "sequence", "time_micros", "asset", "kind", "cause_kind",
    ]

    var id: Int64 { posted.transfer.id.rawValue }

    init(_ transfer: Transfer, sequence: Int64, time: Timestamp) {
        posted = PostedTransfer(transfer: transfer, sequence: sequence, time: time)
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        let transfer = posted.transfer
        try sink.bigint(transfer.id.rawValue)
        try sink.bigint(transfer.entrySet.rawValue)
        try sink.bigint(transfer.debit.rawValue)
        try sink.bigint(transfer.credit.rawValue)
        try sink.bigint(transfer.amount.rawValue)
        try sink.bigint(transfer.cause.id)
        try sink.bigint(posted.sequence)
        try sink.bigint(posted.time.microseconds)
        try sink.text(transfer.asset.code)
        try sink.text(transfer.kind.rawValue)
        try sink.text(transfer.cause.kind.rawValue)
    }

    init(_ row: Row) throws(PostgresError) {
        let transfer = Transfer(
            id: TransferID(try row.int64(0)), entrySet: EntrySetID(try row.int64(1)), debit: AccountID(try row.int64(2)),
            credit: AccountID(try row.int64(3)), asset: Currency(unchecked: try row.text(8)),
            amount: Micros(try row.int64(4)), kind: try row.choice(9),
            cause: Cause(try row.choice(10), try row.int64(5)))
        posted = PostedTransfer(transfer: transfer, sequence: try row.int64(6), time: Timestamp(try row.int64(7)))
    }
}
