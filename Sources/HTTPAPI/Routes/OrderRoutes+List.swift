import Exchange
import Quantities
import Sequencer

extension OrderRoutes {
    /// Where in the list of a participant's orders a page begins.
    ///
    /// The list has two parts: what the exchange still knows (live, or closed lately), the oldest first; then what it
    /// has forgotten, the newest first. The moment at which the first part ended parts the two, so that no order is shown twice.
    private enum Place {
        case live(after: OrderID)
        case past(before: OrderID?, boundary: Timestamp)

        init(_ cursor: String?) throws(Problem) {
            guard let cursor else {
                self = .live(after: .none)
                return
            }
            let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count == 2, parts[0] == "l", let id = Int64(parts[1]), id >= 0 {
                self = .live(after: OrderID(id))
            } else if parts.count == 3, parts[0] == "p", let boundary = Int64(parts[1]), let id = Int64(parts[2]), id >= 0 {
                self = .past(before: id == 0 ? nil : OrderID(id), boundary: Timestamp(boundary))
            } else {
                throw Page.malformed
            }
        }

        var text: String {
            switch self {
            case .live(let after): "l:\(after.rawValue)"
            case .past(let before, let boundary): "p:\(boundary.microseconds):\(before?.rawValue ?? 0)"
            }
        }
    }

    private struct Filter: Sendable {
        var participant: ParticipantID
        var status: OrderStatus?
        var contract: ContractKey?
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let filter = Filter(
            participant: try call.subject(), status: try call.query.choice("status", OrderStatus.self),
            contract: call.query["contract"].map { call.products.contract(symbol: $0) }
        )
        if filter.contract == ContractKey() { throw Problem(.unknownContract, "there is no such contract", field: "contract") }
        var place = try Place(page.cursor)
        var shown: [OrderView] = []
        if case .live(let after) = place {
            let (found, boundary) = try await call.query { exchange in
                let orders = exchange.orders(
                    of: filter.participant, status: filter.status, contract: filter.contract, after: after, limit: page.limit + 1
                )
                return (orders, exchange.closedOrdersKeptSince)
            }
            shown = Array(found.prefix(page.limit))
            if found.count > page.limit, let last = shown.last {
                return .list(shown, next: Place.live(after: last.id).text, products: call.products)
            }
            // A filter for live orders is done here; nothing of the past is live.
            if filter.status?.isLive == true { return .list(shown, next: nil, products: call.products) }
            place = .past(before: nil, boundary: boundary)
        }
        guard case .past(let before, let boundary) = place else { return .list(shown, next: nil, products: call.products) }
        let (past, next) = try await pastOrders(call, filter, before: before, boundary: boundary, limit: page.limit - shown.count)
        return .list(shown + past, next: next?.text, products: call.products)
    }

    /// Whether the first part of the list could not show an order. Of those that closed at the boundary itself the exchange knows.
    private static func isForgotten(_ order: OrderView, _ call: Call, _ boundary: Timestamp) async throws(Problem) -> Bool {
        let closedAt = order.closedAt ?? order.createdAt
        guard closedAt == boundary else { return closedAt < boundary }
        let id = order.id
        return try await call.query { $0.order(OrderReference(id: id), of: nil) } == nil
    }

    /// Up to `limit` orders that closed before the boundary, and where the rest begins.
    private static func pastOrders(
        _ call: Call, _ filter: Filter, before: OrderID?, boundary: Timestamp, limit: Int
    ) async throws(Problem) -> ([OrderView], next: Place?) {
        var found: [OrderView] = []
        var before = before
        // Orders of the last day are passed over here, and there may be very many: a page gives up early and says where to go on.
        for _ in 0..<8 {
            let start = before
            let orders = try await call.past { (history, sequence) async throws(HistoryError) in
                try await history.closedOrders(
                    participant: filter.participant, contract: filter.contract, status: filter.status, before: start,
                    limit: Page.largestLimit, including: sequence
                )
            }
            for order in orders {
                guard try await isForgotten(order, call, boundary) else { continue }
                guard found.count < limit else { return (found, .past(before: found.last?.id ?? start, boundary: boundary)) }
                found.append(order)
            }
            guard orders.count == Page.largestLimit, let last = orders.last else { return (found, nil) }
            before = last.id
        }
        return (found, .past(before: before, boundary: boundary))
    }
}
