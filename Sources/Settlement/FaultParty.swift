import Quantities

/// Who is at fault for what a delivery lacks, which decides who gets the undelivered part of the bond.
package enum FaultParty: String, Choice {
    /// Nothing is missing, or nobody is to blame.
    case nobody = "none"
    /// The provider: the holder gets the undelivered part of the bond.
    case provider
    /// The holder: the bond goes back.
    case holder
    /// The meter, which said nothing or something wrong: the bond goes back.
    case meter
    /// The exchange: the bond goes back.
    case exchange

    /// The party at fault for an outcome that nobody decided about.
    package static func usual(_ outcome: DeliveryOutcome) -> FaultParty {
        switch outcome {
        case .delivered, .returned, .disputed: .nobody
        case .partial, .notDelivered, .unverifiedFault, .declined, .unattested: .provider
        case .unverified: .meter
        }
    }
}
