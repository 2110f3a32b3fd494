import Client
import Foundation
import Quantities

/// A request with its key, and its answer where one came.
struct SentRequest: Sendable, CustomStringConvertible {
    /// What a positive answer means for the trader.
    enum Effect: Sendable {
        /// Cash in, or out where negative.
        case cash(Micros)
        /// An order of that name.
        case order(String)
        /// Orders of these names.
        case batch([String])
        case cancellation, amendment, bid, offer, offerCancellation
    }

    var key: String
    var trader: Int
    var bearer: String
    var method: String
    var path: String
    var effect: Effect
    var body: [UInt8]?
    var answer: RawAnswer?

    init(key: String, trader: Int, bearer: String, method: String, path: String, effect: Effect) {
        self.key = key
        self.trader = trader
        self.bearer = bearer
        self.method = method
        self.path = path
        self.effect = effect
    }

    init(
        key: String, trader: Int, bearer: String, method: String, path: String, effect: Effect, sending body: some Encodable
    ) throws {
        self.init(key: key, trader: trader, bearer: bearer, method: method, path: path, effect: effect)
        self.body = try Array(Wire.encoder().encode(body))
    }

    /// A deposit, or a withdrawal where the amount is negative.
    init(deposit amount: Micros, to trader: FaultMarket.Trader, number: Int, name: String) throws {
        let movement = CashMovement(
            participantId: trader.id, currency: "USD", amount: amount < .zero ? -amount : amount, reference: name)
        try self.init(
            key: name, trader: number, bearer: FaultMarket.operatorKey, method: "POST",
            path: amount < .zero ? "/v1/withdrawals" : "/v1/deposits", effect: .cash(amount), sending: movement)
    }

    var description: String { "\(method) \(path) \(key)" }

    func send(with client: SuanpanClient) async throws -> RawAnswer {
        try await client.acting(with: bearer).send(method, path, body: body, idempotencyKey: key)
    }

    /// The payload of a positive answer.
    func result<Payload: Decodable>(_ type: Payload.Type) throws -> Payload? {
        guard let answer, (200..<300).contains(answer.status) else { return nil }
        return try Wire.decoder().decode(type, from: Data(answer.body))
    }
}

extension RawAnswer {
    var isRepetition: Bool { header("idempotency-replayed") == "true" }

    /// Whether two answers say the same; a problem names its own request besides.
    func isSame(as other: RawAnswer) -> Bool {
        guard status == other.status else { return false }
        return status < 400 ? body == other.body : withoutRequest == other.withoutRequest
    }

    private var withoutRequest: JSONValue? {
        guard case .object(var members) = try? JSONValue(parsing: body) else { return nil }
        members["request_id"] = nil
        return .object(members)
    }
}
