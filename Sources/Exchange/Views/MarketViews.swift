import Matching
import Quantities

/// Where a contract is in its life.
package enum ContractStatus: String, Choice {
    case open
    case halted
    case closed
    case delivering
    case metering
    case settled
}

/// A contract as everybody sees it.
package struct ContractView: Record {
    package var symbol = ContractKey()
    package var product = ProductID.none
    package var hour = Hour()
    package var status = ContractStatus.open
    package var currency = Currency()
    package var gateClosesAt = Timestamp()
    package var bestBid: Price?
    package var bestAsk: Price?
    package var last: Price?
    /// The lowest and the highest price that an order may name now.
    package var floorPrice = Price()
    package var ceilingPrice = Price()
    package var referencePrice = Price()
    /// Units traded since listing.
    package var volume: Int64 = 0
    /// Units sold and not returned.
    package var openInterest: Int64 = 0
    /// When a volatility interruption ends; nil where there is none.
    package var interruptedUntil: Timestamp?
    /// The version of the catalogue that the contract was listed under: its class and zone are those, whatever is corrected later.
    package var catalogueVersion: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("symbol", &symbol)
        coder.field("product", &product)
        coder.field("hour", &hour)
        coder.field("status", &status)
        coder.field("currency", &currency)
        coder.field("gate_closes_at", &gateClosesAt)
        coder.field("best_bid", &bestBid)
        coder.field("best_ask", &bestAsk)
        coder.field("last", &last)
        coder.field("floor_price", &floorPrice)
        coder.field("ceiling_price", &ceilingPrice)
        coder.field("reference_price", &referencePrice)
        coder.field("volume", &volume)
        coder.field("open_interest", &openInterest)
        coder.field("interrupted_until", &interruptedUntil)
        coder.field("catalogue_version", &catalogueVersion)
    }
}

/// One price of a book: what is displayed there.
@usableFromInline package struct BookLevelView: Record {
    @usableFromInline package var price = Price()
    @usableFromInline package var quantity: Int64 = 0
    @usableFromInline package var orders: Int64 = 0

    @usableFromInline package init() {}
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("price", &price)
        coder.field("quantity", &quantity)
        coder.field("orders", &orders)
    }
}

/// An ask that serves only bids of a least size: orders never meet it.
@usableFromInline package struct BlockAskView: Record, Equatable {
    @usableFromInline package var price = Price()
    @usableFromInline package var quantity: Quantity = 0
    @usableFromInline package var minHours: Int32?
    @usableFromInline package var minQuantity: Quantity?

    @usableFromInline package init() {}
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("price", &price)
        coder.field("quantity", &quantity)
        coder.field("min_hours", &minHours)
        coder.field("min_quantity", &minQuantity)
    }
}

/// A book, best prices first.
@usableFromInline package struct BookView: Record {
    @usableFromInline package var contract = ContractKey()
    /// The journal sequence that this book includes.
    @usableFromInline package var sequence: Int64 = 0
    @usableFromInline package var bids: [BookLevelView] = []
    @usableFromInline package var asks: [BookLevelView] = []
    /// CRC-32 of the ten best levels of both sides, by the rule of API.md; the shell computes it.
    @usableFromInline package var checksum: UInt32 = 0
    /// Asks beside the book that serve only bids of a least size, best prices first.
    @usableFromInline package var blockAsks: [BlockAskView] = []

    @usableFromInline package init() {}
    @inlinable package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("sequence", &sequence)
        coder.field("bids", &bids)
        coder.field("asks", &asks)
        coder.field("checksum", &checksum)
        coder.field("block_asks", &blockAsks)
    }
}

/// A trade as everybody sees it: no names.
package struct PublicTradeView: Record {
    package var id = TradeID.none
    package var contract = ContractKey()
    package var price = Price()
    package var quantity: Quantity = 0
    package var takerSide = Side.buy
    package var time = Timestamp()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("contract", &contract)
        coder.field("price", &price)
        coder.field("quantity", &quantity)
        coder.field("taker_side", &takerSide)
        coder.field("time", &time)
    }
}


/// What can be had of a product now.
package struct MarketLineView: Record {
    package var product = ProductID.none
    package var currency = Currency()
    package var bestBid: Price?
    package var bestAsk: Price?
    /// The cheapest run on one resource of the asked length and quantity.
    package var cheapestRun: BestAvailableView?
    /// The most units of one resource that are for sale through the whole window's first hours.
    package var largestBlock: Int64 = 0
    /// What of the product was delivered of what was sold over the last 30 days, and the share of it in whole deliveries; nil where nothing was settled.
    package var deliveredShare: Measure?
    package var availability: Measure?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("currency", &currency)
        coder.field("best_bid", &bestBid)
        coder.field("best_ask", &bestAsk)
        coder.field("cheapest_run", &cheapestRun)
        coder.field("largest_block", &largestBlock)
        coder.field("delivered_share", &deliveredShare)
        coder.field("availability", &availability)
    }
}
