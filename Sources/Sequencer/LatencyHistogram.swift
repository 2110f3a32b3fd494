/// How long something took, counted in buckets.
package struct LatencyHistogram: Sendable, Equatable {
    /// The upper ends of the buckets, in microseconds; what took longer than the last has a bucket of its own.
    package static let bounds: [Int64] = [
        250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000,
    ]

    /// One more than there are bounds.
    package var counts = [Int64](repeating: 0, count: bounds.count + 1)
    /// All together.
    package var microseconds: Int64 = 0

    package init() {}

    /// How many were counted.
    package var count: Int64 { counts.reduce(0, +) }

    /// The bucket that a time falls into.
    package static func bucket(of microseconds: Int64) -> Int {
        bounds.firstIndex { microseconds <= $0 } ?? bounds.count
    }

    /// Counts one.
    package mutating func note(_ microseconds: Int64) {
        counts[Self.bucket(of: microseconds)] += 1
        self.microseconds += microseconds
    }
}
