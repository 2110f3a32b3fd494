package import Quantities

/// What a bid asks of whatever may serve it, and what a grade guarantees: every field narrows, an absent one does not.
///
/// `products`, `classes`, `zones` and `countries` name what is acceptable; `abi` must be equal; the other figures are
/// bounds, lower for `min_…` and `devices_per_node`, upper for `max_…`, and least levels for the security facts.
package struct Requirements: Record, Equatable {
    package var products: [String]?
    package var classes: [String]?
    package var zones: [String]?
    package var countries: [String]?
    package var minMemoryGigabytes: WholeMeasure?
    package var minBF16Tflops: Measure?
    package var abi: String?
    /// At least so many devices in one node.
    package var devicesPerNode: UInt32?
    /// At least so many devices in one scale-up domain.
    package var minScaleUpDomain: UInt32?
    package var fromZone: String?
    package var maxRTTMilliseconds: Measure?
    package var maxPUE: Measure?
    package var maxGramsPerDeviceHour: Measure?
    package var isolation: Isolation?
    package var attestation: AttestationLevel?
    package var dataClass: DataClass?
    package var minReliability: Measure?
    /// A kind of work that asks for more; see `WorkloadProfile`.
    package var profile: String?
    package var minFP64Tflops: Measure?
    /// Schemes of site certificates, all of which must be valid in each hour.
    package var certificates: [String]?
    /// Data to move in from `from_zone` before the first hour can begin, in GB.
    package var datasetGigabytes: Measure?
    /// Data that will be moved out, in GB: what it costs is shown in quotes.
    package var egressGigabytes: Measure?
    /// Of a profile: the model's weights in GB.
    package var modelMemoryGigabytes: WholeMeasure?
    /// Of a profile, instead of `model_memory_gb`: the model's parameters in billions, with their precision.
    package var modelParametersBillion: Measure?
    package var precision: Precision?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("products", &products)
        coder.field("classes", &classes)
        coder.field("zones", &zones)
        coder.field("countries", &countries)
        coder.field("min_memory_gb", &minMemoryGigabytes)
        coder.field("min_bf16_tflops", &minBF16Tflops)
        coder.field("abi", &abi)
        coder.field("devices_per_node", &devicesPerNode)
        coder.field("min_scale_up_domain", &minScaleUpDomain)
        coder.field("from_zone", &fromZone)
        coder.field("max_rtt_ms", &maxRTTMilliseconds)
        coder.field("max_pue", &maxPUE)
        coder.field("max_g_co2_per_device_hour", &maxGramsPerDeviceHour)
        coder.field("isolation", &isolation)
        coder.field("attestation", &attestation)
        coder.field("data_class", &dataClass)
        coder.field("min_reliability", &minReliability)
        coder.field("profile", &profile)
        coder.field("min_fp64_tflops", &minFP64Tflops)
        coder.field("certificates", &certificates)
        coder.field("dataset_gb", &datasetGigabytes)
        coder.field("egress_gb", &egressGigabytes)
        coder.field("model_memory_gb", &modelMemoryGigabytes)
        coder.field("model_parameters_b", &modelParametersBillion)
        coder.field("precision", &precision)
    }

    /// The most entries that one list may have.
    package static let listLimit = 256

    /// Refuses empty or overlong lists, figures out of range, and the fields that nothing is registered for yet.
    ///
    /// - Parameter parent: the request's field that holds the requirements, `requirements` or `guarantees`.
    package func check(_ parent: String = "requirements") throws(Refusal) {
        try checkList(products, parent + ".products", of: .product)
        try checkList(classes, parent + ".classes", of: .code)
        try checkList(zones, parent + ".zones", of: .code)
        try checkList(countries, parent + ".countries", of: .country)
        try Bounds.check(minMemoryGigabytes, Bounds.gigabytes, parent + ".min_memory_gb")
        try Bounds.check(minBF16Tflops, Bounds.tflops, parent + ".min_bf16_tflops")
        if let abi { try TextRule.checkInterface(abi, parent + ".abi") }
        try Bounds.check(devicesPerNode, Bounds.devices, parent + ".devices_per_node")
        try Bounds.check(minScaleUpDomain, Bounds.devices, parent + ".min_scale_up_domain")
        try Bounds.check(maxPUE, Bounds.pue, parent + ".max_pue")
        try Bounds.check(maxGramsPerDeviceHour, Carbon.gramsRange, parent + ".max_g_co2_per_device_hour")
        if parent == "guarantees" {
            try refuse(minReliability != nil, parent + ".min_reliability")
        } else {
            try Bounds.check(minReliability, Measure(0)...Measure(1_000_000), parent + ".min_reliability")
        }
        try checkNetwork(parent)
        try Bounds.check(minFP64Tflops, Bounds.tflops, parent + ".min_fp64_tflops")
        try checkList(certificates, parent + ".certificates", of: .text)
        try checkProfile(parent)
    }

    private func checkNetwork(_ parent: String) throws(Refusal) {
        if let fromZone { try TextRule.checkCode(fromZone, parent + ".from_zone") }
        try Bounds.check(maxRTTMilliseconds, Bounds.roundTripMilliseconds, parent + ".max_rtt_ms")
        try Bounds.check(datasetGigabytes, Bounds.dataGigabytes, parent + ".dataset_gb")
        try Bounds.check(egressGigabytes, Bounds.dataGigabytes, parent + ".egress_gb")
        guard fromZone == nil else { return }
        if maxRTTMilliseconds != nil { throw .invalid(parent + ".max_rtt_ms", "max_rtt_ms needs from_zone") }
        if datasetGigabytes != nil { throw .invalid(parent + ".dataset_gb", "dataset_gb needs from_zone") }
    }

    private enum ListKind { case product, code, country, text }

    private func checkList(_ list: [String]?, _ field: String, of kind: ListKind) throws(Refusal) {
        guard let list else { return }
        guard !list.isEmpty else {
            throw .invalid(field, "\(field) must not be empty: leave it out to accept all")
        }
        try TextRule.checkList(list, field, maximum: Self.listLimit)
        for entry in list {
            switch kind {
            case .product, .text: try TextRule.check(entry, field)
            case .code: try TextRule.checkCode(entry, field)
            case .country: try TextRule.checkCountry(entry, field)
            }
        }
    }

    private func refuse(_ isPresent: Bool, _ field: String) throws(Refusal) {
        if isPresent { throw .invalid(field, "\(field) is not supported: no facts are registered that could meet it") }
    }
}
