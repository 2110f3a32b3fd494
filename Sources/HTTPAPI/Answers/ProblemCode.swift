import Quantities

/// Every stable `code` of the API's problem answers, with its HTTP status.
package enum ProblemCode: String, CaseIterable, Sendable {
    // Of the HTTP layer, in the order of API.md.
    case methodNotAllowed = "method_not_allowed"
    case unauthenticated
    case forbidden
    case rateLimited = "rate_limited"
    case unsupportedMediaType = "unsupported_media_type"
    case tooLarge = "too_large"
    case invalidJSON = "invalid_json"
    case invalidRequest = "invalid_request"
    case idempotencyInProgress = "idempotency_in_progress"
    case idempotencyMismatch = "idempotency_mismatch"
    case overloaded
    case databaseUnavailable = "database_unavailable"
    /// A request that is no HTTP, and one whose header fields are too large.
    case badRequest = "bad_request"
    case headersTooLarge = "headers_too_large"
    /// An identifier of a resource that was retired.
    case gone
    /// A defect of ours.
    case internalError = "internal_error"
    // Of the exchange.
    case notFound = "not_found"
    case unknownContract = "unknown_contract"
    case unknownResource = "unknown_resource"
    case duplicateClientOrderID = "duplicate_client_order_id"
    case orderNotOpen = "order_not_open"
    case conflict
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

    /// The code of the exchange's refusal.
    package init(_ code: RefusalCode) {
        // Every refusal's name is a problem's; the tests hold each against this.
        guard let own = ProblemCode(rawValue: code.rawValue) else { preconditionFailure("no problem for \(code.rawValue)") }
        self = own
    }

    /// The HTTP status.
    package var status: Int {
        switch self {
        case .badRequest, .invalidJSON: 400
        case .unauthenticated: 401
        case .forbidden: 403
        case .notFound, .unknownContract, .unknownResource: 404
        case .methodNotAllowed: 405
        case .idempotencyInProgress, .duplicateClientOrderID, .orderNotOpen, .conflict: 409
        case .gone: 410
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .invalidRequest, .idempotencyMismatch, .marketClosed, .marketHalted, .priceOffTick, .quantityOffLot,
            .outsidePriceBand, .amountOverflow, .buyerNotEligible, .currencyMismatch, .insufficientCapacity,
            .insufficientPosition, .insufficientFunds, .postOnlyWouldCross, .limitExceeded:
            422
        case .rateLimited: 429
        case .headersTooLarge: 431
        case .internalError: 500
        case .overloaded, .databaseUnavailable: 503
        }
    }

    /// The code as words: `Insufficient funds`.
    package var title: String {
        if self == .invalidJSON { return "Invalid JSON" }
        let words = rawValue.split(separator: "_").joined(separator: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }

    /// When to try again, in seconds; nil where trying again is of no use.
    package var retryAfterSeconds: Int? {
        switch self {
        case .rateLimited, .overloaded: 1
        case .databaseUnavailable: 2
        default: nil
        }
    }
}
