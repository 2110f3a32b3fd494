import Exchange
import Quantities

/// What a stream can tell of.
enum StreamChannel: Hashable, Sendable {
    /// A contract's displayed book: `book:{symbol}`.
    case book(ContractKey)
    /// All trades of a product: `trades:{product}`.
    case trades(ProductID)
    /// The trades of one contract: `trades:{symbol}`.
    case contractTrades(ContractKey)
    /// What standing bids want of a product: `demand:{product}`.
    case demand(ProductID)
    /// The caller's orders: `orders`.
    case orders
    /// The caller's side of its trades: `fills`.
    case fills
    /// The caller's money: `balances`.
    case balances
    /// The caller's bids: `bids`.
    case bids

    /// Whether it is somebody's.
    var isPrivate: Bool {
        switch self {
        case .book, .trades, .contractTrades, .demand: false
        case .orders, .fills, .balances, .bids: true
        }
    }

    /// The channel of a name.
    ///
    /// - Throws: `invalid_request`, or that there is no such contract or product.
    init(_ name: String, products: ProductIndex) throws(Problem) {
        switch name {
        case "orders":
            self = .orders
            return
        case "fills", "trades":
            self = .fills
            return
        case "balances":
            self = .balances
            return
        case "bids":
            self = .bids
            return
        default: break
        }
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, ["book", "trades", "demand"].contains(parts[0]) else {
            let shown = JSONFieldReader.shortened(name)
            throw .invalid(
                "channels",
                "\(shown) is no channel; there are book:{symbol}, trades:{product or symbol}, demand:{product}, orders, fills, balances and bids")
        }
        let subject = String(parts[1])
        let product = products.product(code: subject)
        if parts[0] == "trades", product != .none {
            self = .trades(product)
            return
        }
        if parts[0] == "demand" {
            guard product != .none else {
                throw Problem(.notFound, "there is no product \(JSONFieldReader.shortened(subject))", field: "channels")
            }
            self = .demand(product)
            return
        }
        let contract = products.contract(symbol: subject)
        guard contract != ContractKey() else {
            throw Problem(.unknownContract, "there is no contract \(JSONFieldReader.shortened(subject))", field: "channels")
        }
        self = parts[0] == "book" ? .book(contract) : .contractTrades(contract)
    }

    /// The name, as events carry it.
    func name(_ products: ProductIndex) -> String {
        switch self {
        case .book(let contract): "book:" + (products.symbol(of: contract) ?? "")
        case .trades(let product): "trades:" + (products.code(of: product) ?? "")
        case .contractTrades(let contract): "trades:" + (products.symbol(of: contract) ?? "")
        case .demand(let product): "demand:" + (products.code(of: product) ?? "")
        case .orders: "orders"
        case .fills: "fills"
        case .balances: "balances"
        case .bids: "bids"
        }
    }

    /// The contract that must exist for it.
    var contract: ContractKey? {
        switch self {
        case .book(let contract), .contractTrades(let contract): contract
        default: nil
        }
    }

    /// Whether it tells of a trade.
    func tells(of trade: TradeView, to participant: ParticipantID) -> Bool {
        switch self {
        case .trades(let product): trade.contract.product == product
        case .contractTrades(let contract): trade.contract == contract
        case .fills: trade.buyerID == participant || trade.sellerID == participant
        case .book, .demand, .orders, .balances, .bids: false
        }
    }
}
