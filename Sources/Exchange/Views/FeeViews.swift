import Pricing
import Quantities

/// All versions of a product's fees.
package struct FeeScheduleView: Record {
    package var product = ProductID.none
    /// The version in force.
    package var current: UInt32 = 0
    package var versions: [FeeVersion] = []

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("current_version", &current)
        coder.field("versions", &versions)
    }
}

/// What a participant pays in a product now.
package struct CurrentFeesView: Record {
    package var product = ProductID.none
    package var version: UInt32 = 0
    /// Device-hours delivered to and by the participant in the 30 UTC days before today, as of midnight.
    package var deliveredHours: Int64 = 0
    package var makerFee: BasisPoints = 0
    package var takerFee: BasisPoints = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("version", &version)
        coder.field("delivered_hours", &deliveredHours)
        coder.field("maker_fee_bps", &makerFee)
        coder.field("taker_fee_bps", &takerFee)
    }
}

/// The band of a product's contracts in one hour of the day.
package struct BandView: Record {
    package var hourOfDay: Int32 = 0
    package var referencePrice = Price()
    /// The lowest and the highest price that an order may name today; null where no tick lies in the band.
    package var floorPrice: Price?
    package var ceilingPrice: Price?
    /// Where the reference is going, a fifth a day at most.
    package var targetPrice = Price()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("hour_of_day", &hourOfDay)
        coder.field("reference_price", &referencePrice)
        coder.field("floor_price", &floorPrice)
        coder.field("ceiling_price", &ceilingPrice)
        coder.field("target_price", &targetPrice)
    }
}

/// The bands of a product, by hour of the day.
package struct BandsView: Record {
    package var product = ProductID.none
    package var bands: [BandView] = []

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("product", &product)
        coder.field("bands", &bands)
    }
}
