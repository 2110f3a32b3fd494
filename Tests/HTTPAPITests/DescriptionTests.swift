import Foundation
import HTTPAPI
import HTTPTypes
import Quantities
import Testing

/// The description says of every route what a client must know, and what the server does.
@Suite struct DescriptionTests {
    @Test("every route and every parameter of a query has its notes, and every operation a name of its own")
    func describesAll() {
        let names = HTTPServer.routes.compactMap { $0.notes?.operation }
        for route in HTTPServer.routes {
            #expect(route.notes != nil, "\(route.name) lacks a line in RouteNotes+Tables.swift")
            for name in route.query { #expect(QueryNotes.common[name] != nil || route.notes?.query[name] != nil, "\(route.name): \(name)") }
        }
        #expect(Set(names).count == names.count)
    }

    @Test("every body has an example that its route reads")
    func readsExamples() throws {
        for route in HTTPServer.routes {
            guard let type = route.body, let operation = route.notes?.operation else { continue }
            guard let example = BodyExamples.byOperation[operation] else {
                Issue.record("\(route.name) lacks an example")
                continue
            }
            try Self.read(type, example)
        }
    }

    private static func read<Value: Record>(_ type: Value.Type, _ example: String) throws {
        _ = try JSONFieldReader.read(type, from: try JSONDocument(parsing: Array(example.utf8)), products: ProductIndex(),
            longTextFields: ["instructions", "ssh_public_keys"])
    }

    @Test("no two types share a schema's name")
    func names() { #expect(OpenAPIDocument.sharedNames == []) }

    @Test("the document is served, names what it refers to, and has every path")
    func servesTheDocument() async throws {
        try await APIBench().run { (host) async throws in
            let answer = try await host.acting(with: nil).get("/openapi.json")
            #expect(answer.status == 200)
            let document = try #require(JSONSerialization.jsonObject(with: Data(answer.bytes)) as? [String: Any])
            let paths = try #require(document["paths"] as? [String: Any])
            #expect(Set(paths.keys) == Set(HTTPServer.routes.map(\.path)))
            let components = try #require(document["components"] as? [String: Any])
            let schemas = try #require(components["schemas"] as? [String: Any])
            for part in answer.text.components(separatedBy: "#/components/schemas/").dropFirst() {
                let name = String(part.prefix { $0 != "\"" })
                #expect(schemas[name] != nil, "\(name)")
            }
            // What comes as a table or a page on demand says so.
            for (path, types) in [("/v1/statements", 3), ("/v1/reports/capacity", 2), ("/v1/orders", 1)] {
                let get = (paths[path] as? [String: Any])?["get"] as? [String: Any]
                let good = (get?["responses"] as? [String: Any])?["200"] as? [String: Any]
                #expect((good?["content"] as? [String: Any])?.count == types, "\(path)")
            }
            // Generated clients must not wait for an end of these.
            let streams = paths.filter { _, methods in
                (methods as? [String: Any])?.values.contains { ($0 as? [String: Any])?["x-stream"] as? Bool == true } == true
            }
            #expect(Set(streams.keys) == Set(HTTPServer.routes.filter(\.isStream).map(\.path)) && !streams.isEmpty)
            #expect(try await host.acting(with: nil).get("/docs").text.contains("fetch(\"/openapi.json\")"))
        }
    }

    @Test("who has a slow answer already is told 304; who takes gzip gets it")
    func answersConditionally() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            for path in ["/v1/zones", "/v1/products", "/v1/catalogue", "/openapi.json", "/docs"] {
                let first = try await host.get(path)
                let tag = try #require(first.headers[.eTag])
                let second = try await host.send("GET", path, headers: ["If-None-Match": "\"x\", " + tag])
                #expect(second.status == 304 && second.bytes.isEmpty, "\(path)")
            }
            let small = try await host.send("GET", "/openapi.json", headers: ["Accept-Encoding": "br;q=1, gzip"])
            #expect(small.headers[.contentEncoding] == "gzip" && small.bytes.prefix(2) == [0x1F, 0x8B])
            #expect(small.bytes.count < OpenAPIDocument.bytes.count / 4)
            #expect(try await host.send("GET", "/openapi.json", headers: ["Accept-Encoding": "gzip;q=0"]).headers[.contentEncoding] == nil)
            #expect(try await host.send("GET", "/v1/time", headers: ["Accept-Encoding": "gzip"]).headers[.contentEncoding] == nil)
            let tag = try await host.get("/v1/zones").headers[.eTag] ?? ""
            try await host.must("POST", "/v1/zones", #"{"code":"US-OHIO","name":"Ohio","country":"US"}"#)
            #expect(try await host.send("GET", "/v1/zones", headers: ["If-None-Match": tag]).status == 200)
        }
    }

    @Test("every path tells a wrong method which it has, and every route refuses an unknown parameter")
    func refusesWhatIsUnknown() async throws {
        try await APIBench().run { (host) async throws in
            for route in HTTPServer.routes where !route.path.hasSuffix("/stream") {
                let path = route.path.replacingOccurrences(of: "{", with: "x").replacingOccurrences(of: "}", with: "")
                let wrong = try await host.send("TRACE", path)
                #expect(wrong.status == 405 && wrong.headers[.allow]?.contains(route.method.rawValue) == true, "\(route.name)")
                guard case .everyone = route.access else { continue }
                let unknown = try await host.send(route.method.rawValue, path + "?colour=red")
                #expect(unknown.code == "invalid_request" && unknown.field == "colour", "\(route.name): \(unknown.text)")
            }
            for route in HTTPServer.routes where route.query.contains("cursor") && route.path != "/v1/audit_log" {
                guard case .everyone = route.access else { continue }
                let path = route.path.replacingOccurrences(of: "{", with: "x").replacingOccurrences(of: "}", with: "")
                #expect(try await host.get(path + "?cursor=!").field == "cursor", "\(route.name)")
            }
        }
    }
}
