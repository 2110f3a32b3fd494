package import Quantities

/// One fungible kind of accelerator: what every unit of a product of this class is.
///
/// Figures are dense and rated by the vendor. A fact that is unknown is nil and meets no requirement. It is both the
/// body that defines a class and the class itself, in which `criCode` is never nil.
package struct ComputeClass: Record, Equatable {
    /// `H100-SXM`; unique.
    package var code = ""
    /// The class's six characters in compute resource identifiers; unique, given by a counter where it is absent.
    package var criCode: String?
    package var vendor = ""
    package var model = ""
    package var memoryGigabytes: WholeMeasure?
    package var memoryBandwidthGigabytesPerSecond: WholeMeasure?
    package var tflops: RatedThroughput?
    /// Rated power of one device in W.
    package var tdpWatts: WholeMeasure?
    /// Bandwidth of the scale-up link (NVLink and its like) per device in GB/s.
    package var scaleUpLinkGigabytesPerSecond: WholeMeasure?
    /// The programming interface: `cuda`, `rocm`, `cann`.
    package var abi = ""
    /// Where the figures come from; `vendor` where absent.
    package var evidence: Evidence?
    /// What an acceptance test must at least measure before units of the class are certified.
    package var acceptanceFloor: AcceptanceResults?
    /// Derived from the figures. A body's own are passed over, so that what was read can be sent back with a correction.
    package var performance: PerformanceIndices?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("code", &code)
        coder.field("cri_code", &criCode)
        coder.field("vendor", &vendor)
        coder.field("model", &model)
        coder.field("memory_gb", &memoryGigabytes)
        coder.field("memory_bandwidth_gb_s", &memoryBandwidthGigabytesPerSecond)
        coder.field("tflops", &tflops)
        coder.field("tdp_w", &tdpWatts)
        coder.field("scale_up_link_gb_s", &scaleUpLinkGigabytesPerSecond)
        coder.field("abi", &abi)
        coder.field("evidence", &evidence)
        coder.field("acceptance_floor", &acceptanceFloor)
        coder.field("performance", &performance)
    }

    /// Refuses what no class can be; whether the codes are free is the catalogue's question.
    package func check() throws(Refusal) {
        try TextRule.checkCode(code, "code")
        if let criCode { try TextRule.checkIdentifierPart(criCode, "cri_code", length: 6) }
        try TextRule.check(vendor, "vendor")
        try TextRule.check(model, "model")
        try Bounds.check(memoryGigabytes, Bounds.gigabytes, "memory_gb")
        try Bounds.check(memoryBandwidthGigabytesPerSecond, Bounds.gigabytesPerSecond, "memory_bandwidth_gb_s")
        try tflops?.check("tflops")
        try Bounds.check(tdpWatts, Bounds.watts, "tdp_w")
        try Bounds.check(scaleUpLinkGigabytesPerSecond, Bounds.gigabytesPerSecond, "scale_up_link_gb_s")
        try TextRule.checkInterface(abi, "abi")
        try acceptanceFloor?.check("acceptance_floor")
    }
}

/// Where a figure comes from.
package enum Evidence: String, Choice {
    /// The maker's data sheet.
    case vendor
    /// A measurement.
    case measured
    /// Conflicting or incomplete sources.
    case estimated
}

/// Dense rated throughput by precision, in TFLOPS.
package struct RatedThroughput: Record, Equatable {
    package var fp64: Measure?
    package var fp32: Measure?
    package var tf32: Measure?
    package var bf16: Measure?
    package var fp8: Measure?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("fp64", &fp64)
        coder.field("fp32", &fp32)
        coder.field("tf32", &tf32)
        coder.field("bf16", &bf16)
        coder.field("fp8", &fp8)
    }

    /// Refuses a throughput that is not above 0 and below 10⁹ TFLOPS.
    package func check(_ parent: String) throws(Refusal) {
        try Bounds.check(fp64, Bounds.tflops, parent + ".fp64")
        try Bounds.check(fp32, Bounds.tflops, parent + ".fp32")
        try Bounds.check(tf32, Bounds.tflops, parent + ".tf32")
        try Bounds.check(bf16, Bounds.tflops, parent + ".bf16")
        try Bounds.check(fp8, Bounds.tflops, parent + ".fp8")
    }
}
