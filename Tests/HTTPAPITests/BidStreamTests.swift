import Foundation
import HTTPAPI
import HummingbirdTesting
import Testing
import TestSupport

/// The channels `demand:{product}` and `bids` of `GET /v1/stream`.
@Suite("Streams of bids and demand", .serialized)
struct BidStreamTests {
    private static let demand = "channels=demand:H100-SXM.US-IOWA"

    private func live(_ body: @Sendable (Int, APIScene) async throws -> Void) async throws {
        let bench = APIBench()
        try await bench.server.application.test(.live) { client in
            let scene = try await APIScene(APIClient(client: client, key: APIBench.operatorKey))
            defer { bench.server.shutdown.stop() }
            try await body(try #require(client.port), scene)
        }
    }

    private func bid(_ quantity: Int, limit: String, hour: Int = 12, hours: Int = 1, _ more: String = ",\"fill\":\"whole\"") -> String {
        """
        {"requirements":{"classes":["H100-SXM"]},"earliest_start":"2026-11-23T\(hour):00:00Z","latest_end":"2026-11-23T\(hour + hours):00:00Z",
        "duration_hours":\(hours),"quantity":\(quantity),"limit_price":"\(limit)","standing":true\(more)}
        """
    }

    /// Lines of a demand, each as one text, as often as it stands there.
    private func lines(_ list: Any?) -> [String] {
        (list as? [[String: Any]] ?? []).map { line in
            let bytes = try? JSONSerialization.data(withJSONObject: line, options: [.sortedKeys])
            return String(decoding: bytes ?? Data(), as: UTF8.self)
        }.sorted()
    }

    /// Takes what is gone out of a client's lines, and puts what came among them.
    private func apply(_ event: ServerEvent, to lines: inout [String]) {
        if event.name == "snapshot" { lines = self.lines(event.data["demand"]) }
        for gone in self.lines(event.data["removed"]) {
            if let index = lines.firstIndex(of: gone) { lines.remove(at: index) } else { Issue.record("\(gone) was never there") }
        }
        lines = (lines + self.lines(event.data["added"])).sorted()
    }

    @Test("demand is a snapshot, then lines that came and lines that are gone, numbered, without names; hidden bids are left out")
    func tellsDemand() async throws {
        try await live { port, scene in
            let first = try await scene.buyer.must("POST", "/v1/bids", bid(4, limit: "2.20"))
            let stream = try EventStream(port: port, Self.demand)
            let snapshot = try #require(stream.next())
            #expect(snapshot.name == "snapshot" && snapshot.channel == "demand:H100-SXM.US-IOWA" && !snapshot.isReset)
            let start = try #require(snapshot.id)
            let line = try #require((snapshot.data["demand"] as? [[String: Any]])?.first)
            #expect(line["quantity"] as? Int == 4 && line["duration_hours"] as? Int == 1 && line["limit_price"] as? String == "2.2000")
            #expect(Set(line.keys) == ["quantity", "duration_hours", "earliest_start", "latest_end", "limit_price", "placement", "currency"])

            // A hidden bid, one that buys nothing and does not stand, and orders say nothing.
            try await scene.buyer.must("POST", "/v1/bids", bid(4, limit: "2.10", hour: 20, ",\"fill\":\"whole\",\"hidden\":true"))
            try await scene.buyer.must("POST", "/v1/bids", bid(4, limit: "2.10").replacing("\"standing\":true", with: "\"standing\":false"))
            _ = try await scene.buy(1, at: "1.50")
            let second = try await scene.buyer.must("POST", "/v1/bids", bid(4, limit: "2.20"))
            let came = try #require(stream.next())
            #expect(came.name == "demand" && came.id == start + 1)
            #expect(lines(came.data["added"]) == lines([line]) && lines(came.data["removed"]).isEmpty)
            #expect(came.data["sequence"] as? Int ?? 0 > snapshot.data["sequence"] as? Int ?? 0)

            try await scene.buyer.must("DELETE", "/v1/bids/\(first.id)")
            let gone = try #require(stream.next())
            #expect(gone.id == start + 2 && lines(gone.data["added"]).isEmpty && lines(gone.data["removed"]) == lines([line]))
            // What is filled is gone, too.
            _ = try await scene.sell(4, at: "2.00")
            let filled = try #require(stream.next())
            #expect(filled.id == start + 3 && lines(filled.data["removed"]) == lines([line]))
            #expect(try await scene.buyer.get("/v1/bids/\(second.id)").string("status") == "filled")

            let again = try EventStream(port: port, Self.demand, lastEventID: "\(start + 1)")
            #expect([again.next()?.id, again.next()?.id] == [start + 2, start + 3])
            let lost = try #require(try EventStream(port: port, Self.demand, lastEventID: "\(start + 9)").next())
            #expect(lost.name == "snapshot" && lost.isReset && lines(lost.data["demand"]).isEmpty)
        }
    }

    @Test("whatever happens and however often it is cut off, a client that applies the events has the demand of GET")
    func followsDemand() async throws {
        let seed = ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        print("demand stream: seed \(seed) (SUANPAN_SEED)")
        try await live { port, scene in
            var random = SeededGenerator(seed: seed)
            var stream = try EventStream(port: port, Self.demand)
            var (known, last, events, resumed) = ([String](), Int64?.none, 0, 0)
            for round in 0..<40 {
                for _ in 0..<(random.next() % 4 + 1) {
                    let hour = 12 + Int(random.next() % 3)
                    let price = "2.\(10 + random.next() % 3)"
                    switch random.next() % 6 {
                    case 0..<3:
                        let hidden = random.next() % 4 == 0 ? ",\"fill\":\"whole\",\"hidden\":true" : ",\"fill\":\"whole\""
                        _ = try await scene.buyer.send("POST", "/v1/bids", bid(Int(random.next() % 2) + 1, limit: price, hour: hour, hidden))
                    case 3, 4:
                        let stand = try await scene.buyer.get("/v1/bids?limit=200").data.filter { $0["status"] as? String == "standing" }
                        guard !stand.isEmpty, let id = stand[Int(random.next() % UInt64(stand.count))]["id"] as? String else { continue }
                        _ = try await scene.buyer.send("DELETE", "/v1/bids/\(id)")
                    default: _ = try await scene.sell(1, at: price)
                    }
                }
                if random.next() % 4 == 0 {
                    stream = try EventStream(port: port, Self.demand, lastEventID: last.map(String.init))
                    resumed += 1
                }
                let wanted = try await scene.host.get("/v1/products/H100-SXM.US-IOWA/demand?limit=200")
                let list = try #require(try JSONSerialization.jsonObject(with: Data(wanted.bytes)) as? [String: Any])["data"]
                while known != lines(list) || last == nil {
                    let event = try #require(stream.next(), "round \(round), seed \(seed)")
                    if event.name != "snapshot" { #expect(event.id == last.map { $0 + 1 }, "round \(round), seed \(seed)") }
                    apply(event, to: &known)
                    last = event.id
                    events += 1
                }
            }
            #expect(events > 20 && resumed > 0, "seed \(seed)")
        }
    }

    @Test("a participant's bids are told as they stand, hour by hour too, and nobody else's")
    func tellsBids() async throws {
        try await live { port, scene in
            let standing = try await scene.buyer.must("POST", "/v1/bids", bid(4, limit: "2.20"))
            let own = try EventStream(port: port, "channels=bids", key: scene.buyer.key)
            let other = try EventStream(port: port, "channels=bids", key: scene.provider.key)
            let snapshot = try #require(own.next())
            #expect(snapshot.channel == "bids" && (snapshot.data["bids"] as? [[String: Any]])?.map { $0["id"] as? String } == [standing.id])
            #expect((other.next()?.data["bids"] as? [Any])?.isEmpty == true)
            let start = try #require(snapshot.id)

            // An hourly bid rests in the books.
            let hourly = try await scene.buyer.must("POST", "/v1/bids", bid(2, limit: "2.00", hour: 14, hours: 2, ",\"fill\":\"hourly\""))
            #expect(hourly.string("status") == "open")
            let placed = try #require(own.next())
            let open = try #require(placed.data["bid"] as? [String: Any])
            #expect(placed.name == "bid" && placed.id == start + 1 && open["id"] as? String == hourly.id && open["status"] as? String == "open")
            #expect(open["reserved"] as? String == hourly.string("reserved"))
            // A fill of one of its hours.
            try await scene.provider.must(
                "POST", "/v1/orders",
                "{\"contract\":\"H100-SXM.US-IOWA.2026112315\",\"side\":\"sell\",\"type\":\"limit\",\"price\":\"1.90\",\"quantity\":1,\"time_in_force\":\"gtc\",\"resource_id\":\"\(scene.resource)\"}")
            let part = try #require(own.next()?.data["bid"] as? [String: Any])
            #expect(part["id"] as? String == hourly.id && part["status"] as? String == "partially_filled" && part["cost"] as? String == "2.000000")

            // The standing one is filled by an ask, as the order of the book's best price says.
            _ = try await scene.sell(4, at: "2.00")
            let filled = try #require(own.next())
            let view = try #require(filled.data["bid"] as? [String: Any])
            #expect(filled.id == start + 3 && view["id"] as? String == standing.id && view["status"] as? String == "filled")
            #expect(view["reserved"] as? String == "0.000000" && view["cost"] as? String == "8.000000")
            let resources = (view["legs"] as? [[String: Any]])?.first?["resources"] as? [[String: Any]]
            #expect(resources?.first?["resource_id"] as? String == scene.resource && resources?.first?["quantity"] as? Int == 4)

            try await scene.buyer.must("DELETE", "/v1/bids/\(hourly.id)")
            let ended = try #require(own.next()?.data["bid"] as? [String: Any])
            #expect(ended["status"] as? String == "cancelled" && ended["reason"] as? String == "requested")
            let again = try EventStream(port: port, "channels=bids", key: scene.buyer.key, lastEventID: "\(start + 2)")
            #expect([again.next()?.id, again.next()?.id] == [start + 3, start + 4])
            let anew = try EventStream(port: port, "channels=bids", key: scene.buyer.key)
            #expect((anew.next()?.data["bids"] as? [Any])?.isEmpty == true)

            // The other participant hears of its own alone: the first thing is what it does now.
            let theirs = try await scene.provider.must("POST", "/v1/bids", bid(1, limit: "1.10", hour: 20))
            let heard = try #require(other.next()?.data["bid"] as? [String: Any])
            #expect(heard["id"] as? String == theirs.id && heard["participant_id"] as? String == scene.providerID)
        }
    }

    @Test("a product that comes into the catalogue has the demand of bids that it may serve")
    func tellsOfListings() async throws {
        try await live { port, scene in
            let open = "{\"requirements\":{},\"earliest_start\":\"2026-11-23T12:00:00Z\",\"latest_end\":\"2026-11-23T13:00:00Z\",\"duration_hours\":1,"
            try await scene.buyer.must("POST", "/v1/bids", open + "\"quantity\":4,\"limit_price\":\"2.00\",\"fill\":\"whole\",\"standing\":true,\"currency\":\"USD\"}")
            try await scene.host.must("POST", "/v1/zones", #"{"code":"US-OHIO","name":"Ohio","country":"US"}"#)
            try await scene.host.must(
                "POST", "/v1/products",
                #"{"class":"H100-SXM","zone":"US-OHIO","currency":"USD","tick_size":"0.01","lot_size":1,"maker_fee_bps":0,"taker_fee_bps":0,"reference_price":"2.00","horizon_hours":720}"#)
            let stream = try EventStream(port: port, "channels=demand:H100-SXM.US-OHIO,demand:H100-SXM.US-IOWA")
            let snapshots = [stream.next(), stream.next()].compactMap { $0 }
            #expect(snapshots.map { lines($0.data["demand"]).count } == [1, 1] && snapshots.map { $0.id != nil } == [false, true])
        }
    }

    @Test(
        "what cannot be told of is refused",
        arguments: [
            ("channels=demand:NO-SUCH.US-IOWA", 404, "not_found"), ("channels=demand:", 404, "not_found"), ("channels=demand", 422, "invalid_request"),
            ("channels=demand:\(APIScene.contract)", 404, "not_found"), ("channels=bids", 401, "unauthenticated"),
            ("channels=demand:H100-SXM.US-IOWA,demand:H100-SXM.US-IOWA", 422, "invalid_request"), ("channels=bids:x", 422, "invalid_request"),
        ])
    func refuses(_ query: String, _ status: Int, _ code: String) async throws {
        try await APIBench().run { client in
            _ = try await APIScene(client)
            let answer = try await client.acting(with: nil).get("/v1/stream?" + query)
            #expect(answer.status == status && answer.code == code, "\(answer.text)")
        }
    }
}
