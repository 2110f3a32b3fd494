package import Quantities

/// One place with one grid and known network distances.
package struct Zone: Record, Equatable {
    /// `CN-GAN`; unique.
    package var code = ""
    package var name = ""
    /// Two letters, ISO 3166-1.
    package var country = ""
    package var grid: Grid?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("code", &code)
        coder.field("name", &name)
        coder.field("country", &country)
        coder.field("grid", &grid)
    }

    /// Refuses what no zone can be.
    package func check() throws(Refusal) {
        try TextRule.checkCode(code, "code")
        try TextRule.check(name, "name")
        try TextRule.checkCountry(country, "country")
        try grid?.check("grid")
    }
}

/// What is known of a zone's electricity. Factors of different bases are never compared or mixed, so the basis stays
/// with the figure.
package struct Grid: Record, Equatable {
    /// g CO₂ per kWh.
    package var gramsPerKilowattHour: Measure?
    /// The year that the factor is of.
    package var year: UInt32?
    package var source: String?
    /// What the factor counts: `CO2 generation`, `CO2e`.
    package var basis: String?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("g_per_kwh", &gramsPerKilowattHour)
        coder.field("year", &year)
        coder.field("source", &source)
        coder.field("basis", &basis)
    }

    /// Refuses a factor outside 0...10,000 g/kWh and a year outside 1990...2199.
    package func check(_ parent: String) throws(Refusal) {
        try Bounds.check(gramsPerKilowattHour, Bounds.gridGramsPerKilowattHour, parent + ".g_per_kwh")
        try Bounds.check(year, 1990...2199, parent + ".year")
        try TextRule.check(source, parent + ".source")
        try TextRule.check(basis, parent + ".basis")
    }
}
