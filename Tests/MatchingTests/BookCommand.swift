import Matching

/// One step of a script that runs on the books and on their naive twins. Steps that name an order which is not there do nothing, so
/// that any part of a script is a script. Its description is the Swift that makes it.
enum BookCommand: Equatable, CustomStringConvertible {
    /// An order that sweeps and then rests, as a plain `gtc` limit order does.
    case enter(
        Int, id: Int64, Side, price: Int64, quantity: UInt32, display: UInt32 = .max, owner: UInt32 = 0,
        prevention: SelfTradePrevention = .cancelNewest)
    /// An order that sweeps and never rests.
    case sweep(Int, Side, limit: Int64, quantity: UInt32, owner: UInt32 = 0, prevention: SelfTradePrevention = .cancelNewest)
    /// Asks what a sweep would fill.
    case count(Int, Side, limit: Int64, quantity: UInt32, owner: UInt32 = 0, prevention: SelfTradePrevention = .cancelNewest)
    case cancel(Int64)
    case reduce(Int64, to: UInt32)
    case fill(Int64, quantity: UInt32)
    case stop(Int, id: Int64, Side, price: Int64, quantity: UInt32, owner: UInt32 = 0)
    /// Takes stops as long as this last price triggers one.
    case last(Int, price: Int64)
    /// Closes the book if it is empty, and opens it again.
    case reopen(Int)

    var description: String {
        switch self {
        case .enter(let book, let id, let side, let price, let quantity, let display, let owner, let prevention):
            """
            .enter(\(book), id: \(id), .\(side), price: \(price), quantity: \(quantity), display: \(display), owner: \(owner), \
            prevention: .\(prevention)),
            """
        case .sweep(let book, let side, let limit, let quantity, let owner, let prevention):
            ".sweep(\(book), .\(side), limit: \(limit), quantity: \(quantity), owner: \(owner), prevention: .\(prevention)),"
        case .count(let book, let side, let limit, let quantity, let owner, let prevention):
            ".count(\(book), .\(side), limit: \(limit), quantity: \(quantity), owner: \(owner), prevention: .\(prevention)),"
        case .cancel(let id): ".cancel(\(id)),"
        case .reduce(let id, let remaining): ".reduce(\(id), to: \(remaining)),"
        case .fill(let id, let quantity): ".fill(\(id), quantity: \(quantity)),"
        case .stop(let book, let id, let side, let price, let quantity, let owner):
            ".stop(\(book), id: \(id), .\(side), price: \(price), quantity: \(quantity), owner: \(owner)),"
        case .last(let book, let price): ".last(\(book), price: \(price)),"
        case .reopen(let book): ".reopen(\(book)),"
        }
    }
}
