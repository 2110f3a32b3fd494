import Foundation
import HTTPAPI
import Testing

/// What holds for every route, whatever it does.
@Suite struct ConventionTests {
    /// A client for each kind of access: the operator, and one that holds every other role.
    private struct Clients {
        let host: APIClient
        let trader: APIClient

        init(_ host: APIClient) async throws {
            self.host = host
            trader = try await host.participant("All", "provider", "consumer", "meter").client
        }

        func fit(_ route: Route) -> APIClient {
            guard case .roles(let roles) = route.access else { return host }
            return roles.names.contains("operator") ? host : trader
        }
    }

    private static func path(_ route: Route) -> String {
        route.path.replacingOccurrences(of: "{", with: "x").replacingOccurrences(of: "}", with: "")
    }

    @Test("every list takes limit and cursor, and answers data and next_cursor")
    func pagesEverywhere() async throws {
        var lists = 0
        for route in HTTPServer.routes {
            guard let notes = route.notes, case .list = notes.answers else { continue }
            lists += 1
            #expect(route.query.contains("limit") && route.query.contains("cursor"), "\(route.name)")
        }
        #expect(lists > 20)
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            try await host.must("POST", "/v1/zones", #"{"code":"US-OHIO","name":"Ohio","country":"US"}"#)
            try await host.must(
                "POST", "/v1/products",
                #"{"class":"H100-SXM","zone":"US-OHIO","currency":"USD","tick_size":"0.01","lot_size":1,"maker_fee_bps":0,"taker_fee_bps":5,"reference_price":"2.00","horizon_hours":48}"#)
            for path in ["/v1/zones", "/v1/products", "/v1/market", "/v1/participants"] {
                var seen: [String] = []
                var cursor = ""
                repeat {
                    let page = try await host.get(path + "?limit=1" + cursor)
                    #expect(page.status == 200 && page.data.count <= 1, "\(path): \(page.text)")
                    seen += page.data.compactMap { $0["product"] as? String ?? $0["code"] as? String ?? $0["id"] as? String }
                    cursor = page.string("next_cursor").map { "&cursor=" + $0 } ?? ""
                } while !cursor.isEmpty && seen.count < 10
                let whole = try await host.get(path)
                #expect(seen == whole.data.compactMap { $0["product"] as? String ?? $0["code"] as? String ?? $0["id"] as? String }, "\(path)")
                #expect(whole.string("next_cursor") == nil)
            }
        }
    }

    @Test("every body's unknown field is refused by its name, and nothing happens")
    func refusesUnknownFields() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let clients = try await Clients(host)
            for route in HTTPServer.routes {
                guard route.body != nil, let operation = route.notes?.operation, let example = BodyExamples.byOperation[operation] else {
                    continue
                }
                let members = example.dropLast().drop { $0 == "{" }
                let body = "{" + members + (members.isEmpty ? "" : ",") + #""colour":"red"}"#
                let before = bench.gateway.acknowledgedSequence
                let answer = try await clients.fit(route).send(route.method.rawValue, Self.path(route), body)
                #expect(answer.code == "invalid_request" && answer.field == "colour", "\(route.name): \(answer.text)")
                #expect(bench.gateway.acknowledgedSequence == before, "\(route.name)")
            }
        }
    }

    @Test("a body of another shape is refused in words of the API, not of the language it is written in")
    func leaksNoWords() async throws {
        try await APIBench().run { (host) async throws in
            let clients = try await Clients(host)
            let shapes = ["[]", "null", "1", #""x""#, "true", "{}", #"{"a":{"b":[[]]}}"#, "[{}]"]
            for route in HTTPServer.routes where route.body != nil {
                for shape in shapes {
                    let answer = try await clients.fit(route).send(route.method.rawValue, Self.path(route), shape)
                    #expect((200..<500).contains(answer.status), "\(route.name) \(shape): \(answer.text)")
                    for word in ["Swift", "Decoding", "CodingKey", "Optional(", "Error Domain", "Int64", "debugDescription"] {
                        #expect(!answer.text.contains(word), "\(route.name) \(shape): \(answer.text)")
                    }
                }
            }
        }
    }

    @Test("HEAD answers every route that can be read with the status of GET and no body")
    func answersHeadEverywhere() async throws {
        try await APIBench().run { (host) async throws in
            let clients = try await Clients(host)
            for route in HTTPServer.routes where route.method == .get && !route.isStream {
                let get = try await clients.fit(route).send("GET", Self.path(route))
                let head = try await clients.fit(route).send("HEAD", Self.path(route))
                #expect(head.status == get.status && head.bytes.isEmpty, "\(route.name): \(get.status) \(head.status)")
            }
        }
    }
}
