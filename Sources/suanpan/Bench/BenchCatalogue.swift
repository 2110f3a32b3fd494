import Exchange
import Quantities
import Registry

/// What the markets of the measurements have in common: one zone, one class, and a product's terms.
enum BenchCatalogue {
    static let currency = Currency(unchecked: "USD")

    static func zone(_ code: String = "CN-GAN", name: String = "Gui'an") -> Zone {
        var zone = Zone()
        zone.code = code
        zone.name = name
        zone.country = "CN"
        return zone
    }

    static func computeClass(_ code: String = "H100-SXM", vendor: String = "NVIDIA", model: String = "H100 SXM5") -> ComputeClass {
        var computeClass = ComputeClass()
        computeClass.code = code
        computeClass.vendor = vendor
        computeClass.model = model
        computeClass.abi = "cuda"
        return computeClass
    }

    /// A product with fees for both sides, whose band leaves room for every price of a measurement.
    static func terms(_ computeClass: String, _ zone: String, tick: Price, reference: Price, horizonHours: Int32) -> ProductTerms {
        var terms = ProductTerms()
        terms.computeClass = computeClass
        terms.zone = zone
        terms.currency = currency
        terms.tickSize = tick
        terms.lotSize = 1
        terms.makerFee = 5
        terms.takerFee = 15
        terms.priceBand = 9_000
        terms.referencePrice = reference
        terms.horizonHours = horizonHours
        return terms
    }

    static func participant(_ name: String, _ role: Role) -> ParticipantSpec {
        var spec = ParticipantSpec()
        spec.name = name
        spec.roles = [role]
        return spec
    }

    static func resource(_ computeClass: String, _ zone: String, units: Quantity) -> ResourceSpec {
        var spec = ResourceSpec()
        spec.computeClass = computeClass
        spec.zone = zone
        spec.units = units
        return spec
    }

    static func deposit(of participant: ParticipantID, _ reference: String, units: Int64 = 1_000_000_000) -> MoneyMovement {
        MoneyMovement(participantID: participant, currency: currency, amount: .units(units), reference: reference)
    }
}
