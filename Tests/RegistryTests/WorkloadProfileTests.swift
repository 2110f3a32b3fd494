import Quantities
import Registry
import Testing

@Suite("Workload profiles and performance indices")
struct WorkloadProfileTests {
    private func requirements(_ profile: WorkloadProfile, _ change: (inout Requirements) -> Void = { _ in }) -> Requirements {
        var requirements = Requirements()
        requirements.profile = profile.rawValue
        change(&requirements)
        return requirements
    }

    private func candidate(_ computeClass: ComputeClass) -> Eligibility.Candidate {
        Eligibility.Candidate(
            productCode: "P", computeClass: computeClass, zone: Samples.zone("A", country: "CN", grid: nil), grade: .standard)
    }

    @Test("140 GB of weights refuse one H100 and take one H200; two H100 of one scale-up domain take them")
    func inference() {
        let h100 = candidate(Samples.computeClass("H100-SXM", memory: 80, bf16: 989, watts: 700, abi: "cuda"))
        let h200 = candidate(Samples.computeClass("H200-SXM", memory: 141, bf16: 989, watts: 700, abi: "cuda"))
        let one = requirements(.inference) { $0.modelMemoryGigabytes = WholeMeasure(140) }.expanded(devices: 1)
        #expect(one.minMemoryGigabytes == WholeMeasure(140))
        #expect(Eligibility.exclusions(one, h100).map(\.reason) == [.memoryTooSmall])
        #expect(Eligibility.admits(one, h200))
        let two = requirements(.inference) {
            $0.modelMemoryGigabytes = WholeMeasure(140)
            $0.minScaleUpDomain = 2
        }.expanded(devices: 2)
        #expect(two.minMemoryGigabytes == WholeMeasure(70) && two.minScaleUpDomain == 2)
    }

    @Test("a CUDA job never lands on CANN, whatever the profile", arguments: WorkloadProfile.allCases)
    func interface(profile: WorkloadProfile) {
        var ascend = Samples.computeClass("ASCEND-910B", memory: 64, bf16: 320, watts: 400, abi: "cann")
        ascend.tflops?.fp64 = Measure(5_000_000)
        var node = candidate(ascend)
        node.grade.guarantees.isolation = .bareMetal
        node.grade.guarantees.minScaleUpDomain = 8
        let asked = requirements(profile) { $0.abi = "cuda" }.expanded(devices: 8)
        #expect(Eligibility.exclusions(asked, node).map(\.reason) == [.abiDiffers])
        #expect(Eligibility.admits(requirements(profile).expanded(devices: 8), node))
    }

    @Test("parameters and precision say how large the weights are, rounded up")
    func precisions() {
        let expected: [(Precision?, Int64)] = [
            (.fp32, 281), (.bf16, 141), (.fp16, 141), (nil, 141), (.fp8, 71), (.int8, 71), (.int4, 36),
        ]
        for (precision, gigabytes) in expected {
            let asked = requirements(.inference) {
                $0.modelParametersBillion = Measure(70_250_000)
                $0.precision = precision
            }.expanded(devices: 4)
            #expect(asked.minMemoryGigabytes == WholeMeasure(gigabytes), "\(precision?.rawValue ?? "none")")
        }
    }

    @Test("training keeps 16 bytes a parameter, over all devices, within scale-up domains of at most 8")
    func training() {
        let asked = requirements(.train) { $0.modelParametersBillion = Measure(70_000_000) }
        #expect(asked.expanded(devices: 16).minMemoryGigabytes == WholeMeasure(70))
        #expect(asked.expanded(devices: 16).minScaleUpDomain == 8)
        #expect(asked.expanded(devices: 4).minScaleUpDomain == 4)
        #expect(asked.expanded(devices: 1).minScaleUpDomain == nil)
        #expect(asked.expanded(devices: 3).minMemoryGigabytes == WholeMeasure(374))
        // 140 GB of bf16 are 70 billion parameters, 140 GB of fp32 are 35.
        let weights = requirements(.train) { $0.modelMemoryGigabytes = WholeMeasure(140) }
        #expect(weights.expanded(devices: 16).minMemoryGigabytes == WholeMeasure(70))
        var wide = weights
        wide.precision = .fp32
        #expect(wide.expanded(devices: 16).minMemoryGigabytes == WholeMeasure(35))
    }

    @Test("simulation asks for double precision, rendering for a container; only rendering may be interrupted")
    func others() {
        #expect(requirements(.hpc).expanded(devices: 1).minFP64Tflops == Measure(1_000_000))
        #expect(requirements(.hpc) { $0.minFP64Tflops = Measure(30_000_000) }.expanded(devices: 1).minFP64Tflops == Measure(30_000_000))
        let scene = requirements(.render) { $0.modelMemoryGigabytes = WholeMeasure(24) }
        #expect(scene.expanded(devices: 8).minMemoryGigabytes == WholeMeasure(24))
        #expect(scene.expanded(devices: 8).isolation == .container)
        #expect(requirements(.render) { $0.isolation = .bareMetal }.expanded(devices: 1).isolation == .bareMetal)
        #expect(WorkloadProfile.allCases.filter(\.isPreemptible) == [.render])
    }

    @Test("what is asked for beside the profile stays where it is the stricter, and doing it twice is doing it once")
    func twice() {
        for profile in WorkloadProfile.allCases {
            for memory in [nil, 8, 700] as [Int64?] {
                let asked = requirements(profile) {
                    $0.modelMemoryGigabytes = WholeMeasure(140)
                    $0.minMemoryGigabytes = memory.map { WholeMeasure($0) }
                }
                let once = asked.expanded(devices: 6)
                #expect(once.expanded(devices: 6) == once)
                if let memory { #expect(once.minMemoryGigabytes.map { $0 >= WholeMeasure(memory) } == true) }
            }
        }
        var none = Requirements()
        none.abi = "cuda"
        #expect(none.expanded(devices: 8) == none)
    }

    @Test(
        "indices are figures over those of an H100-SXM, in thousandths",
        arguments: [
            ("H200", "989", 4_800, "34", "1.000/1.433/1.000"), ("H20", "148", 4_000, "1", "0.150/1.194/0.029"),
            ("A100-SXM", "312", 2_039, "9.7", "0.315/0.609/0.285"), ("MI300X", "1307", 5_300, "81.7", "1.322/1.582/2.403"),
            ("H100-SXM", "989", 3_350, "34", "1.000/1.000/1.000"),
        ])
    func indices(name: String, bf16: String, bandwidth: Int64, fp64: String, expected: String) throws {
        var computeClass = Samples.computeClass(name, memory: 80, bf16: nil, watts: nil, abi: "x")
        var rated = RatedThroughput()
        rated.bf16 = Measure(try DecimalText.parse(bf16))
        rated.fp64 = Measure(try DecimalText.parse(fp64))
        computeClass.tflops = rated
        computeClass.memoryBandwidthGigabytesPerSecond = WholeMeasure(bandwidth)
        let indices = try #require(PerformanceIndices(of: computeClass))
        #expect([indices.throughput, indices.bandwidth, indices.doublePrecision].compactMap { $0 }.joined(separator: "/") == expected)
    }

    @Test("what is unknown has no index, and a body's own are passed over")
    func unknown() throws {
        var bare = Samples.computeClass("X", memory: nil, bf16: nil, watts: nil, abi: "x")
        #expect(PerformanceIndices(of: bare) == nil)
        var claimed = PerformanceIndices()
        claimed.throughput = "9.999"
        bare.performance = claimed
        var catalogue = Catalogue()
        #expect(try catalogue.add(bare).performance == nil)
        bare.memoryBandwidthGigabytesPerSecond = WholeMeasure(3_350)
        #expect(try catalogue.correct(bare).performance?.bandwidth == "1.000")
        #expect(catalogue.classes[0].performance?.throughput == nil)
    }
}
