import Quantities

/// What is known or assumed of a device model that a trace names.
package struct TraceModelFacts: Sendable, Equatable {
    package var vendor: String
    package var description: String
    /// Unknown where nil.
    package var memoryGb: Int64?
    /// The price around which all of the model's prices lie, in USD per device-hour.
    package var referencePrice: Price
    /// What a device draws when it is used, in W: the figure behind the energy in meter reports.
    package var assumedWatts: Int64

    /// The facts of a model by its name in the trace.
    ///
    /// The reference price of the V100s is a marketplace's snapshot (eight V100 for 0.85 USD an hour, `gpu_offers.csv`).
    /// All the others are assumptions beside it, because the trace has no prices, and G2 and G3 are names behind which
    /// its authors hide the real model. The power figures are assumptions too.
    package static func facts(of model: String) -> TraceModelFacts {
        switch model {
        case "P100": known("Tesla P100", memoryGb: 16, price: 95_000, watts: 200)
        case "T4": known("T4", memoryGb: 16, price: 100_000, watts: 60)
        case "V100M16": known("V100 16 GB", memoryGb: 16, price: 106_000, watts: 220)
        case "V100M32": known("V100 32 GB", memoryGb: 32, price: 130_000, watts: 220)
        case "A10": known("A10", memoryGb: 24, price: 200_000, watts: 120)
        case "G2": undisclosed(model, price: 250_000)
        case "G3": undisclosed(model, price: 600_000)
        default: undisclosed(model, price: 200_000)
        }
    }

    private static func known(_ description: String, memoryGb: Int64, price: Int64, watts: Int64) -> TraceModelFacts {
        TraceModelFacts(
            vendor: "NVIDIA", description: description, memoryGb: memoryGb, referencePrice: Price(price),
            assumedWatts: watts
        )
    }

    private static func undisclosed(_ model: String, price: Int64) -> TraceModelFacts {
        TraceModelFacts(
            vendor: "undisclosed", description: model, memoryGb: nil, referencePrice: Price(price), assumedWatts: 250
        )
    }
}
