package import Quantities

/// The body that certifies units of a resource for a run of hours.
package struct Certification: Record, Equatable {
    /// 0 takes the hours off sale.
    package var units: Quantity = 0
    package var validFrom = Hour()
    /// The first hour that is no longer covered.
    package var validUntil = Hour()
    /// The only meter whose reports count; any meter of another owner where absent.
    package var meterID: ParticipantID?
    package var acceptance: AcceptanceResults?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("units", &units)
        coder.field("valid_from", &validFrom)
        coder.field("valid_until", &validUntil)
        coder.field("meter_id", &meterID)
        coder.field("acceptance", &acceptance)
    }

    /// Refuses hours out of order and figures out of range.
    package func check() throws(Refusal) {
        try Bounds.check(units, 0...Quantity.limit, "units")
        try Bounds.check(validFrom, validUntil, "valid_from", "valid_until")
        try acceptance?.check()
    }
}

/// What an acceptance test measured on the resource's devices.
package struct AcceptanceResults: Record, Equatable {
    /// Dense bf16 matrix product per device in TFLOPS.
    package var gemmTflops: Measure?
    /// Memory bandwidth per device in GB/s.
    package var memoryGigabytesPerSecond: Measure?
    /// All-reduce bus bandwidth per device in GB/s.
    package var allReduceGigabytesPerSecond: Measure?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("gemm_tflops", &gemmTflops)
        coder.field("memory_gb_s", &memoryGigabytesPerSecond)
        coder.field("all_reduce_gb_s", &allReduceGigabytesPerSecond)
    }

    /// Refuses figures out of range.
    package func check(_ parent: String = "acceptance") throws(Refusal) {
        try Bounds.check(gemmTflops, Bounds.tflops, parent + ".gemm_tflops")
        try Bounds.check(memoryGigabytesPerSecond, Bounds.tflops, parent + ".memory_gb_s")
        try Bounds.check(allReduceGigabytesPerSecond, Bounds.tflops, parent + ".all_reduce_gb_s")
    }

    /// Refuses a figure of more than 1.05 × the class's dense rating, which is a sparse one sold as dense or a fault of the test.
    package func check(against computeClass: ComputeClass) throws(Refusal) {
        try checkRating(gemmTflops, computeClass.tflops?.bf16, "gemm_tflops", "dense bf16 of \(computeClass.code): a sparse figure")
        try checkRating(
            memoryGigabytesPerSecond, computeClass.memoryBandwidthGigabytesPerSecond.map { Measure($0.millionths) }, "memory_gb_s",
            "memory bandwidth of \(computeClass.code)")
    }

    /// Refuses a figure below the class's floor, and a missing one that the class has a floor for.
    static func check(_ results: AcceptanceResults?, floorOf computeClass: ComputeClass) throws(Refusal) {
        guard let floor = computeClass.acceptanceFloor else { return }
        let figures: [(Measure?, Measure?, String)] = [
            (results?.gemmTflops, floor.gemmTflops, "gemm_tflops"),
            (results?.memoryGigabytesPerSecond, floor.memoryGigabytesPerSecond, "memory_gb_s"),
            (results?.allReduceGigabytesPerSecond, floor.allReduceGigabytesPerSecond, "all_reduce_gb_s"),
        ]
        for (measured, least, name) in figures {
            guard let least else { continue }
            let field = "acceptance." + name
            guard let measured else {
                throw .invalid(field, "\(field) is missing: \(computeClass.code) is certified by measurement, at least \(least)")
            }
            guard measured >= least else {
                throw .invalid(field, "\(field) \(measured) is below the floor of \(computeClass.code), \(least)")
            }
        }
    }

    private func checkRating(_ measured: Measure?, _ rated: Measure?, _ name: String, _ what: String) throws(Refusal) {
        guard let measured, let rated, Int128(measured.rawValue) * 100 > Int128(rated.rawValue) * 105 else { return }
        throw .invalid("acceptance." + name, "acceptance.\(name) \(measured) is more than 1.05 x the \(rated) rated for \(what)")
    }
}

/// Units of a resource that the operator certified for a run of hours. Where several cover an hour, the latest made counts.
package struct IssuedCertification: Record, Equatable {
    package var id = CertificationID()
    package var resourceID = ResourceID()
    package var terms = Certification()

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("resource_id", &resourceID)
        terms.fields(&coder)
    }

    /// Whether it is valid in an hour.
    package func covers(_ hour: Hour) -> Bool { terms.validFrom <= hour && hour < terms.validUntil }
}

/// Why units are away.
package enum OutageKind: String, Choice {
    /// Something failed: hours that are sold may be hit.
    case outage
    /// By plan: never over hours that are sold.
    case maintenance
}

/// The body that takes units off a run of hours: maintenance announced or a failure known.
package struct OutageSpec: Record, Equatable {
    package var start = Hour()
    /// The first hour after it.
    package var end = Hour()
    package var units: Quantity = 0
    package var reason = ""
    /// `outage` where absent.
    package var kind: OutageKind?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("start", &start)
        coder.field("end", &end)
        coder.field("units", &units)
        coder.field("reason", &reason)
        coder.field("kind", &kind)
    }

    /// Refuses hours out of order, units out of range, a reason out of form.
    package func check() throws(Refusal) {
        try Bounds.check(start, end, "start", "end")
        try Bounds.check(units, Bounds.devices, "units")
        try TextRule.check(reason, "reason")
    }
}

/// Units of a resource that are away for a run of hours. Overlapping outages add.
package struct DeclaredOutage: Record, Equatable {
    package var id = OutageID()
    package var resourceID = ResourceID()
    package var spec = OutageSpec()

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("resource_id", &resourceID)
        spec.fields(&coder)
    }

    /// Whether it takes units off an hour.
    package func covers(_ hour: Hour) -> Bool { spec.start <= hour && hour < spec.end }
}
