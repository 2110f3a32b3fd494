import Ledger
import Pricing
import Quantities
import Registry

/// A product's terms as every order needs them: plain numbers beside the catalogue's record, so that an order copies no text.
struct ProductFacts: BitwiseCopyable {
    var asset: AssetIndex
    var tickSize: Price
    var lotSize: Quantity
    var makerFee: BasisPoints
    var takerFee: BasisPoints
    var bond: BasisPoints
    /// How far the band reaches from the reference either way.
    var bandWidth: BasisPoints
    var gateClosureMinutes: Int32
    var horizonHours: Int32
    var isHalted = false
    /// Whether a standing bid waits for asks of this product.
    var isWatched = false
    /// Whether everybody pays `makerFee` and `takerFee`, and no other schedule waits for its time.
    var hasPlainFees = true
    var feeVersion: UInt32 = 1

    init(_ product: Product, asset: AssetIndex) {
        self.asset = asset
        tickSize = product.tickSize
        lotSize = product.lotSize
        makerFee = product.makerFee
        takerFee = product.takerFee
        bond = product.bond
        bandWidth = product.priceBand
        gateClosureMinutes = product.gateClosureMinutes
        horizonHours = product.horizonHours
    }
}

/// The band of a product's contracts in one hour of the day, and what moves it. A product has 24 in a row.
struct HourPrices: BitwiseCopyable {
    var band: PriceBand
    /// The lowest and the highest tick inside the band; 0 where no tick lies in it.
    var lowest = Price()
    var highest = Price()
    /// The price that the band lies around, all of today.
    var reference: Price
    /// Where the reference is going, a fifth a day at most.
    var target: Price
    /// What was traded since midnight: Σ price × quantity, and units.
    var notional: Int128 = 0
    var quantity: Int64 = 0

    init(reference: Price, target: Price, _ facts: ProductFacts) {
        self.reference = reference
        self.target = target
        band = PriceBand()
        center(facts)
    }

    /// Lays the band around the reference.
    mutating func center(_ facts: ProductFacts) {
        band = PriceBand(reference: reference, width: facts.bandWidth)
        lowest = band.lowestPrice(tick: facts.tickSize) ?? Price()
        highest = band.highestPrice(tick: facts.tickSize) ?? Price()
    }
}

/// A resource as every sale needs it.
struct ResourceFacts: BitwiseCopyable {
    var provider: ParticipantID
    var status: ResourceStatus
    /// Of the first 64 products a bit for each that is known to take it: its class, zone and grade's guarantees are met.
    /// The facts of a resource never change; a correction of the catalogue forgets all of them.
    var served: UInt64 = 0
    /// Where one certification and no outage is all there is: its hours and units. Else no hours.
    var certifiedFrom = Hour()
    var certifiedUntil = Hour()
    var certifiedUnits: Quantity = 0
}
