package import Quantities

/// Grams of CO₂ of electricity: IT energy × PUE × grid factor, in integers.
package enum Carbon {
    /// The bounds of a limit in g CO₂ per device-hour.
    package static let gramsRange = Measure(0)...Measure(1_000_000_000_000_000)

    /// g CO₂ of `energy` (IT kWh) at a site with `pue` on a grid with `factor` (g/kWh); nil where a fact is unknown or the
    /// result exceeds 64 bits.
    ///
    /// Rounded up to the millionth of a gram, so a figure never passes a limit by rounding.
    ///
    /// - Parameter matched: of the site's energy (kWh), what retired certificates cover: it counts with 0 g/kWh.
    package static func grams(energy: Measure?, pue: Measure?, factor: Measure?, matched: Measure = Measure()) -> Measure? {
        guard let energy, let pue, let factor, energy.rawValue >= 0, pue.rawValue >= 0, factor.rawValue >= 0 else {
            return nil
        }
        let facility = max(Int128(energy.rawValue) * Int128(pue.rawValue) - Int128(matched.rawValue) * 1_000_000, 0)
        let (product, overflow) = facility.multipliedReportingOverflow(by: Int128(factor.rawValue))
        guard !overflow else { return nil }
        let (quotient, remainder) = product.quotientAndRemainder(dividingBy: 1_000_000_000_000)
        return Int64(exactly: remainder > 0 ? quotient + 1 : quotient).map { Measure($0) }
    }

    /// The site's energy in kWh: IT energy × PUE, rounded up to the millionth of a kWh; nil where a fact is unknown or out of bounds.
    package static func facilityEnergy(_ energy: Measure?, pue: Measure?) -> Measure? {
        guard let energy, let pue, energy.rawValue >= 0, pue.rawValue >= 0 else { return nil }
        let (quotient, remainder) = (Int128(energy.rawValue) * Int128(pue.rawValue)).quotientAndRemainder(dividingBy: 1_000_000)
        return Int64(exactly: remainder > 0 ? quotient + 1 : quotient).map { Measure($0) }
    }

    /// g CO₂ of one device of `computeClass` at its rated power for one hour.
    ///
    ///     700 W × 1 h × PUE 1.30 × 636.1 g/kWh = 578.851 g
    package static func gramsPerDeviceHour(computeClass: ComputeClass, pue: Measure?, zone: Zone) -> Measure? {
        // W for an hour are thousandths of a kWh: thousands of millionths.
        let energy = computeClass.tdpWatts.map { Measure($0.value * 1_000) }
        return grams(energy: energy, pue: pue, factor: zone.grid?.gramsPerKilowattHour)
    }
}
