import Testing

@Suite struct PagingTests {
    @Test("a list read page by page has every element once")
    func pages() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            for quantity in 1...7 { #expect(try await scene.buy(quantity, at: "1.50").status == 201) }
            let lists = ["/v1/orders?", "/v1/participants?", "/v1/contracts?product=H100-SXM.US-IOWA&to=2026-11-23T09:00:00Z&", "/v1/ledger/accounts?", "/v1/ledger/transfers?", "/v1/resources/\(scene.resource)/capacity?"]
            for list in lists {
                let client = list.hasPrefix("/v1/orders") ? scene.buyer : host
                let whole = try await client.get(list + "limit=1000")
                #expect(whole.status == 200 && whole.object["next_cursor"] as? String == nil, "\(list): \(whole.text)")
                var collected: [String] = []
                var cursor = ""
                for _ in 0..<100 {
                    let page = try await client.get(list + "limit=2" + cursor)
                    #expect(page.status == 200 && page.data.count <= 2, "\(page.text)")
                    collected += page.data.map(Self.name)
                    guard let next = page.string("next_cursor") else { break }
                    cursor = "&cursor=" + next
                }
                #expect(collected == whole.data.map(Self.name) && collected.count > 1, "\(list)")
            }
        }
    }

    private static func name(_ element: [String: any Sendable]) -> String {
        element["id"] as? String ?? element["symbol"] as? String ?? element["hour"] as? String ?? "?"
    }

    @Test("trades come newest first, page by page")
    func pagesTrades() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            for _ in 0..<5 {
                _ = try await scene.sell(1, at: "2.00")
                #expect(try await scene.buy(1, at: "2.00").status == 201)
            }
            for (client, path) in [(scene.buyer, "/v1/trades"), (host.acting(with: nil), "/v1/contracts/\(APIScene.contract)/trades")] {
                let whole = try await client.get(path).data.compactMap { $0["id"] as? String }
                #expect(whole.count == 5 && whole == whole.sorted(by: >))
                let first = try await client.get(path + "?limit=3")
                let second = try await client.get(path + "?limit=3&cursor=" + (first.string("next_cursor") ?? ""))
                #expect((first.data + second.data).compactMap { $0["id"] as? String } == whole)
                #expect(second.string("next_cursor") == nil)
            }
        }
    }
}
