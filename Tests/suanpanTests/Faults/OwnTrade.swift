import Client
import Foundation
import Quantities

/// A trade as the list of its side shows it.
struct OwnTrade: Decodable, Sendable {
    var id: String
    var contract: String
    var side: String
    var price: Price
    var quantity: Int
    var fee: Micros
    var orderId: String?

    var notional: Micros { Micros(price.rawValue * Int64(quantity)) }

    static func all(of client: SuanpanClient) async throws -> [OwnTrade] {
        var trades: [OwnTrade] = []
        var cursor = ""
        while true {
            let answer = try await client.send("GET", "/v1/trades?limit=1000" + cursor)
            let page = try Wire.decoder().decode(Page<OwnTrade>.self, from: Data(answer.body))
            trades += page.data
            guard let next = page.nextCursor else { return trades }
            cursor = "&cursor=" + next
        }
    }
}
