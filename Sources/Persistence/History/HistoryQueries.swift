import Exchange
import Postgres
import Pricing
import Quantities
import Sequencer

/// The statements of the history. Each reads from an index in the order of its answer and stops at its limit.
enum HistoryQueries {
    typealias Query = (sql: String, parameters: [SQLValue])

    /// Conditions with their parameters.
    private struct Conditions {
        private(set) var texts: [String] = []
        private(set) var parameters: [SQLValue] = []

        /// Numbers a parameter.
        mutating func number(_ value: SQLValue) -> String {
            parameters.append(value)
            return "$\(parameters.count)"
        }
        mutating func add(_ text: String) { texts.append(text) }
        var whereClause: String { texts.isEmpty ? "" : "WHERE " + texts.joined(separator: " AND ") }
    }

    private static func limit(_ limit: Int, _ conditions: inout Conditions) -> String {
        conditions.number(.int64(Int64(max(0, limit))))
    }

    /// Of an account, or of the accounts of a participant, the two directions are read apart, each from its index.
    static func transfers(account: AccountID?, participant: ParticipantID?, after: TransferID, limit: Int) -> Query {
        var conditions = Conditions()
        let cursor = conditions.number(.int64(after.rawValue))
        let count = self.limit(limit, &conditions)
        guard account != nil || participant != nil else {
            let sql = "SELECT \(TransferRow.selection()) FROM transfers WHERE id > \(cursor) ORDER BY id LIMIT \(count)"
            return (sql, conditions.parameters)
        }
        if let account { conditions.add("a.id = \(conditions.number(.int64(account.rawValue)))") }
        if let participant {
            conditions.add("a.kind = 'cash' AND a.participant = \(conditions.number(.int64(participant.rawValue)))")
        }
        let columns = TransferRow.selection()
        func direction(_ column: String) -> String {
            "(SELECT \(columns) FROM transfers WHERE \(column) = a.id AND id > \(cursor) ORDER BY id LIMIT \(count))"
        }
        let sql = """
            SELECT DISTINCT \(TransferRow.selection(of: "t")) FROM accounts a
            CROSS JOIN LATERAL (\(direction("debit")) UNION ALL \(direction("credit"))) t
            \(conditions.whereClause) ORDER BY t.id LIMIT \(count)
            """
        return (sql, conditions.parameters)
    }

    /// Of a participant the purchases and the sales are read apart, each from its index.
    static func trades(participant: ParticipantID?, contract: ContractKey?, before: TradeID?, limit: Int) -> Query {
        var conditions = Conditions()
        let count = self.limit(limit, &conditions)
        if let before { conditions.add("id < \(conditions.number(.int64(before.rawValue)))") }
        if let contract { add(contract, &conditions) }
        let columns = TradeRow.selection()
        guard let participant else {
            let sql = "SELECT \(columns) FROM trades \(conditions.whereClause) ORDER BY id DESC LIMIT \(count)"
            return (sql, conditions.parameters)
        }
        let party = conditions.number(.int64(participant.rawValue))
        func role(_ column: String) -> String {
            var own = conditions
            own.add("\(column) = \(party)")
            return "(SELECT \(columns) FROM trades \(own.whereClause) ORDER BY id DESC LIMIT \(count))"
        }
        let sql = "\(role("buyer")) UNION \(role("seller")) ORDER BY id DESC LIMIT \(count)"
        return (sql, conditions.parameters)
    }

    static func trades(product: ProductID, since: Timestamp, before: TradeID?, limit: Int) -> Query {
        var conditions = Conditions()
        let count = self.limit(limit, &conditions)
        conditions.add("product = \(conditions.number(.int64(Int64(product.index))))")
        conditions.add("time_micros >= \(conditions.number(.int64(since.microseconds)))")
        if let before { conditions.add("id < \(conditions.number(.int64(before.rawValue)))") }
        let sql = "SELECT \(TradeRow.selection()) FROM trades \(conditions.whereClause) ORDER BY id DESC LIMIT \(count)"
        return (sql, conditions.parameters)
    }

    /// Span by span the first and the last trade, the extremes and the sums; prices of the first and the last by their numbers, so that
    /// no list of a span's trades is made.
    static func candles(_ spans: CandleSpans) -> Query {
        var conditions = Conditions()
        conditions.add("product = \(conditions.number(.int64(Int64(spans.product.index))))")
        if let hour = spans.hour { conditions.add("hour = \(conditions.number(.int64(Int64(hour.hoursSince1970))))") }
        let start = conditions.number(.int64(spans.start.microseconds))
        conditions.add("time_micros >= \(start)")
        conditions.add("time_micros < \(conditions.number(.int64(spans.end.microseconds)))")
        let width = conditions.number(.int64(spans.width))
        let sql = """
            SELECT s.span, o.price, s.high, s.low, c.price, s.average, s.volume, s.trades FROM (
                SELECT (time_micros - \(start)) / \(width) AS span, min(id) AS first, max(id) AS last, max(price) AS high,
                    min(price) AS low, div(sum(price::numeric * quantity), sum(quantity))::bigint AS average,
                    sum(quantity)::bigint AS volume, count(*) AS trades
                FROM trades \(conditions.whereClause) GROUP BY 1
            ) s JOIN trades o ON o.id = s.first JOIN trades c ON c.id = s.last ORDER BY s.span
            """
        return (sql, conditions.parameters)
    }

    static func tradedHours(product: ProductID, hours: Range<Hour>, until: Timestamp) -> Query {
        var conditions = Conditions()
        conditions.add("product = \(conditions.number(.int64(Int64(product.index))))")
        conditions.add("hour >= \(conditions.number(.int64(Int64(hours.lowerBound.hoursSince1970))))")
        conditions.add("hour < \(conditions.number(.int64(Int64(hours.upperBound.hoursSince1970))))")
        conditions.add("time_micros <= \(conditions.number(.int64(until.microseconds)))")
        let sql = """
            SELECT s.hour, c.price, s.volume, s.turnover::text FROM (
                SELECT hour, max(id) AS last, sum(quantity)::bigint AS volume, sum(price::numeric * quantity) AS turnover
                FROM trades \(conditions.whereClause) GROUP BY hour
            ) s JOIN trades c ON c.id = s.last ORDER BY s.hour
            """
        return (sql, conditions.parameters)
    }

    static func closedOrders(
        participant: ParticipantID, contract: ContractKey?, status: OrderStatus?, before: OrderID?, limit: Int
    ) -> Query {
        var conditions = Conditions()
        let count = self.limit(limit, &conditions)
        conditions.add("participant = \(conditions.number(.int64(participant.rawValue)))")
        if let before { conditions.add("id < \(conditions.number(.int64(before.rawValue)))") }
        if let contract { add(contract, &conditions) }
        if let status { conditions.add("status = \(conditions.number(.text(status.rawValue)))") }
        let sql = "SELECT \(OrderRow.selection()) FROM orders \(conditions.whereClause) ORDER BY id DESC LIMIT \(count)"
        return (sql, conditions.parameters)
    }

    static func actions(_ filter: ActionFilter, before: Int64?, limit: Int) -> Query {
        var conditions = Conditions()
        let count = self.limit(limit, &conditions)
        if let before { conditions.add("id < \(conditions.number(.int64(before)))") }
        if let participant = filter.participant {
            conditions.add("participant = \(conditions.number(.int64(participant.rawValue)))")
        }
        if let action = filter.action { conditions.add("action = \(conditions.number(.text(action.rawValue)))") }
        if let from = filter.from { conditions.add("time_micros >= \(conditions.number(.int64(from.microseconds)))") }
        if let to = filter.to { conditions.add("time_micros < \(conditions.number(.int64(to.microseconds)))") }
        let sql = "SELECT \(AuditLogRow.selection()) FROM audit_log \(conditions.whereClause) ORDER BY id DESC LIMIT \(count)"
        return (sql, conditions.parameters)
    }

    // MARK: The archive

    /// A list of numbers as one parameter.
    private static func array(_ numbers: [Int64], _ conditions: inout Conditions) -> String {
        let text = numbers.map(String.init).joined(separator: ",")
        return "string_to_array(\(conditions.number(.text(text))), ',')::bigint[]"
    }
    private static func list(_ numbers: [Int64], _ conditions: inout Conditions) -> String { "ANY(\(array(numbers, &conditions)))" }

    static func deliveries(_ wanted: ArchivedDeliveryQuery) -> Query {
        var conditions = Conditions()
        let columns = ArchivedDeliveryRow.selection()
        switch wanted {
        case .numbers(let ids):
            conditions.add("id = \(list(ids.map(\.rawValue), &conditions))")
            return ("SELECT \(columns) FROM archived_deliveries \(conditions.whereClause) ORDER BY id", conditions.parameters)
        case .allocations(let ids, let after, let limit):
            let numbers = array(ids.map(\.rawValue), &conditions)
            let cursor = conditions.number(.int64(after.rawValue))
            let count = self.limit(limit, &conditions)
            // Of each allocation its own are read from the index, and no further one where the first give enough.
            let sql = """
                SELECT \(ArchivedDeliveryRow.selection(of: "d")) FROM unnest(\(numbers)) WITH ORDINALITY AS a (number, place)
                CROSS JOIN LATERAL (
                    SELECT \(columns) FROM archived_deliveries
                    WHERE allocation = a.number AND id > CASE WHEN a.place = 1 THEN \(cursor)::bigint ELSE 0 END ORDER BY id LIMIT \(count)
                ) d ORDER BY a.place, d.id LIMIT \(count)
                """
            return (sql, conditions.parameters)
        case .lines(let run, let lines, let participant, let limit):
            let count = self.limit(limit, &conditions)
            conditions.add("run = \(conditions.number(.int64(run.rawValue)))")
            conditions.add("position >= \(conditions.number(.int64(lines.lowerBound)))")
            conditions.add("position < \(conditions.number(.int64(lines.upperBound)))")
            if let participant {
                let party = conditions.number(.int64(participant.rawValue))
                conditions.add("(holder = \(party) OR provider = \(party))")
            }
            let sql = "SELECT \(columns) FROM archived_deliveries \(conditions.whereClause) ORDER BY position LIMIT \(count)"
            return (sql, conditions.parameters)
        case .settled(let participant, let from, let to, let after, let limit):
            let count = self.limit(limit, &conditions)
            conditions.add("p.participant = \(conditions.number(.int64(participant.rawValue)))")
            conditions.add("p.settled_at_micros >= \(conditions.number(.int64(from.microseconds)))")
            conditions.add("p.settled_at_micros < \(conditions.number(.int64(to.microseconds)))")
            if let after {
                let (time, delivery) = (
                    conditions.number(.int64(after.time.microseconds)), conditions.number(.int64(after.delivery.rawValue)))
                conditions.add("(p.settled_at_micros, p.delivery) > (\(time), \(delivery))")
            }
            let sql = """
                SELECT \(ArchivedDeliveryRow.selection(of: "d")) FROM archived_parties p JOIN archived_deliveries d ON d.id = p.delivery
                \(conditions.whereClause) ORDER BY p.settled_at_micros, p.delivery LIMIT \(count)
                """
            return (sql, conditions.parameters)
        case .page(let participant, let contract, let after, let limit):
            return page(of: participant, contract, after: after, limit: limit)
        }
    }

    /// Of a participant what it held and what it provided is read apart, each from its index.
    private static func page(of participant: ParticipantID?, _ contract: ContractKey?, after: DeliveryID, limit: Int) -> Query {
        var conditions = Conditions()
        let columns = ArchivedDeliveryRow.selection()
        let count = self.limit(limit, &conditions)
        conditions.add("id > \(conditions.number(.int64(after.rawValue)))")
        if let contract { add(contract, &conditions) }
        guard let participant else {
            let sql = "SELECT \(columns) FROM archived_deliveries \(conditions.whereClause) ORDER BY id LIMIT \(count)"
            return (sql, conditions.parameters)
        }
        let party = conditions.number(.int64(participant.rawValue))
        func role(_ column: String) -> String {
            var own = conditions
            own.add("\(column) = \(party)")
            return "(SELECT \(columns) FROM archived_deliveries \(own.whereClause) ORDER BY id LIMIT \(count))"
        }
        let sql = "\(role("holder")) UNION \(role("provider")) ORDER BY id LIMIT \(count)"
        return (sql, conditions.parameters)
    }

    static func allocations(_ ids: [AllocationID]) -> Query {
        var conditions = Conditions()
        conditions.add("id = \(list(ids.map(\.rawValue), &conditions))")
        let sql = "SELECT \(ArchivedAllocationRow.selection()) FROM archived_allocations \(conditions.whereClause) ORDER BY id"
        return (sql, conditions.parameters)
    }

    static func allocationNumbers(of participant: ParticipantID, after: AllocationID, limit: Int) -> Query {
        var conditions = Conditions()
        let party = conditions.number(.int64(participant.rawValue))
        let cursor = conditions.number(.int64(after.rawValue))
        let count = self.limit(limit, &conditions)
        let held = "SELECT id AS number FROM archived_allocations WHERE holder = \(party) AND id > \(cursor) ORDER BY id LIMIT \(count)"
        let provided = """
            SELECT DISTINCT allocation AS number FROM archived_deliveries WHERE provider = \(party) AND allocation > \(cursor)
            ORDER BY allocation LIMIT \(count)
            """
        return ("(\(held)) UNION (\(provided)) ORDER BY number LIMIT \(count)", conditions.parameters)
    }

    static func inputs(products: [ProductID], hours: Range<Hour>) -> Query {
        var conditions = Conditions()
        conditions.add("product = \(list(products.map { Int64($0.index) }, &conditions))")
        conditions.add("hour >= \(conditions.number(.int64(Int64(hours.lowerBound.hoursSince1970))))")
        conditions.add("hour < \(conditions.number(.int64(Int64(hours.upperBound.hoursSince1970))))")
        let sql = "SELECT \(ArchivedInputsRow.selection()) FROM archived_inputs \(conditions.whereClause) ORDER BY product, hour, start"
        return (sql, conditions.parameters)
    }

    private static func add(_ contract: ContractKey, _ conditions: inout Conditions) {
        conditions.add("product = \(conditions.number(.int64(Int64(contract.productColumn))))")
        conditions.add("hour = \(conditions.number(.int64(Int64(contract.hour.hoursSince1970))))")
    }
}
