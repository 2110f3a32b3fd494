import Exchange
import Foundation
import Quantities
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
            // What lies behind all that has left needs no record.
            let count = try await host.get("/v1/deliveries").data.count
            let cursor = try #require(try await host.get("/v1/deliveries?limit=\(count - 1)").string("next_cursor"))
            let bought = try #require(try await scene.buyer.get("/v1/allocations?limit=3").string("next_cursor"))
            bench.gateway.history.fail(with: .behind)
            #expect(try await host.get("/v1/deliveries?cursor=\(cursor)").data.count == 1)
            #expect(try await scene.buyer.get("/v1/allocations?limit=3").status == 503)
            #expect(try await host.get("/v1/deliveries?contract=\(late)").data.count == 1)
            #expect(try await scene.buyer.get("/v1/deliveries").status == 503)
            #expect(try await scene.buyer.get("/v1/deliveries/\(all[3])").status == 200)
            bench.gateway.history.fail(with: nil)
            #expect(try await scene.buyer.get("/v1/allocations?limit=3&cursor=\(bought)").data.count == 1)
        }
    }

    @Test("a row that is missing from the record is said to be, not left out")
    func missing() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            _ = try await trade(scene)
            try await host.must("POST", "/v1/settlements", "{\"through\":\"\(Self.time(120))\"}")
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(36 * 24))\"}")
            let id = try #require(try await scene.buyer.get("/v1/deliveries").data.first?["id"] as? String)
            let run = try #require(try await host.get("/v1/settlements").data.first?["id"] as? String)
            bench.gateway.history.lose(try #require(DeliveryID(text: id)))
            for path in ["/v1/deliveries/\(id)", "/v1/settlements/\(run)/lines"] {
                let answer = try await host.get(path)
                #expect(answer.status == 503 && answer.code == "database_unavailable", "\(path): \(answer.text)")
            }
            #expect(try await scene.buyer.send("POST", "/v1/deliveries/\(id)/disputes", #"{"reason":"x"}"#).status == 503)
        }
    }

    /// What everybody is told of commands about a delivery and its allocation, by whom and what.
    private func refusals(_ scene: APIScene, _ others: [(String, APIClient)], _ delivery: String, _ allocation: String) async throws -> [String: String] {
        func part(_ json: String) -> String { Base64URLText.encoded(json) }
        let token = "\(part(#"{"alg":"EdDSA","kid":"e"}"#)).\(part(#"{"nonce":"n"}"#)).\(part("signature"))"
        let commands = [
            ("/v1/deliveries/\(delivery)/disputes", #"{"reason":"x"}"#),
            ("/v1/deliveries/\(delivery)/moves", "{\"resource_id\":\"\(scene.resource)\"}"),
            ("/v1/deliveries/\(delivery)/attestation", "{\"token\":\"\(token)\"}"),
            ("/v1/allocations/\(allocation)/decline", #"{"from":"2027-03-01T00:00:00Z","reason":"x"}"#),
            ("/v1/allocations/\(allocation)/terminate", "{}"),
        ]
        var found: [String: String] = [:]
        for (name, client) in [("provider", scene.provider), ("buyer", scene.buyer)] + others {
            for (path, body) in commands { found["\(name) \(path)"] = try await client.send("POST", path, body).code ?? "done" }
        }
        return found
    }

    @Test("what has left memory does not exist for strangers; of a run they see no line, and parties their own")
    func strangers() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            let (second, secondID) = try await trade(scene)
            let stranger = try await host.participant("Stranger", "provider", "consumer").client
            let delivery = try #require(try await scene.buyer.get("/v1/deliveries").data.first)
            let (id, allocation) = (delivery["id"] as? String ?? "", delivery["allocation_id"] as? String ?? "")
            try await host.must("POST", "/v1/settlements", "{\"through\":\"\(Self.time(120))\"}")
            let run = try #require(try await host.get("/v1/settlements").data.first?["id"] as? String)
            let others = [("second", second), ("stranger", stranger)]
            let before = try await refusals(scene, others, id, allocation)
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(36 * 24))\"}")
            #expect(try await bench.gateway.read { $0.keptDeliveries == 0 && $0.keptAllocations == 0 })
            #expect(try await refusals(scene, others, id, allocation) == before)
            #expect(before["stranger /v1/deliveries/\(id)/disputes"] == "not_found" && before["second /v1/deliveries/\(id)/disputes"] == "not_found")
            #expect(before["buyer /v1/deliveries/\(id)/disputes"] == "conflict" && before["provider /v1/deliveries/\(id)/moves"] == "conflict")
            #expect(before["stranger /v1/allocations/\(allocation)/terminate"] == "not_found")
            #expect(before["buyer /v1/allocations/\(allocation)/terminate"] == "conflict")
            #expect(before["provider /v1/allocations/\(allocation)/decline"] == "conflict")
            // A repeat is answered as the first time.
            for _ in 0..<2 {
                let answer = try await stranger.send(
                    "POST", "/v1/allocations/\(allocation)/terminate", "{}", headers: ["Idempotency-Key": "stranger"])
                #expect(answer.code == "not_found")
            }
            for path in ["/v1/deliveries/\(id)", "/v1/allocations/\(allocation)", "/v1/allocations/\(allocation)/access"] {
                #expect(try await stranger.get(path).code == "not_found", "\(path)")
            }
            let lines = try await host.get("/v1/settlements/\(run)/lines").data
            #expect(lines.count > 4)
            #expect(try await stranger.get("/v1/settlements/\(run)/lines").data.isEmpty)
            let own = try await second.get("/v1/settlements/\(run)/lines").data.compactMap { $0["id"] as? String }
            #expect(own == lines.filter { $0["holder_id"] as? String == secondID }.compactMap { $0["id"] as? String } && !own.isEmpty)
            var paged: [String] = []
            var answer = try await second.get("/v1/settlements/\(run)/lines?limit=1")
            paged += answer.data.compactMap { $0["id"] as? String }
            while let cursor = answer.string("next_cursor") {
                answer = try await second.get("/v1/settlements/\(run)/lines?limit=1&cursor=\(cursor)")
                paged += answer.data.compactMap { $0["id"] as? String }
            }
            #expect(paged == own)
        }
    }

    /// Orders that would sell hours of an allocation: still to come, delivered long ago, and one without a time in force.
    private func resales(_ allocation: String) -> [String] {
        let held = ",\"allocation_id\":\"\(allocation)\""
        let later = order("sell", 12, "2.00", 1, held).replacingOccurrences(of: "2026112312", with: "2027010512")
        return [later, order("sell", 12, "2.00", 1, held), later.replacingOccurrences(of: ",\"time_in_force\":\"gtc\"", with: "")]
    }

    @Test("an order that would sell from an allocation that has left memory is answered as before: to its holder why, to others that it is not theirs")
    func resales() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            let (second, _) = try await trade(scene)
            let stranger = try await host.participant("Stranger", "provider", "consumer").client
            let allocation = try #require(try await scene.buyer.get("/v1/deliveries").data.first?["allocation_id"] as? String)
            let clients = [("buyer", scene.buyer), ("second", second), ("stranger", stranger), ("provider", scene.provider)]
            func answers() async throws -> [String: String] {
                var found: [String: String] = [:]
                let orders = resales(allocation)
                for (name, client) in clients {
                    for (number, order) in orders.enumerated() {
                        let answer = try await client.send("POST", "/v1/orders", order)
                        found["\(name) \(number)"] = comparable("\(answer.status) \(answer.text)")
                    }
                    found[name] = try await client.send("POST", "/v1/orders/batch", "{\"orders\":[\(orders[0]),\(orders[1])]}").text
                }
                return found
            }
            try await host.must("POST", "/v1/settlements", "{\"through\":\"\(Self.time(120))\"}")
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(26 * 24))\"}")
            let before = try await answers()
            #expect(before["buyer 0"]?.contains("insufficient_position") == true)
            for name in ["second", "stranger", "provider"] {
                #expect(before["\(name) 0"]?.contains("not_found") == true && before["\(name) 1"]?.contains("not_found") == true)
                #expect(before["\(name) 2"]?.contains("invalid_request") == true)
            }
            #expect(try await bench.gateway.read { $0.keptAllocations > 0 })
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(36 * 24))\"}")
            #expect(try await bench.gateway.read { $0.keptDeliveries == 0 && $0.keptAllocations == 0 })
            let after = try await answers()
            for (name, text) in before { #expect(after[name] == text, "\(name)") }
            // A repeat is answered as the first time.
            for _ in 0..<2 {
                let answer = try await stranger.send("POST", "/v1/orders", resales(allocation)[0], headers: ["Idempotency-Key": "resale"])
                #expect(answer.code == "not_found" && answer.field == "allocation_id")
            }

            // What a batch did is told whether the record can be read or not.
            let mixed = "{\"orders\":[\(resales(allocation)[0]),\(order("buy", 12, "1.50", 1).replacingOccurrences(of: "2026112312", with: "2027010512"))]}"
            for isBehind in [false, true] {
                bench.gateway.history.fail(with: isBehind ? .behind : nil)
                let results = try await second.must("POST", "/v1/orders/batch", mixed).object["results"] as? [[String: any Sendable]] ?? []
                #expect(results.count == 2)
                let error = results.first?["error"] as? [String: any Sendable]
                #expect(error?["code"] as? String == (isBehind ? "insufficient_position" : "not_found"))
                #expect((results.last?["order"] as? [String: any Sendable])?["status"] as? String == "open")
            }
            #expect(try await stranger.send("POST", "/v1/orders", resales(allocation)[0]).status == 503)
            bench.gateway.history.fail(with: nil)
            #expect(try await second.get("/v1/orders?status=open").data.count == 2)
        }
    }

    private func hours(_ answer: APIAnswer) -> [String] {
        let hours = answer.object["hours"] as? [[String: any Sendable]] ?? []
        return hours.map { "\($0["contract"] as? String ?? "") \($0["delivery_id"] as? String ?? "")" }
    }

    @Test("a command that took effect is answered whether the record can be read or not, and its repeat says all hours")
    func behind() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            try await host.must("POST", "/v1/zones", #"{"code":"US-OHIO","name":"Ohio","country":"US","grid":{"g_per_kwh":"400.5","year":2024,"source":"EPA","basis":"CO2e"}}"#)
            try await host.must(
                "POST", "/v1/products",
                #"{"class":"H100-SXM","zone":"US-OHIO","currency":"USD","tick_size":"0.01","lot_size":1,"maker_fee_bps":0,"taker_fee_bps":100,"reference_price":"2.00","horizon_hours":2000}"#)
            let resource = try await scene.provider.must(
                "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-OHIO","units":8,"site":{"name":"Ohio","pue":"1.2"},"node":{"devices_per_node":8}}"#
            ).id
            let meter = try await host.participant("Another meter", "meter").id
            try await host.must(
                "POST", "/v1/resources/\(resource)/certify",
                "{\"units\":8,\"valid_from\":\"2026-11-23T00:00:00Z\",\"valid_until\":\"2027-01-23T00:00:00Z\",\"meter_id\":\"\(meter)\"}")
            try await scene.provider.must(
                "POST", "/v1/offers",
                "{\"resource_id\":\"\(resource)\",\"start\":\"\(Self.time(2))\",\"end\":\"\(Self.time(902))\",\"quantity\":1,\"price\":\"2.00\"}")
            let allocation = try #require(
                try await scene.buyer.must(
                    "POST", "/v1/bids",
                    "{\"requirements\":{\"classes\":[\"H100-SXM\"]},\"earliest_start\":\"\(Self.time(2))\",\"latest_end\":\"\(Self.time(902))\",\"duration_hours\":900,\"quantity\":1,\"limit_price\":\"2.00\",\"fill\":\"whole\",\"standing\":false}"
                ).string("allocation_id"))
            let path = "/v1/allocations/\(allocation)"
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(120))\"}")
            try await host.must("POST", "/v1/settlements", "{\"through\":\"\(Self.time(72))\"}")
            try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(Self.time(860))\"}")
            let id = try #require(AllocationID(text: allocation))
            let archived = try await bench.gateway.read { $0.archivedDeliveries(around: id) }
            #expect(archived > 10 && archived < 900)
            #expect(hours(try await scene.buyer.get(path)).count == 900)

            let first = try await scene.provider.must("POST", path + "/decline", "{\"from\":\"\(Self.time(898))\",\"reason\":\"x\"}")
            let now = hours(try await scene.buyer.get(path))
            #expect(hours(first) == now)
            let body = "{\"from\":\"\(Self.time(890))\",\"reason\":\"x\"}"
            bench.gateway.history.fail(with: .behind)
            let behind = try await scene.provider.send("POST", path + "/decline", body, headers: ["Idempotency-Key": "late"])
            #expect(behind.status == 200 && hours(behind).count == hours(first).count - Int(archived), "\(behind.text.prefix(300))")
            bench.gateway.history.fail(with: nil)
            let again = try await scene.provider.send("POST", path + "/decline", body, headers: ["Idempotency-Key": "late"])
            let whole = hours(try await scene.buyer.get(path))
            #expect(again.status == 200 && hours(again) == whole)
            #expect(hours(again).suffix(hours(behind).count) == hours(behind)[...])
            // In memory it is still there; so it is in nobody else's list.
            #expect(try await scene.buyer.get("/v1/allocations").data.count == 1)
        }
    }
}

/// Base 64 of texts for addresses, without padding.
private enum Base64URLText {
    static func encoded(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }
}
