import HTTPAPI
import Testing

/// Offers, and bids and quotes in all their forms, over HTTP.
///
/// The scene's clock stands at 2026-11-23T00:00, its only resource has 8 units.
@Suite("Offers and bids over HTTP")
struct OfferRouteTests {
    private typealias Object = [String: any Sendable]

    private func offer(_ scene: APIScene, _ quantity: Int = 8, _ more: String = "", end: Int = 15, resource: String? = nil) -> String {
        """
        {"resource_id":"\(resource ?? scene.resource)","start":"2026-11-23T12:00:00Z","end":"2026-11-23T\(end):00:00Z","quantity":\(quantity),
        "price":"2.00"\(more)}
        """
    }

    private func bid(
        _ quantity: Int = 4, hours: Int = 2, end: Int = 14, bound: String = #""limit_price":"2.50""#, fill: String = "whole", _ more: String = ""
    ) -> String {
        """
        {"requirements":{"classes":["H100-SXM"]},"earliest_start":"2026-11-23T12:00:00Z","latest_end":"2026-11-23T\(end):00:00Z",
        "duration_hours":\(hours),"quantity":\(quantity),\(bound),"fill":"\(fill)"\(more)}
        """
    }

    private func list(_ answer: APIAnswer, _ name: String) throws -> [Object] { try #require(answer.object[name] as? [Object], "\(answer.text)") }
    private func numbers(_ list: [Object], _ name: String) -> [Int?] { list.map { $0[name] as? Int } }
    private func texts(_ list: [Object], _ name: String) -> [String?] { list.map { $0[name] as? String } }

    @Test("price and quantity are amended in one request; what is sold shows hour by hour")
    func amends() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let posted = try await scene.provider.must("POST", "/v1/offers", offer(scene))
            let path = "/v1/offers/\(posted.id)"
            #expect(try await scene.buyer.must("POST", "/v1/bids", bid(3)).string("status") == "filled")
            let sold = try await scene.provider.get(path)
            #expect(sold.string("status") == "partially_filled")
            #expect(try numbers(list(sold, "hours"), "sold") == [3, 3, 0] && numbers(list(sold, "hours"), "remaining") == [5, 5, 8])
            let amended = try await scene.provider.send("PATCH", path, #"{"price":"2.20","quantity":6}"#)
            #expect(amended.status == 200 && amended.object["quantity"] as? Int == 6, "\(amended.text)")
            let hours = try await list(scene.provider.get(path), "hours")
            #expect(texts(hours, "price") == ["2.2000", "2.2000", "2.2000"] && numbers(hours, "quantity") == [6, 6, 6])
            #expect(numbers(hours, "remaining") == [3, 3, 6] && numbers(hours, "sold") == [3, 3, 0])
            let refused = try await scene.provider.send("PATCH", path, #"{"price":"2.30","quantity":3}"#)
            #expect(refused.code == "conflict" && refused.field == "quantity", "\(refused.text)")
            #expect(try await texts(list(scene.provider.get(path), "hours"), "price") == ["2.2000", "2.2000", "2.2000"])
        }
    }

    @Test("hours of a least size stand beside the book and serve bids that are large enough")
    func blocks() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let posted = try await scene.provider.must("POST", "/v1/offers", offer(scene, 8, #","min_hours":2,"min_quantity":4"#))
            #expect(posted.object["min_hours"] as? Int == 2 && posted.object["min_quantity"] as? Int == 4, "\(posted.text)")
            let book = try await scene.buyer.get("/v1/contracts/\(APIScene.contract)/book")
            #expect(try list(book, "asks").isEmpty, "\(book.text)")
            let blocks = try list(book, "block_asks")
            #expect(numbers(blocks, "quantity") == [8] && texts(blocks, "price") == ["2.0000"])
            #expect(numbers(blocks, "min_hours") == [2] && numbers(blocks, "min_quantity") == [4])
            for (quantity, hours, status) in [(3, 2, "unfilled"), (4, 1, "unfilled"), (4, 2, "filled")] {
                #expect(try await scene.buyer.must("POST", "/v1/bids", bid(quantity, hours: hours)).string("status") == status)
            }
            #expect(try await numbers(list(scene.provider.get("/v1/offers/\(posted.id)"), "hours"), "sold") == [4, 4, 0])
        }
    }

    @Test("skip_unavailable names the hours that it left out, and the outages in the way")
    func skips() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            try await scene.provider.must(
                "POST", "/v1/resources/\(scene.resource)/outages",
                #"{"start":"2026-11-23T13:00:00Z","end":"2026-11-23T14:00:00Z","units":5,"reason":"cooling"}"#)
            let refused = try await scene.provider.send("POST", "/v1/offers", offer(scene))
            #expect(refused.code == "insufficient_capacity" && refused.text.contains("an outage takes 5"), "\(refused.text)")
            let posted = try await scene.provider.must("POST", "/v1/offers", offer(scene, 8, #","skip_unavailable":true"#))
            let seen = try await scene.provider.get("/v1/offers/\(posted.id)")
            for answer in [posted, seen] {
                #expect(try texts(list(answer, "hours"), "contract") == ["H100-SXM.US-IOWA.2026112312", "H100-SXM.US-IOWA.2026112314"])
                let skipped = try list(answer, "skipped")
                #expect(texts(skipped, "contract") == ["H100-SXM.US-IOWA.2026112313"] && texts(skipped, "reason") == ["insufficient_capacity"])
                #expect((skipped.first?["detail"] as? String)?.contains("cooling") == true)
                let outages = try list(answer, "outages")
                #expect(numbers(outages, "units") == [5] && texts(outages, "reason") == ["cooling"])
                #expect(texts(outages, "start") == ["2026-11-23T13:00:00Z"] && texts(outages, "resource_id") == [scene.resource])
            }
            let listed = try await scene.provider.get("/v1/offers").data
            #expect(listed.count == 1 && (listed.first?["skipped"] as? [Object])?.count == 1)
        }
    }

    @Test("a quote's own bid is posted as it is and costs what was quoted", arguments: [
        "same_resource", "same_site", "any", "hourly", "max_total",
    ])
    func quotes(_ way: String) async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            _ = try await scene.provider.must("POST", "/v1/offers", offer(scene))
            let second = try await scene.provider.must(
                "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":8,"site":{"name":"Site"}}"#)
            try await scene.host.must(
                "POST", "/v1/resources/\(second.id)/certify", #"{"units":8,"valid_from":"2026-11-23T00:00:00Z","valid_until":"2026-12-23T00:00:00Z"}"#)
            _ = try await scene.provider.must(
                "POST", "/v1/offers", offer(scene, 2, "", resource: second.id).replacing(#""2.00""#, with: #""1.90""#))
            let body =
                switch way {
                case "hourly": bid(fill: "hourly")
                case "max_total": bid(end: 15, bound: #""max_total":"20""#)
                default: bid(end: 15, #","placement":"\#(way)""#)
                }
            let quote = try await scene.buyer.must("POST", "/v1/quotes", body)
            #expect(quote.object["feasible"] as? Bool == true || quote.text.contains(#""feasible":true"#), "\(quote.text)")
            // Both resources stand at one site: where no one resource is asked for, two units cost less.
            let mixes = ["same_site", "any", "hourly"].contains(way)
            #expect(quote.string("cost") == (mixes ? "15.600000" : "16.000000"), "\(quote.text)")
            #expect(try Set(texts(list(quote, "legs"), "resource_id")).count == (mixes ? 2 : 1))
            // The same a start later; a fixed window has no other.
            let alternatives = try list(quote, "alternatives")
            #expect(texts(alternatives, "start") == (way == "hourly" ? [] : ["2026-11-23T13:00:00Z"]), "\(quote.text)")
            #expect(alternatives.allSatisfy { $0["cost"] as? String == quote.string("cost") })
            let own = try #require(quote.text.firstRange(of: #""bid":{"#))
            let posted = try await scene.buyer.must("POST", "/v1/bids", Self.object(in: quote.text, from: own.upperBound))
            #expect(posted.status == 201 && posted.string("status") == "filled", "\(posted.text)")
            for name in ["cost", "fees", "product", "start", "average_price"] { #expect(posted.string(name) == quote.string(name), "\(name)") }
        }
    }

    /// The object of a text whose opening brace stands right before `start`.
    private static func object(in text: String, from start: String.Index) -> String {
        var depth = 1
        var end = start
        while depth > 0, end < text.endIndex {
            if text[end] == "{" { depth += 1 }
            if text[end] == "}" { depth -= 1 }
            end = text.index(after: end)
        }
        return "{" + text[start..<end]
    }

    @Test("what was never certified is said before the cash that it takes")
    func capacityFirst() async throws {
        try await APIBench().run { client in
            let scene = try await APIScene(client)
            let poor = try await client.participant("Poor", "consumer").client
            let large = try await poor.must("POST", "/v1/bids", bid(9))
            #expect(large.status == 201 && large.string("reason") == "exceeds_certified_units", "\(large.text)")
            let standing = try await poor.send("POST", "/v1/bids", bid(9, #","standing":true"#))
            #expect(standing.code == "insufficient_funds" && standing.text.contains("8 units that were ever certified"), "\(standing.text)")
            #expect(try await poor.send("POST", "/v1/bids", bid(8)).code == "insufficient_funds")
            let hourly = try await scene.buyer.must("POST", "/v1/bids", bid(8, fill: "hourly"))
            #expect(hourly.string("status") == "unfilled" && hourly.string("reason") == "not_enough_units", "\(hourly.text)")
        }
    }
}
