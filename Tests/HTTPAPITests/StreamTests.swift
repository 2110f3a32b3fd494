import Foundation
import HTTPAPI
import HummingbirdTesting
import Testing
import TestSupport

/// `GET /v1/stream` over sockets.
@Suite("Streams", .serialized)
struct StreamTests {
    private static let book = "channels=book:\(APIScene.contract)"

    private func live(
        _ configure: (inout HTTPServerConfiguration) -> Void = { _ in },
        _ body: @Sendable (HTTPServer, Int, APIScene) async throws -> Void
    ) async throws {
        let bench = APIBench(configure)
        try await bench.server.application.test(.live) { client in
            let scene = try await APIScene(APIClient(client: client, key: APIBench.operatorKey))
            // As `serve` does: a server that stops tells its streams.
            defer { bench.server.shutdown.stop() }
            try await body(bench.server, try #require(client.port), scene)
        }
    }

    @Test("a book is a snapshot, then deltas with the next number each, and their checksums are those of the rule")
    func tellsBooks() async throws {
        try await live { _, port, scene in
            _ = try await scene.sell(3, at: "2.40")
            let stream = try EventStream(port: port, Self.book)
            #expect(stream.head.lowercased().contains("content-type: text/event-stream"))
            #expect(stream.head.lowercased().contains("cache-control: no-store"))
            let snapshot = try #require(stream.next())
            #expect(snapshot.name == "snapshot" && !snapshot.isReset && snapshot.channel == "book:\(APIScene.contract)")
            var book = ClientBook(snapshot.data)
            #expect(book.asks == ["2.4000": ClientBook.Level(quantity: 3, orders: 1)] && book.bids.isEmpty)
            #expect(snapshot.data["checksum"] as? Int == book.checksum)
            _ = try await scene.buy(8, at: "2.35")
            let delta = try #require(stream.next())
            #expect(delta.name == "delta" && delta.id == snapshot.id.map { $0 + 1 })
            book.apply(delta.data)
            #expect(book.bids == ["2.3500": ClientBook.Level(quantity: 8, orders: 1)])
            _ = try await scene.buy(3, at: "2.40")
            let gone = try #require(stream.next())
            #expect(gone.id == snapshot.id.map { $0 + 2 })
            #expect((gone.data["asks"] as? [[String: Any]])?.first?["quantity"] as? Int == 0)
            book.apply(gone.data)
            #expect(book.asks.isEmpty && gone.data["checksum"] as? Int == book.checksum)
            let answer = try await scene.host.get("/v1/contracts/\(APIScene.contract)/book?depth=1")
            #expect(answer.int("checksum") == book.checksum && answer.int("sequence") == gone.data["sequence"] as? Int)
        }
    }

    @Test("a book's channel tells when its contract is halted, interrupted and resumed, whatever the halt is of")
    func tellsStatus() async throws {
        try await live { _, port, scene in
            let stream = try EventStream(port: port, Self.book)
            let other = try EventStream(port: port, "channels=book:H100-SXM.US-IOWA.2026112315")
            let snapshot = try #require(stream.next())
            #expect(snapshot.data["status"] as? String == "open" && snapshot.data["interrupted_until"] is NSNull)
            #expect(other.next()?.data["status"] as? String == "open")
            var last = snapshot.id
            func status(_ stream: EventStream) throws -> String {
                let event = try #require(stream.next())
                #expect(event.name == "status", "\(event)")
                if event.channel == snapshot.channel {
                    #expect(event.id == last.map { $0 + 1 })
                    last = event.id
                }
                let until = event.data["interrupted_until"] as? String
                return (event.data["status"] as? String ?? "?") + (until.map { " until " + $0 } ?? "")
            }
            for scope in ["contracts/\(APIScene.contract)/", "products/H100-SXM.US-IOWA/", ""] {
                try await scene.host.must("POST", "/v1/\(scope)halt")
                #expect(try status(stream) == "halted")
                // Who comes now is told at once.
                let late = try EventStream(port: port, Self.book)
                #expect(late.next()?.data["status"] as? String == "halted")
                try await scene.host.must("POST", "/v1/\(scope)resume")
                #expect(try status(stream) == "open")
                guard !scope.hasPrefix("contracts") else { continue }
                #expect(try status(other) == "halted")
                #expect(try status(other) == "open")
            }
            // A trade at the edge of the band: the book and its trade first, then the interruption.
            _ = try await scene.sell(1, at: "3.00")
            #expect(stream.next()?.name == "delta")
            _ = try await scene.buy(1, at: "3.00")
            let delta = try #require(stream.next())
            #expect(delta.name == "delta")
            last = delta.id
            #expect(try status(stream) == "halted until 2026-11-23T00:05:00Z")
            #expect(try await scene.buy(1, at: "2.00").code == "market_halted")
            try await scene.host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-23T00:05:00Z"}"#)
            #expect(try status(stream) == "open")
            // Whoever was away gets what it missed.
            let back = try EventStream(port: port, Self.book, lastEventID: last.map { String($0 - 1) })
            let missed = try #require(back.next())
            #expect(missed.name == "status" && missed.id == last && missed.data["status"] as? String == "open")
        }
    }

    @Test("whatever happens and however often it is cut off, a client that applies snapshots and deltas has the book of GET")
    func followsBooks() async throws {
        let seed = ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        try await live { _, port, scene in
            var random = SeededGenerator(seed: seed)
            var stream = try EventStream(port: port, Self.book)
            var (book, last, resumed, snapshots) = (ClientBook(), Int64?.none, 0, 0)
            for round in 0..<60 {
                for _ in 0..<(random.next() % 6 + 1) {
                    let price = "2.\(10 + random.next() % 30)"
                    switch random.next() % 8 {
                    case 0..<3: _ = try await scene.sell(1, at: price)
                    case 3..<6: _ = try await scene.buy(Int(random.next() % 3) + 1, at: price)
                    case 6:
                        let open = try await scene.buyer.get("/v1/orders?status=open").data
                        guard !open.isEmpty, let id = open[Int(random.next() % UInt64(open.count))]["id"] as? String else { continue }
                        _ = try await scene.buyer.send("PATCH", "/v1/orders/\(id)", #"{"quantity":\#(random.next() % 3 + 1)}"#)
                    default:
                        let client = random.next() % 2 == 0 ? scene.buyer : scene.provider
                        let open = try await client.get("/v1/orders?status=open").data
                        guard !open.isEmpty, let id = open[Int(random.next() % UInt64(open.count))]["id"] as? String else { continue }
                        _ = try await client.send("DELETE", "/v1/orders/\(id)")
                    }
                }
                if random.next() % 4 == 0 {
                    stream = try EventStream(port: port, Self.book, lastEventID: last.map(String.init))
                    resumed += 1
                }
                let answer = try await scene.host.get("/v1/contracts/\(APIScene.contract)/book?depth=1000")
                let wanted = ClientBook(try #require(try JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any]))
                #expect(answer.int("checksum") == wanted.checksum)
                while book != wanted {
                    let event = try #require(stream.next(), "round \(round), seed \(seed)")
                    if event.name == "snapshot" {
                        book = ClientBook()
                        snapshots += 1
                    } else {
                        #expect(event.id == last.map { $0 + 1 }, "round \(round), seed \(seed)")
                    }
                    last = event.id
                    book.apply(event.data)
                    #expect(event.data["checksum"] as? Int == book.checksum, "round \(round), seed \(seed)")
                }
            }
            #expect(resumed > 0 && snapshots >= 1)
        }
    }

    @Test("who comes back gets what it missed, once each; where that is no longer kept, a snapshot that says so")
    func resumes() async throws {
        try await live({ $0.streams.ringEvents = 3 }) { _, port, scene in
            let first = try EventStream(port: port, "channels=trades:H100-SXM.US-IOWA")
            let start = try #require(first.next()?.id)
            for _ in 0..<3 {
                _ = try await scene.sell(1, at: "2.40")
                _ = try await scene.buy(1, at: "2.40")
            }
            #expect([first.next()?.id, first.next()?.id, first.next()?.id] == [start + 1, start + 2, start + 3])
            let second = try EventStream(port: port, "channels=trades:H100-SXM.US-IOWA", lastEventID: "\(start + 1)")
            #expect([second.next()?.id, second.next()?.id] == [start + 2, start + 3])
            let inQuery = try EventStream(port: port, "channels=trades:H100-SXM.US-IOWA&last_event_id=\(start)")
            #expect([inQuery.next()?.id, inQuery.next()?.id, inQuery.next()?.id] == [start + 1, start + 2, start + 3])
            for name in ["\(start - 1)", "\(start + 4)", "nonsense", "-1", "9223372036854775808", "-9223372036854775808"] {
                let stream = try EventStream(port: port, "channels=trades:H100-SXM.US-IOWA", lastEventID: name)
                let event = try #require(stream.next())
                #expect(event.name == "snapshot" && event.isReset && event.id == start + 3, "\(name)")
            }
        }
    }

    @Test("private channels tell a participant of its orders, fills and money, and of nobody else's")
    func tellsParticipants() async throws {
        try await live { _, port, scene in
            let own = try EventStream(port: port, "channels=orders,fills,balances", key: scene.buyer.key)
            let snapshots = [own.next(), own.next(), own.next()].compactMap { $0 }
            #expect(snapshots.map(\.channel) == ["orders", "fills", "balances"])
            #expect(snapshots.map { $0.id != nil } == [false, false, true], "only the last one is numbered")
            let other = try EventStream(port: port, "channels=orders", key: scene.meter.key)
            #expect(other.next()?.name == "snapshot")
            let id = try await scene.buy(2, at: "2.40").object["order"] as? [String: any Sendable]
            var seen: [ServerEvent] = []
            while seen.count < 2 { seen.append(try #require(own.next())) }
            let order = try #require(seen.first { $0.name == "order" }?.data["order"] as? [String: Any])
            #expect(order["id"] as? String == id?["id"] as? String && order["status"] as? String == "open")
            #expect(seen.contains { $0.name == "balances" })
            _ = try await scene.sell(1, at: "2.40")
            seen = []
            while seen.count < 3 { seen.append(try #require(own.next())) }
            #expect(Set(seen.map(\.name)) == ["order", "fill", "balances"])
            let fill = try #require(seen.first { $0.name == "fill" }?.data["fill"] as? [String: Any])
            #expect(fill["side"] as? String == "buy" && fill["liquidity"] as? String == "maker")
            let after = try #require(seen.first { $0.name == "order" }?.data["order"] as? [String: Any])
            #expect(after["status"] as? String == "partially_filled" && after["filled_quantity"] as? Int == 1)
            let numbers = seen.compactMap(\.id)
            #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
            let again = try EventStream(port: port, "channels=orders", key: scene.buyer.key)
            #expect((again.next()?.data["orders"] as? [Any])?.count == 1)
        }
    }

    @Test("a revoked key's and a suspended participant's streams end with the reason, public ones go on")
    func endsUnwelcome() async throws {
        try await live { _, port, scene in
            let list = try await scene.host.get("/v1/participants/\(scene.buyerID)/api_keys").data
            let key = try #require(list.first?["id"] as? String)
            let buyer = try EventStream(port: port, "channels=orders", key: scene.buyer.key)
            let provider = try EventStream(port: port, "channels=balances", key: scene.provider.key)
            let everyone = try EventStream(port: port, Self.book)
            for stream in [buyer, provider, everyone] { #expect(stream.next()?.name == "snapshot") }
            try await scene.host.must("DELETE", "/v1/api_keys/\(key)")
            let end = try #require(buyer.next())
            #expect(end.name == "end" && end.data["reason"] as? String == "key_revoked")
            #expect(buyer.next() == nil && buyer.isOver)
            try await scene.host.must("POST", "/v1/participants/\(scene.providerID)/suspend")
            var last: ServerEvent?
            while let event = provider.next() { last = event }
            #expect(last?.name == "end" && last?.data["reason"] as? String == "suspended")
            #expect(try EventStream(port: port, "channels=balances", key: scene.provider.key).head.hasPrefix("HTTP/1.1 403 "))
            #expect(try EventStream(port: port, "channels=orders", key: scene.buyer.key).head.hasPrefix("HTTP/1.1 401 "))
        }
    }

    @Test("a subscriber that does not keep up is cut with a reason and can come back")
    func cutsSlowReaders() async throws {
        try await live({ $0.streams.bufferBytes = 10 }) { _, port, scene in
            let stream = try EventStream(port: port, Self.book)
            let start = try #require(stream.next()?.id)
            _ = try await scene.buy(1, at: "2.00")
            let end = try #require(stream.next())
            #expect(end.name == "end" && end.data["reason"] as? String == "slow_consumer" && end.id == nil)
            #expect(stream.next() == nil)
            let again = try EventStream(port: port, Self.book, lastEventID: "\(start)")
            let delta = try #require(again.next())
            #expect(delta.name == "delta" && delta.id == start + 1)
        }
    }

    @Test("where nothing happens a comment comes")
    func beats() async throws {
        try await live({ $0.streams.heartbeat = .milliseconds(40) }) { _, port, _ in
            let stream = try EventStream(port: port, Self.book)
            #expect(stream.nextBlock()?.name == "snapshot")
            #expect(stream.nextBlock()?.name == ":")
            #expect(stream.nextBlock()?.name == ":")
        }
    }

    @Test("a server that stops ends its streams")
    func endsAtShutdown() async throws {
        try await live { server, port, _ in
            let stream = try EventStream(port: port, Self.book)
            #expect(stream.next()?.name == "snapshot")
            server.shutdown.stop()
            #expect(stream.next()?.data["reason"] as? String == "shutdown")
            #expect(stream.next() == nil)
            #expect(try EventStream(port: port, Self.book).head.hasPrefix("HTTP/1.1 503 "))
        }
    }

    @Test(
        "what cannot be told of is refused",
        arguments: [
            ("", 422, "invalid_request"), ("channels=", 422, "invalid_request"), ("channels=nonsense", 422, "invalid_request"),
            ("channels=book:", 404, "unknown_contract"), ("channels=book:NO.SUCH.2026112312", 404, "unknown_contract"),
            ("channels=trades:NO-SUCH.US-IOWA", 404, "unknown_contract"),
            ("channels=book:H100-SXM.US-IOWA.2031112312", 404, "unknown_contract"),
            ("channels=book:\(APIScene.contract),book:\(APIScene.contract)", 422, "invalid_request"),
            ("channels=orders", 401, "unauthenticated"), ("channels=book:\(APIScene.contract),balances", 401, "unauthenticated"),
            ("channels=" + (0..<33).map { "trades:\($0)" }.joined(separator: ","), 422, "invalid_request"),
        ])
    func refuses(_ query: String, _ status: Int, _ code: String) async throws {
        try await APIBench().run { client in
            _ = try await APIScene(client)
            let answer = try await client.acting(with: nil).get("/v1/stream?" + query)
            #expect(answer.status == status && answer.code == code, "\(answer.text)")
        }
    }

    @Test("an address and a key have so many streams and no more, and those that ended count no longer")
    func boundsStreams() async throws {
        try await live({ $0.streams.streamsPerAddress = 1 }) { _, port, scene in
            let stream = try EventStream(port: port, Self.book)
            #expect(stream.next()?.name == "snapshot")
            let second = try EventStream(port: port, Self.book + "&last_event_id=1")
            #expect(second.head.hasPrefix("HTTP/1.1 429 "))
            try await scene.host.must("HEAD", "/v1/time")
        }
        try await live({ $0.streams.streamsPerKey = 1 }) { _, port, scene in
            #expect(try EventStream(port: port, "channels=orders", key: scene.buyer.key).head.hasPrefix("HTTP/1.1 200 "))
            let head = try await scene.buyer.send("HEAD", "/v1/stream?channels=orders")
            #expect([200, 429].contains(head.status))
        }
    }
}
