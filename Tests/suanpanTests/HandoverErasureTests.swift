import Client
import Exchange
import Foundation
import Persistence
import Quantities
import Sequencer
import Testing

import suanpan

@Suite("What was sealed for an allocation is erased")
struct HandoverErasureTests {
    private static func post(_ client: SuanpanClient, _ path: String, _ body: String, method: String = "POST") async throws -> JSONValue {
        let answer = try await client.send(method, path, body: Array(body.utf8))
        #expect((200..<300).contains(answer.status), "\(path): \(answer.text)")
        return answer.body.isEmpty ? .null : try JSONValue(parsing: answer.body)
    }

    private static func participant(_ host: SuanpanClient, _ name: String, _ role: String) async throws -> SuanpanClient {
        let made = try await post(host, "/v1/participants", "{\"name\":\"\(name)\",\"roles\":[\"\(role)\"]}")
        let id = try #require(made[path: "id"]?.string)
        let key = try await post(host, "/v1/participants/\(id)/api_keys", #"{"label":"test"}"#)
        let money = "{\"participant_id\":\"\(id)\",\"currency\":\"USD\",\"amount\":\"1000\",\"reference\":\"\(name)\"}"
        _ = try await post(host, "/v1/deposits", money)
        return host.acting(with: try #require(key[path: "key"]?.string))
    }

    @Test("30 days after the hour was settled a pass erases the access details, once, and not a day earlier")
    func erases() async throws {
        let server = try await LocalServer.start()
        try await SuanpanClient.withConnections(1, to: server.url) { client in
            let host = client.acting(with: LocalServer.operatorKey)
            _ = try await Self.post(host, "/v1/zones", #"{"code":"US-IOWA","name":"Iowa","country":"US"}"#)
            _ = try await Self.post(
                host, "/v1/compute_classes", #"{"code":"H100-SXM","vendor":"NVIDIA","model":"H100 SXM","memory_gb":80,"abi":"cuda"}"#)
            _ = try await Self.post(
                host, "/v1/products",
                #"{"class":"H100-SXM","zone":"US-IOWA","currency":"USD","tick_size":"0.01","lot_size":1,"maker_fee_bps":0,"taker_fee_bps":10,"reference_price":"2.00","horizon_hours":720}"#)
            let provider = try await Self.participant(host, "Provider", "provider")
            let buyer = try await Self.participant(host, "Buyer", "consumer")
            let made = try await Self.post(provider, "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":8}"#)
            let resource = try #require(made[path: "id"]?.string)
            _ = try await Self.post(
                host, "/v1/resources/\(resource)/certify",
                #"{"units":8,"valid_from":"2026-11-23T00:00:00Z","valid_until":"2026-12-23T00:00:00Z"}"#)
            func order(_ side: String, _ more: String = "") -> String {
                "{\"contract\":\"H100-SXM.US-IOWA.2026112312\",\"side\":\"\(side)\",\"type\":\"limit\",\"price\":\"2.00\",\"quantity\":2,\"time_in_force\":\"gtc\"\(more)}"
            }
            _ = try await Self.post(provider, "/v1/orders", order("sell", ",\"resource_id\":\"\(resource)\""))
            _ = try await Self.post(buyer, "/v1/orders", order("buy"))
            let allocations = try await buyer.call("GET", "/v1/allocations")
            let path = "/v1/allocations/\(try #require(allocations[path: "data.0.id"]?.string))/access"
            let access = #"{"endpoint":"ssh://10.0.0.1","instructions":"knock","expires_at":"2026-11-24T00:00:00Z"}"#
            _ = try await Self.post(provider, path, access, method: "PUT")
            // Nobody reports, so the hour settles when its grace ends: 24 November, 13:00.
            let eraser = HandoverEraser(server.venue.sequencer, server.venue.store.vault)
            for (time, erased) in [("2026-11-24T14:00:00Z", 0), ("2026-12-24T12:59:59Z", 0), ("2026-12-25T14:00:00Z", 1)] {
                _ = try await Self.post(host, "/v1/clock/advance", "{\"to\":\"\(time)\"}")
                #expect(try await eraser.pass() == erased, "\(time)")
                let answer = try await buyer.send("GET", path)
                #expect(answer.status == (erased == 0 ? 200 : 404), "\(time): \(answer.text)")
                if erased > 0 { #expect(answer.text.contains("not_found")) }
            }
            #expect(try await eraser.pass() == 0)
        }
        try await server.discard()
    }
}
