import Quantities

/// Divides what a meter reported for a resource's hour over the deliveries of that hour.
package enum MeterSplit {
    /// The device-seconds of one accelerator in one hour.
    package static let secondsPerDevice: Int64 = 3_600

    /// Why a report's own division cannot stand.
    package enum Fault: Error, Equatable {
        case wrongCount(expected: Int)
        /// At this position: negative, or more than the delivery's quantity can use.
        case outOfRange(position: Int)
        case sumDiffers(expected: Int64)
    }

    /// Divides a total in proportion to quantity: whole seconds, rounded down, then the seconds left over one each in
    /// delivery order. A total of what was sold or more gives every delivery its full time.
    ///
    /// - Parameters:
    ///   - total: device-seconds, not negative.
    ///   - quantities: of the deliveries, in delivery order.
    /// - Returns: device-seconds per delivery, each at most quantity × 3,600; together `total`, or all that was sold.
    package static func proportional(_ total: Int64, quantities: [Quantity]) -> [Int64] {
        precondition(total >= 0, "a negative delivery")
        let units = quantities.reduce(Int64(0)) { $0 + Int64($1) }
        guard total < units * secondsPerDevice else { return quantities.map { Int64($0) * secondsPerDevice } }
        var shares = quantities.map { floorShare(Int64($0), total, units) }
        var left = total - shares.reduce(0, +)
        // Short of the full total every share is short of its full time, and fewer seconds are left than deliveries with
        // a fraction, so one pass gives them all without passing any delivery's time.
        for position in shares.indices where left > 0 && quantities[position] > 0 {
            shares[position] += 1
            left -= 1
        }
        return shares
    }

    /// Holds a report's own division against its total and the deliveries.
    package static func validate(_ shares: [Int64], total: Int64, quantities: [Quantity]) throws(Fault) {
        guard shares.count == quantities.count else { throw .wrongCount(expected: quantities.count) }
        var sum: Int64 = 0
        for position in shares.indices {
            guard shares[position] >= 0, shares[position] <= Int64(quantities[position]) * secondsPerDevice else {
                throw .outOfRange(position: position)
            }
            sum += shares[position]
        }
        guard sum == total else { throw .sumDiffers(expected: total) }
    }
}
