import Quantities

/// The rules that make prices and deliveries out of a trace that has none. They are functions of names and hours only, so
/// every import of one trace trades the same.
///
/// - An offer of a model asks in each hour its reference price × (1 + u), u uniform in −15 … +15 %, drawn from the model's
///   name and the hour since the trace began.
/// - A bid's limit is the lowest reference price among the models that it accepts × (1 + v), v uniform in −12 … +28 %,
///   drawn from the task's name.
/// - Prices are rounded down to the tick.
/// - Of a resource's hours 2 % deliver 90 % of what was sold, 0.2 % nothing, the rest all; drawn from model and hour.
package enum TraceRules {
    /// The tick of every product, in USD: 0.0001.
    package static let tick = Price(100)

    /// What a model's provider asks for a device in an hour.
    ///
    /// - Parameter hour: hours since the trace began.
    package static func offerPrice(model: String, reference: Price, hour: Int) -> Price {
        scaled(reference, basisPoints: 8_500 + Draw.below(3_001, "offer", model, String(hour)))
    }

    /// What a task pays at most for a device-hour.
    ///
    /// - Parameter cheapestReference: the lowest reference price among the models that it accepts.
    package static func limitPrice(task: String, cheapestReference: Price) -> Price {
        scaled(cheapestReference, basisPoints: 8_800 + Draw.below(4_001, "limit", task))
    }

    /// How much of the sold device-seconds of a resource's hour the meter reports.
    package static func deliveredSeconds(model: String, hour: Int, quantity: Int) -> Int64 {
        let sold = Int64(quantity) * 3_600
        return switch Draw.below(1_000, "delivery", model, String(hour)) {
        case 0..<2: 0
        case 2..<22: floorShare(sold, 9, 10)
        default: sold
        }
    }

    /// The energy of `seconds` device-seconds at `watts` each, rounded down to 10⁻⁶ kWh.
    package static func energy(watts: Int64, seconds: Int64) -> Measure { Measure(floorShare(watts * 10, seconds, 36)) }

    /// Whether a task waits for a cheaper start: best effort and burstable ones do.
    package static func isPatient(serviceClass: String) -> Bool { serviceClass == "BE" || serviceClass == "Burstable" }

    private static func scaled(_ price: Price, basisPoints: Int) -> Price {
        let exact = floorShare(price.rawValue, Int64(basisPoints), 10_000)
        return Price(max(exact / tick.rawValue * tick.rawValue, tick.rawValue))
    }
}

/// Numbers drawn from texts: the same texts always give the same number.
package enum Draw {
    /// A number in `0..<bound`, close to uniform while `bound` is far below 2⁶⁴.
    package static func below(_ bound: UInt64, _ texts: String...) -> Int {
        // FNV-1a over the texts, each closed by a zero byte, then SplitMix64's finalizer to spread close names apart.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for text in texts {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
            hash = hash &* 0x100_0000_01B3
        }
        hash = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ (hash >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((hash ^ (hash >> 31)) % bound)
    }
}
