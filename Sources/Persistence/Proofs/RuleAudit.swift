import Exchange
import Ledger
import Matching
import Pricing
import Quantities
import Registry
import Sequencer

/// Holds every trade against two rules of the market by itself, without trusting the exchange that made it: fees are those of
/// the product's schedule, and no resource ever sold more units of an hour than were certified.
struct RuleAudit {
    private var schedules: [ProductID: [Product]] = [:]
    /// Fee schedules after the first, by product and version.
    private var versions: [ProductID: [UInt32: FeeVersion]] = [:]
    private(set) var sales: Int64 = 0

    /// Checks the trades of a frame after it was applied to `exchange`.
    mutating func confirm(_ frame: Frame, _ exchange: Exchange) throws {
        var walker = EventWalker(frame.events)
        // Units that were certified anew or lost in this frame may be fewer than when the sale was made.
        var changed = false
        var sold: [TradeView] = []
        while let entry = try walker.next() {
            switch entry.tag {
            case .product:
                let product = try Self.read(Product.self, frame, entry)
                schedules[product.id, default: []].append(product)
            case .feeVersion:
                let version = try Self.read(FeeVersion.self, frame, entry)
                versions[version.product, default: [:]][version.version] = version
            case .resource: changed = true
            case .trade:
                let trade = try Self.read(TradeView.self, frame, entry)
                try confirmFees(trade)
                if trade.resourceID != nil { sold.append(trade) }
                sales += 1
            default: break
            }
        }
        if changed { return }
        for trade in sold { try confirmUnits(trade, exchange) }
    }

    private static func read<Value: FieldValue>(
        _ type: Value.Type, _ frame: Frame, _ entry: EventWalker.Entry
    ) throws -> Value {
        var decoder = BinaryDecoder(frame.events, offset: entry.payload.lowerBound)
        return try decoder.read(type)
    }

    /// A side pays what some tier of the version says that it names.
    private func confirmFees(_ trade: TradeView) throws {
        let notional = trade.price.notional(trade.quantity)
        let buyerIsTaker = trade.takerSide == .buy
        let isScheduled = tiers(trade.contract.product, trade.buyerFeeVersion).contains { buyer in
            tiers(trade.contract.product, trade.sellerFeeVersion).contains { seller in
                let fees = FeeSchedule.tradeFees(
                    on: notional, buyerRate: buyerIsTaker ? buyer.takerFee : buyer.makerFee,
                    sellerRate: buyerIsTaker ? seller.makerFee : seller.takerFee)
                return fees.buyer == trade.buyerFee && fees.seller == trade.sellerFee
            }
        }
        guard isScheduled else {
            throw AuditFault("trade \(trade.id): its fees \(trade.buyerFee) and \(trade.sellerFee) are not those of the schedule")
        }
    }

    private func tiers(_ product: ProductID, _ version: UInt32) -> [FeeTier] {
        if version > 1 { return versions[product]?[version]?.tiers ?? [] }
        return (schedules[product] ?? []).map { FeeTier(leastDeliveredHours: 0, makerFee: $0.makerFee, takerFee: $0.takerFee) }
    }

    private func confirmUnits(_ trade: TradeView, _ exchange: Exchange) throws {
        guard let resource = trade.resourceID else { return }
        let hour = trade.contract.hour
        guard let units = exchange.capacity(resource, from: hour, to: hour + 1).first else {
            throw AuditFault("trade \(trade.id): it sold units of \(resource), which does not exist")
        }
        guard units.sold <= units.certified else {
            throw AuditFault("trade \(trade.id): \(units.sold) units of \(resource) are sold of \(units.certified) certified")
        }
    }
}
