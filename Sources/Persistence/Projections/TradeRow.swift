import Exchange
import Postgres
import Quantities

/// A row of `trades`: both sides of a trade.
struct TradeRow: ProjectionRow {
    var trade: TradeView
    var sequence: Int64

    static let table = "trades"
    static let columns = [
        "id", "price", "quantity", "buy_order", "sell_order", "bid", "buyer", "seller", "buyer_fee", "seller_fee",
        "resource", "sequence", "time_micros", "product", "hour", "taker_side", "resale",
        "buyer_fee_version", "seller_fee_version",
    ]

    var id: Int64 { trade.id.rawValue }

    init(_ trade: TradeView, sequence: Int64) {
        self.trade = trade
        self.sequence = sequence
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        try sink.bigint(trade.id.rawValue)
        try sink.bigint(trade.price.rawValue)
        try sink.bigint(Int64(trade.quantity))
        try sink.bigint(trade.buyOrderID.isNone ? nil : trade.buyOrderID.rawValue)
        try sink.bigint(trade.sellOrderID.rawValue)
        try sink.bigint(trade.bidID?.rawValue)
        try sink.bigint(trade.buyerID.rawValue)
        try sink.bigint(trade.sellerID.rawValue)
        try sink.bigint(trade.buyerFee.rawValue)
        try sink.bigint(trade.sellerFee.rawValue)
        try sink.bigint(trade.resourceID?.rawValue)
        try sink.bigint(sequence)
        try sink.bigint(trade.time.microseconds)
        try sink.integer(trade.contract.productColumn)
        try sink.integer(trade.contract.hour.hoursSince1970)
        try sink.text(trade.takerSide.column)
        try sink.boolean(trade.resale)
        try sink.integer(Int32(bitPattern: trade.buyerFeeVersion))
        try sink.integer(Int32(bitPattern: trade.sellerFeeVersion))
    }

    init(_ row: Row) throws(PostgresError) {
        trade = TradeView()
        trade.id = TradeID(try row.int64(0))
        trade.price = Price(try row.int64(1))
        trade.quantity = try row.number(2)
        trade.buyOrderID = OrderID(try row.int64IfPresent(3) ?? 0)
        trade.sellOrderID = OrderID(try row.int64(4))
        trade.bidID = try row.int64IfPresent(5).map { BidID($0) }
        trade.buyerID = ParticipantID(try row.int64(6))
        trade.sellerID = ParticipantID(try row.int64(7))
        trade.buyerFee = Micros(try row.int64(8))
        trade.sellerFee = Micros(try row.int64(9))
        trade.resourceID = try row.int64IfPresent(10).map { ResourceID($0) }
        sequence = try row.int64(11)
        trade.time = Timestamp(try row.int64(12))
        trade.contract = try row.contract(13)
        trade.takerSide = try row.side(15)
        trade.resale = try row.bool(16)
        trade.buyerFeeVersion = UInt32(truncatingIfNeeded: try row.int64(17))
        trade.sellerFeeVersion = UInt32(truncatingIfNeeded: try row.int64(18))
    }
}
