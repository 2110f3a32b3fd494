import Quantities

/// Energy and CO₂ of a delivery, as metered: location-based and market-based side by side.
package struct CarbonView: Record, Equatable {
    /// The delivery's part of the IT energy of its resource's hour.
    package var itEnergyKilowattHours = Measure()
    /// IT energy × PUE, rounded up to the millionth.
    package var facilityEnergyKilowattHours: Measure?
    package var pue: Measure?
    package var gridGramsPerKilowattHour: Measure?
    /// Site's energy × grid factor.
    package var locationGrams: Measure?
    /// The same, less what retired certificates cover.
    package var marketGrams: Measure?
    /// The same, less only what certificates of the same hour cover.
    package var hourlyMarketGrams: Measure?
    package var hourlyMatchedKilowattHours = Measure()
    package var annualMatchedKilowattHours = Measure()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("it_energy_kwh", &itEnergyKilowattHours)
        coder.field("facility_energy_kwh", &facilityEnergyKilowattHours)
        coder.field("pue", &pue)
        coder.field("g_per_kwh", &gridGramsPerKilowattHour)
        coder.field("location_g", &locationGrams)
        coder.field("market_g", &marketGrams)
        coder.field("market_hourly_g", &hourlyMarketGrams)
        coder.field("matched_hourly_kwh", &hourlyMatchedKilowattHours)
        coder.field("matched_annual_kwh", &annualMatchedKilowattHours)
    }
}
