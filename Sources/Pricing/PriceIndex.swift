import Quantities

/// Whether an index has a value.
package enum IndexStatus: String, Choice {
    case published
    case withheld
}

/// Why an index has no value. The first that applies is told.
package enum IndexWithheldReason: String, Choice {
    /// Some hour has not ended, or its deliveries are not settled.
    case notSettled = "not_settled"
    /// Nothing was delivered.
    case noTrades = "no_trades"
    case tooFewSellers = "too_few_sellers"
    case tooFewTrades = "too_few_trades"
    case tooDispersed = "too_dispersed"
    /// More device-seconds than the arithmetic holds exactly.
    case tooLarge = "too_large"
}

/// An index of prices over sales: the method of MARKET.md section 9 in integers, every division rounded down.
///
///     1. weights: each sale weighs its delivered device-seconds; a seller above 35 % is cut to 35 %
///     2. outliers: beyond 3 robust sigma of the weighted median of log2(price), none where the deviation is 0
///     3. weights once more, without the outliers
///     4. gates: 4 sellers, 8 trades, dispersion 0.45
package struct PriceIndex: Equatable, Sendable {
    /// One sale with what became of it.
    package struct Line: Equatable, Sendable {
        package var input: IndexInput
        package var isOutlier = false
        /// In thousandths of a device-second, after the cap; 0 for an outlier.
        package var weight: Int128 = 0
    }

    package private(set) var status = IndexStatus.withheld
    package private(set) var reason: IndexWithheldReason?
    /// Nil while withheld.
    package private(set) var value: Price?
    /// Mean absolute deviation from the value over the value, in millionths; nil where there are too few sellers or trades.
    package private(set) var dispersion: Measure?
    /// Owners whose sales count.
    package private(set) var sellers = 0
    package private(set) var trades = 0
    package private(set) var deviceSeconds: Int64 = 0
    /// By trade.
    package private(set) var lines: [Line] = []

    package static let leastSellers = 4
    package static let leastTrades = 8
    /// Millionths.
    package static let widestDispersion: Int128 = 450_000
    /// Of the weight, in hundredths, that one owner may have.
    package static let sellerCap: Int128 = 35
    /// 3 × 1.4826, in ten-thousandths: how far from the median a sale may lie, in median absolute deviations.
    package static let outlierBound: Int128 = 44_478
    /// Device-seconds above which nothing is computed: 31 million devices through a year.
    package static let secondsLimit: Int128 = 1_000_000_000_000_000

    /// The index of some sales.
    ///
    /// - Complexity: O(n log n).
    package init(_ inputs: [IndexInput]) {
        lines = inputs.filter { $0.deviceSeconds > 0 }.sorted { $0.trade < $1.trade }.map { Line(input: $0) }
        guard !lines.isEmpty else {
            reason = .noTrades
            return
        }
        let total = lines.reduce(Int128(0)) { $0 + Int128($1.input.deviceSeconds) }
        guard total <= Self.secondsLimit else {
            reason = .tooLarge
            return
        }
        weigh()
        screen()
        weigh()
        let counted = lines.filter { !$0.isOutlier }
        trades = counted.count
        deviceSeconds = counted.reduce(0) { $0 + $1.input.deviceSeconds }
        let owners = Self.bySeller(counted)
        sellers = owners.count
        guard sellers >= Self.leastSellers else {
            reason = .tooFewSellers
            return
        }
        guard trades >= Self.leastTrades else {
            reason = .tooFewTrades
            return
        }
        let mean = Self.mean(owners) { Int128($0.price.rawValue) }
        let distance = Self.sum(owners) { abs(Int128($0.price.rawValue) - mean.value) }
        let spread = distance * 1_000_000 / (mean.weight * mean.value)
        dispersion = Measure(Int64(clamping: spread))
        guard spread <= Self.widestDispersion else {
            reason = .tooDispersed
            return
        }
        value = Price(Int64(mean.value))
        status = .published
    }

    /// A value that is withheld before anything is computed.
    package init(withheld reason: IndexWithheldReason) { self.reason = reason }

    // MARK: Weights

    /// The sales of one owner and the weight that they have together.
    private struct Owner {
        var seller: ParticipantID
        var inputs: [IndexInput] = []
        var deviceSeconds: Int128 = 0
        /// In thousandths of a device-second, after the cap.
        var weight: Int128 = 0
    }

    /// Owners by what they delivered, most first, then by number, with their weights.
    ///
    /// The largest are cut one after the other until the next one is within the cap: k owners weigh ⌊35 × rest ÷ (100 − 35k)⌋
    /// each. Of three or more owners at most two are. Fewer cannot all be within it and are not cut: nothing is published of them.
    private static func bySeller(_ lines: [Line]) -> [Owner] {
        var owners: [Owner] = []
        for line in lines.sorted(by: { ($0.input.seller, $0.input.trade) < ($1.input.seller, $1.input.trade) }) {
            if owners.last?.seller != line.input.seller { owners.append(Owner(seller: line.input.seller)) }
            owners[owners.count - 1].inputs.append(line.input)
            owners[owners.count - 1].deviceSeconds += Int128(line.input.deviceSeconds)
        }
        owners.sort { $0.deviceSeconds == $1.deviceSeconds ? $0.seller < $1.seller : $0.deviceSeconds > $1.deviceSeconds }
        for index in owners.indices { owners[index].weight = 1_000 * owners[index].deviceSeconds }
        guard owners.count >= 3 else { return owners }
        var cut = 0
        var rest = owners.reduce(Int128(0)) { $0 + $1.weight }
        var most: Int128 = 0
        while cut < 2, 100 * owners[cut].weight > sellerCap * (Int128(cut) * most + rest) {
            rest -= owners[cut].weight
            cut += 1
            most = sellerCap * rest / (100 - sellerCap * Int128(cut))
        }
        for index in 0..<cut { owners[index].weight = most }
        return owners
    }

    /// Gives each line its share of its owner's weight.
    private mutating func weigh() {
        var weights: [ParticipantID: (weight: Int128, deviceSeconds: Int128)] = [:]
        for owner in Self.bySeller(lines.filter { !$0.isOutlier }) { weights[owner.seller] = (owner.weight, owner.deviceSeconds) }
        for index in lines.indices {
            lines[index].weight = 0
            guard !lines[index].isOutlier, let owner = weights[lines[index].input.seller] else { continue }
            lines[index].weight = Int128(lines[index].input.deviceSeconds) * owner.weight / owner.deviceSeconds
        }
    }

    // MARK: Outliers

    private mutating func screen() {
        let logarithms = lines.map { FixedLogarithm.log2($0.input.price.rawValue) }
        let weights = lines.map(\.weight)
        let median = Self.median(logarithms, weights)
        let deviations = logarithms.map { abs($0 - median) }
        let deviation = Self.median(deviations, weights)
        guard deviation > 0 else { return }
        for index in lines.indices {
            lines[index].isOutlier = 10_000 * Int128(deviations[index]) > Self.outlierBound * Int128(deviation)
        }
    }

    /// The least value at which half of the weight is reached.
    private static func median(_ values: [Int64], _ weights: [Int128]) -> Int64 {
        let total = weights.reduce(0, +)
        var sum: Int128 = 0
        for index in values.indices.sorted(by: { (values[$0], $0) < (values[$1], $1) }) {
            sum += weights[index]
            if 2 * sum >= total { return values[index] }
        }
        return 0
    }

    // MARK: Means

    /// Σ over owners of weight × mean of `value` over the owner's device-seconds, each product rounded down.
    private static func sum(_ owners: [Owner], _ value: (IndexInput) -> Int128) -> Int128 {
        var sum: Int128 = 0
        for owner in owners {
            let own = owner.inputs.reduce(Int128(0)) { $0 + Int128($1.deviceSeconds) * value($1) }
            let (whole, rest) = own.quotientAndRemainder(dividingBy: owner.deviceSeconds)
            sum += owner.weight * whole + owner.weight * rest / owner.deviceSeconds
        }
        return sum
    }

    private static func mean(_ owners: [Owner], _ value: (IndexInput) -> Int128) -> (value: Int128, weight: Int128) {
        let weight = owners.reduce(Int128(0)) { $0 + $1.weight }
        return (sum(owners, value) / weight, weight)
    }
}
