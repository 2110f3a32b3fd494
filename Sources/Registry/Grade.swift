package import Quantities

/// A quality that a product may carry: minimums that every resource offered there meets, so that a buyer in an anonymous
/// book knows them.
package struct Grade: Record, Equatable {
    /// `SECURE`; unique.
    package var code = ""
    package var guarantees = Requirements()

    package init() {}
    package init(code: String, guarantees: Requirements) {
        self.code = code
        self.guarantees = guarantees
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("code", &code)
        coder.field("guarantees", &guarantees)
    }

    /// The code of the grade that exists from the start and guarantees nothing; product codes leave it out.
    package static let standardCode = "STD"
    package static let standard = Grade(code: standardCode, guarantees: Requirements())

    /// Refuses what no grade can be: unusable guarantees, or a list of acceptable products, which is a buyer's choice and
    /// no property of a resource.
    package func check() throws(Refusal) {
        try TextRule.checkCode(code, "code")
        guard guarantees.products == nil else {
            throw .invalid("guarantees.products", "a grade guarantees facts and cannot name products")
        }
        try guarantees.check("guarantees")
    }
}
