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
    var band: PriceBand
    /// The lowest and the highest tick inside the band; none where no tick lies in it.
    var lowest: Price?
    var highest: Price?
    var gateClosureMinutes: Int32
    var horizonHours: Int32
    var isHalted = false
    /// Whether a standing bid waits for asks of this product.
    var isWatched = false

    init(_ product: Product, asset: AssetIndex) {
        self.asset = asset
        tickSize = product.tickSize
        lotSize = product.lotSize
        makerFee = product.makerFee
        takerFee = product.takerFee
        bond = product.bond
        band = PriceBand(reference: product.referencePrice, width: product.priceBand)
        lowest = band.lowestPrice(tick: product.tickSize)
        highest = band.highestPrice(tick: product.tickSize)
        gateClosureMinutes = product.gateClosureMinutes
        horizonHours = product.horizonHours
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
