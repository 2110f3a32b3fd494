package import Quantities

/// Where a resource stands between registration and the end.
package enum ResourceStatus: String, Choice, BitwiseCopyable {
    /// Registered; nothing certified yet.
    case pending
    /// Certified at least once.
    case certified
    /// Taken out of the market for good; its identifier stays known.
    case retired
}

/// The energy grade of a data centre by GB 40879, derived from PUE and never taken from a claim.
package enum FacilityGrade: String, Choice {
    case grade1 = "G1"
    case grade2 = "G2"
    case grade3 = "G3"
    case outside

    /// At most 1.20, 1.30, 1.50, or beyond; nil where PUE is unknown.
    package static func derived(from pue: Measure?) -> FacilityGrade? {
        guard let pue else { return nil }
        return switch pue.rawValue {
        case ...1_200_000: .grade1
        case ...1_300_000: .grade2
        case ...1_500_000: .grade3
        default: .outside
        }
    }
}

/// A registered resource.
package struct Resource: Record, Equatable {
    package var id = ResourceID()
    package var cri = CRI()
    package var providerID = ParticipantID()
    package var status = ResourceStatus.pending
    /// As registered, with the site and its code filled in.
    package var spec = ResourceSpec()
    package var facilityGrade: FacilityGrade?
    /// The first hour without the resource, once it is retired.
    package var retiredFrom: Hour?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("cri", &cri)
        coder.field("provider_id", &providerID)
        coder.field("status", &status)
        spec.fields(&coder)
        coder.field("facility_grade", &facilityGrade)
        coder.field("retired_from", &retiredFrom)
    }

    /// Whether both stand at one site: same provider, zone and site code.
    package func isAtSiteOf(_ other: Resource) -> Bool {
        providerID == other.providerID && spec.zone == other.spec.zone && spec.site?.code == other.spec.site?.code
    }
}
