import HTTPTypes
import Testing

/// The operator's report holds what is certified, sold and delivered, hour by hour, and adds no precision to another.
@Suite struct CapacityReportTests {
    private func scene(_ host: APIClient) async throws -> APIScene {
        let scene = try await APIScene(host)
        #expect(try await scene.sell(8, at: "2.00").status == 201)
        #expect(try await scene.buy(6, at: "2.00").status == 201)
        try await host.must(
            "POST", "/v1/resources/\(scene.resource)/outages",
            #"{"start":"2026-11-23T11:00:00Z","end":"2026-11-23T12:00:00Z","units":2,"reason":"works"}"#)
        // A second class in the same zone, of another precision.
        try await host.must("POST", "/v1/compute_classes", #"{"code":"V100","cri_code":"V10000","vendor":"NVIDIA","model":"V100","tflops":{"fp64":"7.8"},"abi":"cuda"}"#)
        let second = try await scene.provider.must("POST", "/v1/resources", #"{"class":"V100","zone":"US-IOWA","units":4}"#).id
        try await host.must(
            "POST", "/v1/resources/\(second)/certify",
            #"{"units":4,"valid_from":"2026-11-23T12:00:00Z","valid_until":"2026-11-23T13:00:00Z"}"#)
        try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T13:00:00Z"}"#)
        try await scene.meter.must(
            "POST", "/v1/meter_reports",
            "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"\(APIScene.hour)\",\"sequence\":1,\"delivered_device_seconds\":16200,\"it_energy_kwh\":\"4\"}")
        return scene
    }

    private static let window = "from=2026-11-23T11:00:00Z&to=2026-11-23T13:00:00Z"

    @Test("hour, zone and class: capacity, outage, sold, delivered and the shares of them")
    func reports() async throws {
        try await APIBench().run { (host) async throws in
            _ = try await scene(host)
            let lines = try await host.get("/v1/reports/capacity?\(Self.window)").data
            #expect(lines.count == 3)
            let (eleven, noon, old) = (lines[0], lines[1], lines[2])
            #expect(eleven["from"] as? String == "2026-11-23T11:00:00Z" && eleven["class"] as? String == "H100-SXM")
            #expect(eleven["certified"] as? Int == 8 && eleven["outage"] as? Int == 2 && eleven["availability"] as? String == "0.75")
            #expect(noon["sold"] as? Int == 6 && noon["delivered_device_seconds"] as? Int == 16_200 && noon["on_offer"] as? Int == 0)
            #expect(noon["allocation"] as? String == "0.75" && noon["utilisation"] as? String == "0.5625", "\(noon)")
            #expect(noon["delivered_share"] as? String == "0.75" && noon["availability"] as? String == "1")
            #expect(noon["bf16_tflops_hours"] as? String == "7915.200000" && noon["fp64_tflops_hours"] as? String == nil)
            #expect(old["class"] as? String == "V100" && old["fp64_tflops_hours"] as? String == "31.200000")
            #expect(old["delivered_share"] as? String == nil && old["allocation"] as? String == "0")
        }
    }

    @Test("a class that is corrected leaves the throughput of hours that were listed before as it was")
    func corrections() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await scene(host)
            let before = try await host.get("/v1/reports/capacity?\(Self.window)").text
            try await host.must("PUT", "/v1/compute_classes/H100-SXM", #"{"code":"H100-SXM","vendor":"NVIDIA","model":"H100 SXM","tflops":{"bf16":"500"},"abi":"cuda"}"#)
            try await host.must("PUT", "/v1/compute_classes/V100", #"{"code":"V100","vendor":"NVIDIA","model":"V100","abi":"cuda"}"#)
            #expect(try await host.get("/v1/reports/capacity?\(Self.window)").text == before)
            // Listed after the correction: 720 hours ahead.
            try await host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T15:00:00Z"}"#)
            try await host.must(
                "POST", "/v1/resources/\(scene.resource)/certify",
                #"{"units":8,"valid_from":"2026-12-23T10:00:00Z","valid_until":"2026-12-23T20:00:00Z"}"#)
            let later = try await host.get("/v1/reports/capacity?from=2026-12-23T12:00:00Z&to=2026-12-23T16:00:00Z").data
            #expect(later.map { $0["bf16_tflops_hours"] as? String } == ["7915.200000", "7915.200000", "4000.000000", "4000.000000"], "\(later)")
        }
    }

    @Test("groups and days add devices up, and each precision by itself")
    func groups() async throws {
        try await APIBench().run { (host) async throws in
            _ = try await scene(host)
            let zones = try await host.get("/v1/reports/capacity?\(Self.window)&group=zone&by=day").data
            #expect(zones.count == 1 && zones[0]["certified"] as? Int == 20 && zones[0]["class"] as? String == nil)
            #expect(zones[0]["fp64_tflops_hours"] as? String == "31.200000" && zones[0]["bf16_tflops_hours"] as? String == "15830.400000")
            #expect(zones[0]["from"] as? String == "2026-11-23T11:00:00Z" && zones[0]["to"] as? String == "2026-11-23T13:00:00Z")
            let classes = try await host.get("/v1/reports/capacity?\(Self.window)&group=class&by=month").data
            #expect(classes.map { $0["certified"] as? Int } == [16, 4])
            let csv = try await host.get("/v1/reports/capacity?\(Self.window)&format=csv")
            #expect(csv.headers[.contentType]?.hasPrefix("text/csv") == true && csv.text.split(separator: "\r\n").count == 4)
            #expect(csv.text.contains("US-IOWA,H100-SXM,8,2,6,"), "\(csv.text)")
            let first = try await host.get("/v1/reports/capacity?\(Self.window)&limit=2")
            #expect(first.data.count == 2)
            #expect(try await host.get("/v1/reports/capacity?\(Self.window)&limit=2&cursor=\(first.string("next_cursor") ?? "")").data.count == 1)
        }
    }

    @Test("it is for overseers, and its parameters are checked")
    func refuses() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            #expect(try await scene.provider.get("/v1/reports/capacity").code == "forbidden")
            #expect(try await host.get("/v1/reports/capacity").status == 200)
            for (query, field) in [
                ("by=week", "by"), ("group=provider", "group"), ("format=html", "format"), ("from=2026-11-23T11:30:00Z", "from"),
                ("from=2026-11-23T11:00:00Z&to=2026-11-23T11:00:00Z", "to"), ("from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "to"),
            ] {
                let answer = try await host.get("/v1/reports/capacity?\(query)")
                #expect(answer.code == "invalid_request" && answer.field == field, "\(query): \(answer.text)")
            }
        }
    }
}
