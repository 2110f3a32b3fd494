import Quantities

/// Bought device-hours that one resource backs in one contract, with every sale they went through.
///
/// A lot knows what escrow must hold for it, the same for every outcome, and what each outcome pays to whom. It is pure
/// arithmetic: the exchange posts the payments.
///
/// Sale i has notional nᵢ = priceᵢ × quantity, the buyer's fee bᵢ and the seller's fee sᵢ. With D of T device-seconds
/// delivered, the seller of capacity earns ⌊n₁D/T⌋ less its fee's share; the holder gets back what was not delivered of
/// its notional and fee; whoever bought by sale i and sold by sale i+1 gets both, less what was released at once.
///
/// - Invariant: the two fees of a sale are together not below zero, and neither exceeds the notional; `released` is at
///   most what every outcome owes the reseller.
package struct Lot: Record, Equatable {
    package var id = LotID()
    package var resource = ResourceID()
    package var provider = ParticipantID()
    package var holder = ParticipantID()
    package var allocation = AllocationID()
    /// Accelerators for the hour.
    package internal(set) var quantity: Quantity = 0
    /// The provider's security in escrow.
    package internal(set) var bond = Micros.zero
    package internal(set) var links = SaleChain()
    /// When the holder bought it; resales take the oldest first.
    package internal(set) var acquiredAt = Timestamp()

    package init() {}

    /// A lot as a sale of capacity creates it: the buyer holds it, the seller provides it.
    ///
    /// - Precondition: `quantity > 0`, `bond >= .zero`, and fees as the invariant says.
    package init(
        id: LotID, resource: ResourceID, allocation: AllocationID, quantity: Quantity, bond: Micros, sale: SaleLink,
        acquiredAt: Timestamp
    ) {
        precondition(quantity > 0 && bond >= .zero, "a lot of nothing")
        Self.check(sale, quantity)
        self.id = id
        self.resource = resource
        self.allocation = allocation
        self.quantity = quantity
        self.bond = bond
        provider = sale.seller
        holder = sale.buyer
        links = SaleChain(sale)
        self.acquiredAt = acquiredAt
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("resource", &resource)
        coder.field("provider", &provider)
        coder.field("holder", &holder)
        coder.field("allocation", &allocation)
        coder.field("quantity", &quantity)
        coder.field("bond", &bond)
        coder.field("links", &links)
        coder.field("acquired_at", &acquiredAt)
    }

    /// T: the device-seconds of full delivery.
    package var deviceSeconds: Int64 { Int64(quantity) * 3_600 }

    /// What escrow holds for this lot: everything paid in less everything released, whatever the outcome will be.
    package var escrow: Micros {
        var sum = Int128(bond.rawValue)
        for link in links {
            sum += Int128(link.price.notional(quantity).rawValue) + Int128(link.buyerFee.rawValue)
            sum -= Int128(link.released.rawValue)
        }
        precondition(sum >= 0 && sum <= Int128(Micros.limit.rawValue), "a lot that needs more money than there can be")
        return Micros(Int64(sum))
    }

    /// Sells the whole lot on. Returns what the previous holder receives at once out of escrow, into which the buyer's
    /// notional and fee go with the same trade.
    ///
    /// - Precondition: the fees are together not below zero, and neither exceeds the notional.
    package mutating func resell(
        trade: TradeID, price: Price, buyer: ParticipantID, buyerFee: Micros, sellerFee: Micros, allocation: AllocationID,
        at time: Timestamp
    ) -> Micros {
        var sale = SaleLink(
            trade: trade, seller: holder, buyer: buyer, price: price, buyerFee: buyerFee, sellerFee: sellerFee
        )
        Self.check(sale, quantity)
        sale.released = max(Self.releasable(bought: links.latest, sold: sale, quantity), .zero)
        links.append(sale)
        holder = buyer
        self.allocation = allocation
        acquiredAt = time
        return sale.released
    }

    /// What a reseller is owed in every outcome: min(n₁ + b₁, n₂ − s₂), less a guard where rebates are among the fees.
    ///
    /// Without rebates the floors of the outcome's terms never take more than that minimum leaves. A rebate's share is
    /// rounded toward zero, which can cost one micro more; the lot may be split down to single units, each with a
    /// rounding of its own, so the guard is a micro per unit and rebate.
    ///
    /// May be negative: then nothing is released.
    static func releasable(bought: SaleLink, sold: SaleLink, _ quantity: Quantity) -> Micros {
        let paid = bought.price.notional(quantity) + bought.buyerFee
        let earned = sold.price.notional(quantity) - sold.sellerFee
        let rebates: Int64 = (bought.buyerFee < .zero ? 1 : 0) + (sold.sellerFee < .zero ? 1 : 0)
        return min(paid, earned) - Micros(Int64(quantity) * rebates)
    }

    private static func check(_ sale: SaleLink, _ quantity: Quantity) {
        let notional = sale.price.notional(quantity)
        precondition(sale.buyerFee + sale.sellerFee >= .zero, "a trade that earns below zero")
        precondition(sale.buyerFee <= notional && sale.buyerFee >= -notional, "a buyer's fee beyond the notional")
        precondition(sale.sellerFee <= notional && sale.sellerFee >= -notional, "a seller's fee beyond the notional")
    }
}
