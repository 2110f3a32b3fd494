import Quantities

/// A contract and where it stands in its life.
package struct Contract: Codable, Sendable {
    package var symbol: String
    package var product: String?
    package var hour: Timestamp?
    package var status: String
    package var currency: String?
    package var gateClosesAt: Timestamp?
    package var bestBid: Price?
    package var bestAsk: Price?
    package var last: Price?
    package var floorPrice: Price?
    package var ceilingPrice: Price?
    package var referencePrice: Price?
    package var volume: Int64?
    package var openInterest: Int64?
    /// The version of the catalogue that it was listed under and keeps.
    package var catalogueVersion: Int64?
}

/// A trade as everybody sees it.
package struct PublicTrade: Codable, Sendable {
    package var id: String
    package var contract: String?
    package var price: Price
    package var quantity: Int
    package var takerSide: String?
    package var time: Timestamp?
}

/// One price of a book: the displayed quantity and how many orders it is made of.
package struct BookLevel: Codable, Sendable, Equatable {
    package var price: Price
    package var quantity: Int
    package var orders: Int
}

/// A contract's book, best prices first.
package struct Book: Codable, Sendable {
    package var sequence: Int64?
    package var bids: [BookLevel]
    package var asks: [BookLevel]
}

/// The server's clock.
package struct ServerTime: Codable, Sendable {
    package var now: Timestamp
    /// `real` or `simulated`.
    package var mode: String

    package var isSimulated: Bool { mode == "simulated" }
}
