/// Every expected "no" of the exchange, in the order in which it is reported when several apply.
///
/// The raw value is the stable `code` of the API's problem answers.
package enum RefusalCode: String, Choice {
    case invalidRequest = "invalid_request"
    case idempotencyMismatch = "idempotency_mismatch"
    case forbidden = "forbidden"
    case notFound = "not_found"
    case unknownContract = "unknown_contract"
    case unknownResource = "unknown_resource"
    case duplicateClientOrderID = "duplicate_client_order_id"
    case orderNotOpen = "order_not_open"
    case conflict = "conflict"
    case marketClosed = "market_closed"
    case marketHalted = "market_halted"
    case priceOffTick = "price_off_tick"
    case quantityOffLot = "quantity_off_lot"
    case outsidePriceBand = "outside_price_band"
    case amountOverflow = "amount_overflow"
    case buyerNotEligible = "buyer_not_eligible"
    case currencyMismatch = "currency_mismatch"
    case insufficientCapacity = "insufficient_capacity"
    case insufficientPosition = "insufficient_position"
    case insufficientFunds = "insufficient_funds"
    case postOnlyWouldCross = "post_only_would_cross"
    case limitExceeded = "limit_exceeded"
}

/// A refused command: nothing was changed.
package struct Refusal: Error, Record, Equatable {
    package var code: RefusalCode
    /// One sentence for a person: what was wrong, with the numbers that decide.
    package var detail: String
    /// The request's field at fault, in the API's spelling.
    package var field: String?

    package init() { self.init(.invalidRequest, "") }
    package init(_ code: RefusalCode, _ detail: String, field: String? = nil) {
        self.code = code
        self.detail = detail
        self.field = field
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("code", &code)
        coder.field("detail", &detail)
        coder.field("field", &field)
    }
}

extension Refusal {
    /// `invalid_request` on a field.
    package static func invalid(_ field: String, _ detail: String) -> Refusal {
        Refusal(.invalidRequest, detail, field: field)
    }
}
