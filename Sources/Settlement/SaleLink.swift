import Quantities

/// One sale in the life of a lot: who sold to whom in which trade, at what price, with which fees.
package struct SaleLink: Record, Equatable {
    package var trade = TradeID()
    package var seller = ParticipantID()
    package var buyer = ParticipantID()
    /// Per accelerator-hour. The notional is price × the lot's quantity, so it splits exactly.
    package var price = Price()
    /// This lot's part of the buyer's fee; negative is a rebate.
    package var buyerFee = Micros.zero
    /// This lot's part of the seller's fee; negative is a rebate.
    package var sellerFee = Micros.zero
    /// What the seller received at once out of escrow; zero for the sale of capacity.
    package var released = Micros.zero

    package init() {}
    package init(
        trade: TradeID, seller: ParticipantID, buyer: ParticipantID, price: Price, buyerFee: Micros, sellerFee: Micros,
        released: Micros = .zero
    ) {
        self.trade = trade
        self.seller = seller
        self.buyer = buyer
        self.price = price
        self.buyerFee = buyerFee
        self.sellerFee = sellerFee
        self.released = released
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("trade", &trade)
        coder.field("seller", &seller)
        coder.field("buyer", &buyer)
        coder.field("price", &price)
        coder.field("buyer_fee", &buyerFee)
        coder.field("seller_fee", &sellerFee)
        coder.field("released", &released)
    }
}

/// The sales of a lot in order: first the provider's sale of capacity, then the resales.
///
/// The first is held in place, because most lots are never resold and then need no memory of their own.
package struct SaleChain: FieldValue, Equatable, RandomAccessCollection, MutableCollection {
    private var first: SaleLink
    private var resales: [SaleLink]

    package init() { self.init(SaleLink()) }
    package init(_ first: SaleLink) {
        self.first = first
        resales = []
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { 1 + resales.count }
    package subscript(position: Int) -> SaleLink {
        get { position == 0 ? first : resales[position - 1] }
        set { if position == 0 { first = newValue } else { resales[position - 1] = newValue } }
    }

    /// Adds a resale.
    package mutating func append(_ resale: SaleLink) { resales.append(resale) }

    /// The sale by which the present holder bought.
    package var latest: SaleLink { resales.last ?? first }

    /// An array of links, of which there is at least one; a reader that finds none keeps what it has.
    package mutating func code<C: FieldCoder>(_ coder: inout C) {
        var links = Array(self)
        coder.array(&links)
        guard let head = links.first else { return }
        first = head
        resales = Array(links.dropFirst())
    }
}
