import Exchange
import Foundation
import HTTPAPI
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import Quantities
import Testing

/// The API over a real exchange, with short ways to say what the tests say often.
struct APIBench: Sendable {
    let gateway: DirectGateway
    let server: HTTPServer

    static let operatorKey = "spk_operator"

    init(
        clockMode: ClockMode = .simulated, idleTimeoutSeconds: Int64 = 60, edge: EdgeSettings = EdgeSettings(),
        logger: Logger? = nil, _ configure: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) {
        gateway = DirectGateway(operatorKey: Self.operatorKey, clockMode: clockMode)
        var configuration = HTTPServerConfiguration()
        configuration.idleTimeoutSeconds = idleTimeoutSeconds
        configuration.edge = edge
        configure(&configuration)
        var quiet = Logger(label: "test")
        quiet.logLevel = .critical
        server = HTTPServer(
            configuration: configuration, gateway: gateway, directory: gateway.directory, history: gateway.history,
            vault: MemoryVault(), archive: gateway.archive, logger: logger ?? quiet
        )
    }

    /// Runs a test against the responder, without a socket.
    func run<Value>(_ body: @Sendable (APIClient) async throws -> Value) async throws -> Value {
        try await server.application.test(.router) { client in try await body(APIClient(client: client, key: Self.operatorKey)) }
    }
}

/// One answer.
struct APIAnswer: Sendable {
    var status: Int
    var headers: HTTPFields
    var bytes: [UInt8]

    var text: String { String(decoding: bytes, as: UTF8.self) }
    /// The body as an object; empty where it is none.
    var object: [String: any Sendable] { Self.plain(try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: any Sendable] ?? [:] }
    var data: [[String: any Sendable]] { object["data"] as? [[String: any Sendable]] ?? [] }
    var code: String? { object["code"] as? String }
    var field: String? { object["field"] as? String }
    var id: String { object["id"] as? String ?? "" }
    func string(_ name: String) -> String? { object[name] as? String }
    func int(_ name: String) -> Int? { object[name] as? Int }

    private static func plain(_ value: Any?) -> any Sendable {
        switch value {
        case let value as [String: Any]: value.mapValues { plain($0) }
        case let value as [Any]: value.map { plain($0) as? [String: any Sendable] ?? ["value": plain($0)] }
        case let value as NSNumber: value.intValue
        case let value as String: value
        default: String?.none
        }
    }
}

/// A client with a key.
struct APIClient: Sendable {
    let client: any TestClientProtocol
    var key: String?

    func acting(with key: String?) -> APIClient { APIClient(client: client, key: key) }

    @discardableResult
    func send(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:],
        contentType: String? = "application/json"
    ) async throws -> APIAnswer {
        var fields = HTTPFields()
        if let key { fields[.authorization] = "Bearer " + key }
        if body != nil, let contentType { fields[.contentType] = contentType }
        for (name, value) in headers { if let name = HTTPField.Name(name) { fields[name] = value } }
        let response = try await client.executeRequest(
            uri: path, method: HTTPRequest.Method(method) ?? .get, headers: fields, body: body.map { ByteBuffer(string: $0) }
        )
        return APIAnswer(status: response.status.code, headers: response.headers, bytes: Array(response.body.readableBytesView))
    }

    func get(_ path: String) async throws -> APIAnswer { try await send("GET", path) }

    /// Sends what must succeed.
    @discardableResult
    func must(_ method: String, _ path: String, _ body: String? = nil, sourceLocation: SourceLocation = #_sourceLocation) async throws -> APIAnswer {
        let answer = try await send(method, path, body)
        #expect((200..<300).contains(answer.status), "\(method) \(path): \(answer.status) \(answer.text)", sourceLocation: sourceLocation)
        return answer
    }

    /// A participant with a key.
    func participant(_ name: String, _ roles: String...) async throws -> (id: String, client: APIClient) {
        let list = roles.map { "\"\($0)\"" }.joined(separator: ",")
        let id = try await must("POST", "/v1/participants", "{\"name\":\"\(name)\",\"roles\":[\(list)]}").id
        let key = try await must("POST", "/v1/participants/\(id)/api_keys", "{\"label\":\"\(name)\"}").string("key")
        #expect(key != nil)
        return (id, acting(with: key))
    }

    func deposit(_ participant: String, _ amount: String, reference: String) async throws {
        try await must(
            "POST", "/v1/deposits",
            "{\"participant_id\":\"\(participant)\",\"currency\":\"USD\",\"amount\":\"\(amount)\",\"reference\":\"\(reference)\"}"
        )
    }

    /// A zone, a class and a product `H100-SXM.US-IOWA` in USD.
    func catalogue() async throws {
        try await must("POST", "/v1/zones", #"{"code":"US-IOWA","name":"Iowa","country":"US","grid":{"g_per_kwh":"400.5","year":2024,"source":"EPA","basis":"CO2e"}}"#)
        try await must("POST", "/v1/compute_classes", #"{"code":"H100-SXM","cri_code":"H100SX","vendor":"NVIDIA","model":"H100 SXM","memory_gb":80,"tflops":{"bf16":"989.4"},"tdp_w":700,"abi":"cuda"}"#)
        try await must(
            "POST", "/v1/products",
            #"{"class":"H100-SXM","zone":"US-IOWA","currency":"USD","tick_size":"0.01","lot_size":1,"maker_fee_bps":0,"taker_fee_bps":100,"reference_price":"2.00","horizon_hours":720}"#
        )
    }
}

/// A market with one seller of 8 certified H100, one buyer with 10,000 USD and one meter.
struct APIScene: Sendable {
    var host: APIClient
    var provider: APIClient
    var buyer: APIClient
    var meter: APIClient
    var providerID = ""
    var buyerID = ""
    var resource = ""

    /// The hour that the scene's orders are for.
    static let contract = "H100-SXM.US-IOWA.2026112312"
    static let hour = "2026-11-23T12:00:00Z"

    init(_ host: APIClient) async throws {
        self.host = host
        try await host.catalogue()
        let provider = try await host.participant("Provider", "provider", "consumer")
        let buyer = try await host.participant("Buyer", "consumer")
        let meter = try await host.participant("Meter", "meter")
        try await host.deposit(provider.id, "10000", reference: "p")
        try await host.deposit(buyer.id, "10000", reference: "b")
        self.provider = provider.client
        self.buyer = buyer.client
        self.meter = meter.client
        providerID = provider.id
        buyerID = buyer.id
        resource = try await provider.client.must(
            "POST", "/v1/resources", #"{"class":"H100-SXM","zone":"US-IOWA","units":8,"site":{"name":"Site","pue":"1.2"},"node":{"devices_per_node":8}}"#
        ).id
        try await host.must(
            "POST", "/v1/resources/\(resource)/certify",
            "{\"units\":8,\"valid_from\":\"2026-11-23T00:00:00Z\",\"valid_until\":\"2026-12-23T00:00:00Z\",\"meter_id\":\"\(meter.id)\"}"
        )
    }

    func sell(_ quantity: Int, at price: String, name: String? = nil) async throws -> APIAnswer {
        let named = name.map { ",\"client_order_id\":\"\($0)\"" } ?? ""
        return try await provider.send(
            "POST", "/v1/orders",
            "{\"contract\":\"\(Self.contract)\",\"side\":\"sell\",\"type\":\"limit\",\"price\":\"\(price)\",\"quantity\":\(quantity),\"time_in_force\":\"gtc\",\"resource_id\":\"\(resource)\"\(named)}"
        )
    }

    func buy(_ quantity: Int, at price: String, force: String = "gtc", headers: [String: String] = [:]) async throws -> APIAnswer {
        try await buyer.send(
            "POST", "/v1/orders",
            "{\"contract\":\"\(Self.contract)\",\"side\":\"buy\",\"type\":\"limit\",\"price\":\"\(price)\",\"quantity\":\(quantity),\"time_in_force\":\"\(force)\"}",
            headers: headers
        )
    }
}
