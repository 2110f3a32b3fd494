package import Quantities

/// What a class can do beside an H100-SXM: for comparing alternatives, and for nothing else.
///
///     t = dense bf16 ÷ 989 TFLOPS    d = memory bandwidth ÷ 3350 GB/s    h = fp64 ÷ 34 TFLOPS
///
/// Thousandths, rounded half up, as text with three decimals; nil where the figure is unknown.
package struct PerformanceIndices: Record, Equatable {
    /// Dense bf16 throughput: training.
    package var throughput: String?
    /// Memory bandwidth: inference.
    package var bandwidth: String?
    /// Double precision: simulation.
    package var doublePrecision: String?

    package init() {}

    /// The indices of a class; nil where none of its figures is known.
    package init?(of computeClass: ComputeClass) {
        throughput = PerformanceIndex.throughput.thousandths(of: computeClass).map(Self.text)
        bandwidth = PerformanceIndex.bandwidth.thousandths(of: computeClass).map(Self.text)
        doublePrecision = PerformanceIndex.doublePrecision.thousandths(of: computeClass).map(Self.text)
        if throughput == nil, bandwidth == nil, doublePrecision == nil { return nil }
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("t", &throughput)
        coder.field("d", &bandwidth)
        coder.field("h", &doublePrecision)
    }

    private static func text(_ thousandths: Int64) -> String {
        let fraction = String(thousandths % 1_000)
        return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - fraction.utf8.count) + fraction
    }
}

/// One of the three indices.
package enum PerformanceIndex: String, Choice {
    case throughput = "t"
    case bandwidth = "d"
    case doublePrecision = "h"

    /// A class's figure over the reference's in thousandths, rounded half up; nil where it is unknown.
    package func thousandths(of computeClass: ComputeClass) -> Int64? {
        let (figure, reference): (Int64?, Int64) =
            switch self {
            case .throughput: (computeClass.tflops?.bf16?.rawValue, 989)
            case .bandwidth: (computeClass.memoryBandwidthGigabytesPerSecond?.millionths, 3_350)
            case .doublePrecision: (computeClass.tflops?.fp64?.rawValue, 34)
            }
        // The figure is in millionths of its unit: ×1,000 ÷ (reference × 10⁶), rounded half up.
        let divisor = Int128(reference) * 2_000_000
        return figure.map { Int64(clamping: (Int128($0) * 2_000 + divisor / 2) / divisor) }
    }
}
