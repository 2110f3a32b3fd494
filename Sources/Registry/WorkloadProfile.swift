package import Quantities

/// A kind of work. It stands for requirements that anybody can see: `Requirements.expanded(devices:)` writes them out.
package enum WorkloadProfile: String, Choice {
    /// Weights, gradients and optimiser state, spread over all devices.
    case train
    /// Weights, in the devices of one scale-up domain.
    case inference
    /// Simulation: double precision.
    case hpc
    /// Frames, each for itself.
    case render

    /// Whether the work may be interrupted: only then its hours may be bought one by one.
    package var isPreemptible: Bool { self == .render }

    /// What the profile adds, one rule a line.
    package var rules: [String] {
        switch self {
        case .inference: ["min_memory_gb = ceil(weights / min_scale_up_domain, 1 where absent)"]
        case .train:
            [
                "min_memory_gb = ceil(16 bytes x parameters / quantity)",
                "min_scale_up_domain = quantity, at most 8, where the bid names none",
            ]
        case .hpc: ["min_fp64_tflops = 1 or more", "min_memory_gb = ceil(model_memory_gb / quantity)"]
        case .render: ["min_memory_gb = model_memory_gb", "isolation = container or more"]
        }
    }

    /// What alternatives are compared by.
    package var index: PerformanceIndex {
        switch self {
        case .train, .render: .throughput
        case .inference: .bandwidth
        case .hpc: .doublePrecision
        }
    }

    /// Bytes that training keeps for each parameter.
    ///
    /// Mixed precision with Adam keeps 16 bytes a parameter: weights and gradients of 2, a copy, a mean and a variance of 4.
    package static let trainingBytesPerParameter: Int64 = 16
}

/// In what a model's parameters are kept.
package enum Precision: String, Choice {
    case fp32
    case bf16
    case fp16
    case fp8
    case int8
    case int4

    /// Half bytes of a parameter.
    package var halfBytes: Int64 {
        switch self {
        case .fp32: 8
        case .bf16, .fp16: 4
        case .fp8, .int8: 2
        case .int4: 1
        }
    }
}

extension Requirements {
    /// The profile, where one is named and known.
    package var workload: WorkloadProfile? { profile.flatMap { WorkloadProfile(rawValue: $0) } }

    /// Whether something may differ from one hour of a product to the next.
    package var dependsOnHour: Bool { certificates != nil }

    /// The requirements that the profile stands for, written out; what is asked for beside it stays where it is the stricter.
    ///
    /// - `inference`: the weights fit into the devices that share a scale-up domain (`min_scale_up_domain`, 1 where absent):
    ///   `min_memory_gb` = ⌈weights ÷ domain⌉.
    /// - `train`: 16 bytes a parameter fit into all `devices` together: `min_memory_gb` = ⌈state ÷ devices⌉;
    ///   `min_scale_up_domain` = devices, at most 8, unless the bid says another.
    /// - `hpc`: `min_fp64_tflops` of 1; `min_memory_gb` = the working set's share of a device, as for `train`.
    /// - `render`: the whole scene in each device; isolation of at least a container.
    ///
    /// Doing it twice is the same as doing it once.
    package func expanded(devices: Quantity) -> Requirements {
        guard let workload else { return self }
        var result = self
        let devices = Int64(max(devices, 1))
        switch workload {
        case .inference:
            result.ask(memory: weights, over: Int64(minScaleUpDomain ?? 1))
        case .train:
            result.ask(memory: trainingState, over: devices)
            if minScaleUpDomain == nil, devices > 1 { result.minScaleUpDomain = UInt32(min(devices, 8)) }
        case .hpc:
            result.ask(memory: weights, over: devices)
            result.minFP64Tflops = max(minFP64Tflops ?? Measure(0), Measure(1_000_000))
        case .render:
            result.ask(memory: weights, over: 1)
            result.isolation = max(isolation ?? .container, .container)
        }
        return result
    }

    private mutating func ask(memory gigabytes: Int64?, over devices: Int64) {
        guard let gigabytes else { return }
        let each = WholeMeasure((gigabytes + devices - 1) / devices)
        minMemoryGigabytes = max(minMemoryGigabytes ?? each, each)
    }

    /// The model's weights in GB, rounded up.
    private var weights: Int64? {
        if let modelMemoryGigabytes { return modelMemoryGigabytes.value }
        guard let modelParametersBillion else { return nil }
        return Self.gigabytes(modelParametersBillion, halfBytes: (precision ?? .bf16).halfBytes)
    }

    /// Weights, gradients and optimiser state in GB, rounded up.
    private var trainingState: Int64? {
        let state = WorkloadProfile.trainingBytesPerParameter * 2
        if let modelParametersBillion { return Self.gigabytes(modelParametersBillion, halfBytes: state) }
        guard let modelMemoryGigabytes else { return nil }
        let perParameter = (precision ?? .bf16).halfBytes
        return (modelMemoryGigabytes.value * state + perParameter - 1) / perParameter
    }

    /// A billion parameters of one byte are one GB.
    private static func gigabytes(_ billions: Measure, halfBytes: Int64) -> Int64 {
        Int64(clamping: (Int128(billions.rawValue) * Int128(halfBytes) + 1_999_999) / 2_000_000)
    }

    /// Refuses an unknown profile, and a model's size without one.
    func checkProfile(_ parent: String) throws(Refusal) {
        try Bounds.check(modelMemoryGigabytes, 1...1_000_000, parent + ".model_memory_gb")
        try Bounds.check(modelParametersBillion, Measure(1)...Measure(1_000_000_000_000), parent + ".model_parameters_b")
        guard let profile else {
            let needing: [(Bool, String)] = [
                (modelMemoryGigabytes != nil, "model_memory_gb"), (modelParametersBillion != nil, "model_parameters_b"),
                (precision != nil, "precision"),
            ]
            for (isPresent, name) in needing where isPresent {
                throw .invalid(parent + "." + name, "\(name) says how large a profile's model is, and there is no profile")
            }
            return
        }
        guard WorkloadProfile(rawValue: profile) != nil else {
            let known = WorkloadProfile.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(parent + ".profile", "profile must be one of \(known)")
        }
        if modelMemoryGigabytes != nil, modelParametersBillion != nil {
            throw .invalid(parent + ".model_parameters_b", "either model_memory_gb or model_parameters_b must be named")
        }
    }
}
