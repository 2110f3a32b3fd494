internal import Quantities

/// The ranges of figures from outside: every number is held against one before any arithmetic.
enum Bounds {
    /// Refuses an integer outside `range`; an absent one passes.
    static func check<I: FixedWidthInteger>(_ value: I?, _ range: ClosedRange<I>, _ field: String) throws(Refusal) {
        guard let value, !range.contains(value) else { return }
        throw .invalid(field, "\(field) must lie in \(range.lowerBound)...\(range.upperBound), not \(value)")
    }

    /// Refuses a whole figure outside `range`, in its unit, or one with decimals; an absent one passes.
    static func check(_ value: WholeMeasure?, _ range: ClosedRange<Int64>, _ field: String) throws(Refusal) {
        guard let value else { return }
        guard value.millionths % 1_000_000 == 0, range.contains(value.value) else {
            throw .invalid(field, "\(field) must be a whole number in \(range.lowerBound)...\(range.upperBound)")
        }
    }

    /// Refuses a measured figure outside `range`; an absent one passes.
    static func check(_ value: Measure?, _ range: ClosedRange<Measure>, _ field: String) throws(Refusal) {
        guard let value, !range.contains(value) else { return }
        throw .invalid(field, "\(field) must lie in \(range.lowerBound)...\(range.upperBound), not \(value)")
    }

    /// Refuses a price that is not above zero and at most the price limit.
    static func check(_ price: Price, _ field: String) throws(Refusal) {
        guard price.rawValue > 0, price <= Price.limit else {
            throw .invalid(field, "\(field) must be above 0 and at most \(Price.limit), not \(price)")
        }
    }

    /// Refuses a run of hours that is empty, reversed or outside 1970...2199.
    static func check(_ start: Hour, _ end: Hour, _ startField: String, _ endField: String) throws(Refusal) {
        guard start.hoursSince1970 >= 0 else { throw .invalid(startField, "\(startField) must not lie before 1970") }
        guard end.start <= Timestamp.limit else { throw .invalid(endField, "\(endField) must not lie after 2199") }
        guard start < end else { throw .invalid(endField, "\(endField) must lie after \(startField)") }
    }

    /// PUE: total over IT energy, so never below 1 (ISO/IEC 30134-2); 10 is beyond any site.
    static let pue = Measure(1_000_000)...Measure(10_000_000)
    /// Grid factor in g CO₂ per kWh; lignite alone stays below 1,500.
    static let gridGramsPerKilowattHour = Measure(0)...Measure(10_000_000_000)
    /// A throughput in TFLOPS, above 0.
    static let tflops = Measure(1)...Measure(1_000_000_000_000_000)
    /// Memory or disk in GB.
    static let gigabytes: ClosedRange<Int64> = 1...1_000_000_000
    /// A bandwidth in GB/s.
    static let gigabytesPerSecond: ClosedRange<Int64> = 1...100_000_000
    /// A network rate in Gbps, above 0.
    static let gigabitsPerSecond = Measure(1)...Measure(1_000_000_000_000)
    /// A round-trip time in ms.
    static let roundTripMilliseconds = Measure(0)...Measure(60_000_000_000)
    /// An amount of data in GB, above 0.
    static let dataGigabytes = Measure(1)...Measure(1_000_000_000_000_000)
    /// A device's power in W.
    static let watts: ClosedRange<Int64> = 1...100_000
    /// A site's power in kW, above 0.
    static let kilowatts = Measure(1)...Measure(1_000_000_000_000_000)
    /// A number of devices.
    static let devices: ClosedRange<UInt32> = 1...Quantity.limit
}
