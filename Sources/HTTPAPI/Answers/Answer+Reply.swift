import Exchange
import Pricing
import Quantities

extension Answer {
    /// The exchange's reply to a command as JSON, by its own record.
    ///
    /// - Precondition: the reply is no refusal; those are problems.
    package init(to outcome: Outcome, status: Int, products: ProductIndex) {
        switch outcome.reply {
        case .refused: preconditionFailure("a refusal is answered as a problem")
        case .done: self = .object(status: status, products: products) { $0.member("status", "done") }
        case .participant(let value): self = .json(value, status: status, products: products)
        case .apiKey(let value): self = .json(value, status: status, products: products)
        case .money(let value): self = .json(value, status: status, products: products)
        case .zone(let value): self = .json(value, status: status, products: products)
        case .computeClass(let value): self = .json(value, status: status, products: products)
        case .grade(let value): self = .json(value, status: status, products: products)
        case .product(let value): self = .json(value, status: status, products: products)
        case .resource(let value): self = .json(value, status: status, products: products)
        case .outage(let value): self = .json(value, status: status, products: products)
        case .order(let value): self = .json(value, status: status, products: products)
        case .orders(let values):
            // An order takes some 650 bytes.
            self = .object(status: status, products: products, capacity: 64 + 768 * values.count) { $0.member("results", values) }
        case .cancelledOrder(let value): self = .json(value, status: status, products: products)
        case .cancelled(let value): self = .json(value, status: status, products: products)
        case .offer(let value): self = .json(value, status: status, products: products, capacity: 4_096)
        case .bid(let value): self = .json(value, status: status, products: products, capacity: 4_096)
        case .allocation(let value): self = .json(value, status: status, products: products, capacity: 4_096)
        case .meterReport(let value): self = .json(value, status: status, products: products)
        case .meterReports(let values):
            self = .object(status: status, products: products) { $0.member("results", values) }
        case .settlement(let value): self = .json(value, status: status, products: products)
        case .cancelTimer(let value): self = .json(value, status: status, products: products)
        case .energyCertificate(let value): self = .json(value, status: status, products: products)
        case .attestationKey(let value): self = .json(value, status: status, products: products)
        case .wipe(let value): self = .json(value, status: status, products: products)
        case .delivery(let value): self = .json(value, status: status, products: products)
        case .feeVersion(let value): self = .json(value, status: status, products: products)
        case .bands(let value): self = .json(value, status: status, products: products)
        case .indexRevision(let value): self = .json(value, status: status, products: products)
        case .dispute(let value): self = .json(value, status: status, products: products)
        case .correction(let value): self = .json(value, status: status, products: products)
        case .signingKey(let value): self = .json(value, status: status, products: products)
        case .signingPolicy(let value): self = .json(value, status: status, products: products)
        case .move(let value): self = .json(value, status: status, products: products)
        case .networkPath(let value): self = .json(value, status: status, products: products)
        case .blockedBuyers(let value): self = .json(value, status: status, products: products)
        }
        isReplayed = outcome.replayed
    }
}
