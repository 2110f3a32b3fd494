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
        let buyersOwn: [(Bool, String)] = [
            (guarantees.fromZone != nil, "from_zone"), (guarantees.maxRTTMilliseconds != nil, "max_rtt_ms"),
            (guarantees.datasetGigabytes != nil, "dataset_gb"), (guarantees.egressGigabytes != nil, "egress_gb"),
            (guarantees.profile != nil, "profile"), (guarantees.modelMemoryGigabytes != nil, "model_memory_gb"),
            (guarantees.modelParametersBillion != nil, "model_parameters_b"), (guarantees.precision != nil, "precision"),
        ]
        for (isPresent, name) in buyersOwn where isPresent {
            throw .invalid("guarantees." + name, "a grade guarantees facts of resources; \(name) is a buyer's own")
        }
        try guarantees.check("guarantees")
    }
}
