import Exchange
import Matching
import Postgres
import Quantities

/// A row of `orders`: an order as it ended.
struct OrderRow: ProjectionRow {
    var order: OrderView
    var sequence: Int64

    static let table = "orders"
    static let columns = [
        "id", "participant", "price", "stop_price", "quantity", "filled_quantity", "display_quantity", "min_quantity",
        "average_price", "resource", "allocation", "offer", "bid", "expires_at_micros", "created_at_micros",
        "closed_at_micros", "sequence", "product", "hour", "side", "type", "time_in_force", "status", "reason",
        "self_trade_prevention", "post_only", "client_order_id",
    ]

    var id: Int64 { order.id.rawValue }

    init(_ order: OrderView, sequence: Int64) {
        self.order = order
        self.sequence = sequence
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        try sink.bigint(order.id.rawValue)
        try sink.bigint(order.participantID.rawValue)
        try sink.bigint(order.price?.rawValue)
        try sink.bigint(order.stopPrice?.rawValue)
        try sink.bigint(Int64(order.quantity))
        try sink.bigint(Int64(order.filledQuantity))
        try sink.bigint(order.displayQuantity.map { Int64($0) })
        try sink.bigint(order.minQuantity.map { Int64($0) })
        try sink.bigint(order.averagePrice?.rawValue)
        try sink.bigint(order.resourceID?.rawValue)
        try sink.bigint(order.allocationID?.rawValue)
        try sink.bigint(order.offerID?.rawValue)
        try sink.bigint(order.bidID?.rawValue)
        try sink.bigint(order.expiresAt?.microseconds)
        try sink.bigint(order.createdAt.microseconds)
        try sink.bigint((order.closedAt ?? order.createdAt).microseconds)
        try sink.bigint(sequence)
        try sink.integer(order.contract.productColumn)
        try sink.integer(order.contract.hour.hoursSince1970)
        try sink.text(order.side.column)
        try sink.text(order.type.rawValue)
        try sink.text(order.timeInForce.rawValue)
        try sink.text(order.status.rawValue)
        try sink.text(order.reason?.rawValue)
        try sink.text(order.selfTradePrevention.column)
        try sink.boolean(order.postOnly)
        try sink.text(order.clientOrderID)
    }

    init(_ row: Row) throws(PostgresError) {
        order = OrderView()
        order.id = OrderID(try row.int64(0))
        order.participantID = ParticipantID(try row.int64(1))
        order.price = try row.int64IfPresent(2).map { Price($0) }
        order.stopPrice = try row.int64IfPresent(3).map { Price($0) }
        order.quantity = try row.number(4)
        order.filledQuantity = try row.number(5)
        order.displayQuantity = try row.numberIfPresent(6)
        order.minQuantity = try row.numberIfPresent(7)
        order.averagePrice = try row.int64IfPresent(8).map { Price($0) }
        order.resourceID = try row.int64IfPresent(9).map { ResourceID($0) }
        order.allocationID = try row.int64IfPresent(10).map { AllocationID($0) }
        order.offerID = try row.int64IfPresent(11).map { OfferID($0) }
        order.bidID = try row.int64IfPresent(12).map { BidID($0) }
        order.expiresAt = try row.int64IfPresent(13).map { Timestamp($0) }
        order.createdAt = Timestamp(try row.int64(14))
        order.closedAt = Timestamp(try row.int64(15))
        sequence = try row.int64(16)
        order.contract = try row.contract(17)
        order.side = try row.side(19)
        order.type = try row.choice(20)
        order.timeInForce = try row.choice(21)
        order.status = try row.choice(22)
        if try !row.isNull(23) { order.reason = try row.choice(23, OrderEndReason.self) }
        order.selfTradePrevention = try row.prevention(24)
        order.postOnly = try row.bool(25)
        order.clientOrderID = try row.textIfPresent(26)
    }
}

extension Side {
    /// The side's name in a column.
    var column: String { self == .buy ? "buy" : "sell" }
}

extension SelfTradePrevention {
    /// The rule's name in a column.
    var column: String {
        switch self {
        case .cancelNewest: "cancel_newest"
        case .cancelOldest: "cancel_oldest"
        case .cancelBoth: "cancel_both"
        }
    }
}

extension Row {
    func side(_ column: Int) throws(PostgresError) -> Side {
        let name = try text(column)
        guard let side = Side.allCases.first(where: { $0.column == name }) else {
            throw PostgresError(.unexpectedResult, "column \(column) holds '\(name)', which is no side")
        }
        return side
    }

    func prevention(_ column: Int) throws(PostgresError) -> SelfTradePrevention {
        let name = try text(column)
        guard let rule = SelfTradePrevention.allCases.first(where: { $0.column == name }) else {
            throw PostgresError(.unexpectedResult, "column \(column) holds '\(name)', which is no rule")
        }
        return rule
    }
}
