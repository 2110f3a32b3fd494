import Quantities

/// How a delivery ended, which decides who gets notional, fees and bond.
package enum DeliveryOutcome: String, Choice {
    /// All device-seconds were delivered.
    case delivered
    /// Some were.
    case partial
    /// None were, or none count.
    case notDelivered = "not_delivered"
    /// Nobody reported within the grace: the holder is refunded and the bond returns to the provider.
    case unverified
    /// Nobody reported within the grace, through the provider's fault: the holder is refunded and gets the bond.
    case unverifiedFault = "unverified_fault"
    /// The provider declined at least 24 h ahead: the holder is refunded and gets half the bond.
    case declined
    /// The lot came back to its provider: settled as fully delivered.
    case returned
    /// The terms ask for attestation and none came: as undelivered, through the provider's fault.
    case unattested
    /// One side disputes the report; shown until it is decided, never settled by.
    case disputed

    /// The outcome of a metered or decided delivery.
    package static func metered(_ delivered: Int64, of deviceSeconds: Int64) -> DeliveryOutcome {
        delivered >= deviceSeconds ? .delivered : delivered > 0 ? .partial : .notDelivered
    }
}
