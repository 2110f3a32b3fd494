import Exchange
import Foundation
import Sequencer
import Testing

/// What a client is told of hours is the same before and after they leave the exchange's memory, byte for byte.
@Suite struct ArchiveRouteTests {
    private static func time(_ hours: Int) -> String {
        let formatter = ISO8601DateFormatter()
        guard let start = formatter.date(from: "2026-11-23T00:00:00Z") else { return "" }
        return formatter.string(from: start.addingTimeInterval(Double(hours) * 3_600))
    }

    private func order(_ side: String, _ hour: Int, _ price: String, _ quantity: Int, _ more: String = "") -> String {
        "{\"contract\":\"H100-SXM.US-IOWA.20261123\(hour)\",\"side\":\"\(side)\",\"type\":\"limit\",\"price\":\"\(price)\",\"quantity\":\(quantity),\"time_in_force\":\"gtc\"\(more)}"
    }

    /// Three hours sold, one of them sold on in part, delivered whole, in part and not at all; one disputed and one corrected.
    private func trade(_ scene: APIScene) async throws -> (second: APIClient, secondID: String) {
        let host = scene.host
        let second = try await host.participant("Second", "consumer")
        try await host.deposit(second.id, "5000", reference: "s")
        for hour in 12..<15 {
            try await scene.provider.must("POST", "/v1/orders", order("sell", hour, "2.10", 8, ",\"resource_id\":\"\(scene.resource)\""))
            try await scene.buyer.must("POST", "/v1/orders", order("buy", hour, "2.10", 5))
            try await second.client.must("POST", "/v1/orders", order("buy", hour, "2.10", 3))
        }
        let old = try #require(try await scene.buyer.get("/v1/allocations").data.first?["id"] as? String)
        try await scene.buyer.must("PUT", "/v1/allocations/\(old)/request", #"{"image":"ubuntu"}"#)
        try await scene.provider.must(
            "PUT", "/v1/allocations/\(old)/access", #"{"endpoint":"ssh://10.0.0.7","instructions":"knock","expires_at":"2026-11-24T00:00:00Z"}"#)
        try await scene.buyer.must("POST", "/v1/orders", order("sell", 13, "2.20", 2))
        try await second.client.must("POST", "/v1/orders", order("buy", 13, "2.20", 2))
        var hash = "null"
        for (number, hour) in [12, 13, 14].enumerated() {
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"2026-11-23T\(hour + 1):01:00Z\"}")
            let report = try await scene.meter.must(
                "POST", "/v1/meter_reports",
                "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"2026-11-23T\(hour):00:00Z\",\"sequence\":\(number + 1),\"previous_hash\":\(hash),\"delivered_device_seconds\":\([28_800, 14_401, 0][number]),\"it_energy_kwh\":\"5.6\"}")
            hash = "\"\(report.string("hash") ?? "")\""
        }
        let disputed = try #require(try await second.client.get("/v1/deliveries").data.last?["id"] as? String)
        try await second.client.must("POST", "/v1/deliveries/\(disputed)/disputes", #"{"reason":"it worked"}"#)
        try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(120))\"}")
        let corrected = try #require(try await scene.buyer.get("/v1/deliveries").data.first?["id"] as? String)
        try await host.must(
            "POST", "/v1/deliveries/\(corrected)/corrections", #"{"delivered_device_seconds":3600,"reference":"c1","reason":"the log"}"#)
        return (second.client, second.id)
    }

    /// Everything that is said of those hours to everybody, by client and path.
    private func answers(_ scene: APIScene, _ second: APIClient, _ secondID: String) async throws -> [(path: String, text: String)] {
        var paths = [
            "/v1/deliveries", "/v1/deliveries?limit=2", "/v1/deliveries?contract=H100-SXM.US-IOWA.2026112313", "/v1/allocations?limit=3",
            "/v1/settlements", "/v1/positions", "/v1/statements?from=2026-11-23T00:00:00Z&to=2026-11-30T00:00:00Z&by=day",
            "/v1/indices/H100-SXM.US-IOWA?at=2026-11-23T13:00:00Z&as_known_at=2026-11-26T00:00:00Z",
            "/v1/indices/H100-SXM/history?from=2026-11-23T10:00:00Z&to=2026-11-23T20:00:00Z&as_known_at=2026-11-30T00:00:00Z",
            "/v1/indices/H100-SXM.US-IOWA/history.csv?from=2026-11-23T10:00:00Z&to=2026-11-23T20:00:00Z",
            "/v1/indices/H100-SXM.US-IOWA?period=day&at=2026-11-23T13:00:00Z&as_known_at=2026-11-30T00:00:00Z",
            "/v1/disputes", "/v1/corrections", "/v1/moves",
        ]
        for delivery in try await scene.host.get("/v1/deliveries").data.compactMap({ $0["id"] as? String }) { paths.append("/v1/deliveries/\(delivery)") }
        for participant in [scene.buyerID, scene.providerID, secondID] {
            paths += ["/v1/deliveries?participant_id=\(participant)&limit=3", "/v1/allocations?participant_id=\(participant)"]
            paths.append("/v1/statements?participant_id=\(participant)&from=2026-11-23T00:00:00Z&to=2026-11-30T00:00:00Z&by=hour")
            for id in try await scene.host.get("/v1/allocations?participant_id=\(participant)").data.compactMap({ $0["id"] as? String }) {
                paths += ["/v1/allocations/\(id)", "/v1/allocations/\(id)/access", "/v1/allocations/\(id)/request"]
            }
        }
        for run in try await scene.host.get("/v1/settlements").data.compactMap({ $0["id"] as? String }) {
            paths += ["/v1/settlements/\(run)", "/v1/settlements/\(run)/lines", "/v1/settlements/\(run)/lines?limit=2"]
        }
        var found: [(path: String, text: String)] = []
        for (name, client) in [("host", scene.host), ("provider", scene.provider), ("buyer", scene.buyer), ("second", second), ("meter", scene.meter)] {
            for path in paths {
                var answer = try await client.get(path)
                found.append(("\(name) \(path)", "\(answer.status) \(answer.text)"))
                // Every page of a list.
                while let cursor = answer.string("next_cursor") {
                    answer = try await client.get(path + (path.contains("?") ? "&" : "?") + "cursor=\(cursor)")
                    found.append(("\(name) \(path) \(cursor)", "\(answer.status) \(answer.text)"))
                }
            }
        }
        return found
    }

    /// A problem's answer names its request.
    private func comparable(_ text: String) -> String {
        text.replacingOccurrences(of: #""request_id":"[^"]*""#, with: "", options: .regularExpression)
    }

    @Test("every list and every object of hours is answered the same before and after they leave memory")
    func same() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            let (second, secondID) = try await trade(scene)
            // What was sealed is forgotten after 30 days, too; no run has listed the hours by then, so that they are still there.
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(900))\"}")
            try await host.must("POST", "/v1/settlements", "{\"through\":\"\(Self.time(900))\"}")
            #expect(try await bench.gateway.read { $0.archivedDeliveries } == 0)
            let before = try await answers(scene, second, secondID)
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(901))\"}")
            #expect(try await bench.gateway.read { $0.keptDeliveries } == 0)
            #expect(try await bench.gateway.read { $0.keptAllocations } == 0)
            let after = try await answers(scene, second, secondID)
            #expect(before.map(\.path) == after.map(\.path) && before.count > 200)
            for (left, right) in zip(before, after) {
                #expect(comparable(left.text) == comparable(right.text), "\(left.path)")
            }
        }
    }

    @Test("a page that lies in memory and in the record is one list; what is in neither is not found")
    func pages() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            _ = try await trade(scene)
            try await host.must("POST", "/v1/settlements", "{\"through\":\"\(Self.time(120))\"}")
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(27 * 24))\"}")
            let late = "H100-SXM.US-IOWA.2026122201"
            let sell = order("sell", 12, "2.00", 2, ",\"resource_id\":\"\(scene.resource)\"").replacingOccurrences(of: "H100-SXM.US-IOWA.2026112312", with: late)
            try await scene.provider.must("POST", "/v1/orders", sell)
            try await scene.buyer.must("POST", "/v1/orders", order("buy", 12, "2.00", 2).replacingOccurrences(of: "H100-SXM.US-IOWA.2026112312", with: late))
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(36 * 24))\"}")
            #expect(try await bench.gateway.read { $0.keptDeliveries } == 1)
            let all = try await scene.buyer.get("/v1/deliveries").data.compactMap { $0["id"] as? String }
            #expect(all.count == 4 && all == all.sorted())
            var paged: [String] = []
            var answer = try await scene.buyer.get("/v1/deliveries?limit=2")
            paged += answer.data.compactMap { $0["id"] as? String }
            while let cursor = answer.string("next_cursor") {
                answer = try await scene.buyer.get("/v1/deliveries?limit=2&cursor=\(cursor)")
                paged += answer.data.compactMap { $0["id"] as? String }
            }
            #expect(paged == all)
            let allocations = try await scene.provider.get("/v1/allocations").data.compactMap { $0["id"] as? String }
            #expect(allocations.count == 8 && allocations == allocations.sorted())
            #expect(try await scene.buyer.get("/v1/deliveries/dlv_00000Z").code == "not_found")
            #expect(try await scene.meter.get("/v1/deliveries/\(all[0])").code == "not_found")
            #expect(try await scene.meter.get("/v1/allocations/\(allocations[0])").code == "not_found")
            // An operator still revises the index of an hour that has left; what is none of its sales is not taken.
            let sale = try #require(try await scene.provider.get("/v1/trades?limit=100").data.last?["id"] as? String)
            let stranger = #"{"hour":"2026-11-23T13:00:00Z","reason":"wash","excluded_trades":["trd_00000Z"]}"#
            #expect(try await host.send("POST", "/v1/indices/H100-SXM.US-IOWA/revisions", stranger).code == "not_found")
            let own = "{\"hour\":\"2026-11-23T12:00:00Z\",\"reason\":\"wash\",\"excluded_trades\":[\"\(sale)\"]}"
            #expect(try await host.send("POST", "/v1/indices/H100-SXM.US-IOWA/revisions", own).status == 201)
            bench.gateway.history.fail(with: .behind)
            #expect(try await scene.buyer.get("/v1/deliveries").status == 503)
            #expect(try await scene.buyer.get("/v1/deliveries/\(all[3])").status == 200)
            bench.gateway.history.fail(with: nil)
        }
    }
}
