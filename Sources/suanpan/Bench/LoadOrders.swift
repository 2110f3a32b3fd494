import Exchange
import Matching
import Quantities

/// What an order of the mix is, whatever market it is for.
struct MixedOrder {
    var side: Side
    /// Above the middle, of a buy below zero where it rests.
    var offset: Int64
    var quantity: Quantity
    /// Of the contracts, and of the accounts on its side, counted from 0.
    var contract: Int
    var account: Int

    /// An order that rests, at a geometric distance from the middle, or one that trades at once.
    init(_ random: inout SplitMix, isTrading: Bool, contracts: Int, accounts: (Side) -> Int) {
        side = random.below(2) == 0 ? .buy : .sell
        var distance: Int64 = isTrading ? -8 : 1
        while !isTrading, distance < 100, random.below(1_000) >= 80 { distance += 1 }
        offset = side == .buy ? -distance : distance
        quantity = Quantity(1 + random.below(100))
        contract = random.below(contracts)
        account = random.below(accounts(side))
    }
}

/// Orders of the mix in the journal's form: so many different ones, offered in turn. In time lapse their hours move with the clock.
package struct LoadOrders: Sendable {
    private struct Order {
        var command: EncodedCommand
        /// In time lapse, how many hours ahead.
        var hoursAhead: Int32 = 0
    }

    private var resting: [Order] = []
    private var trading: [Order] = []
    private var offered = (resting: 0, trading: 0)
    /// Where the hour stands in an order's bytes.
    private var hourPlace = 0

    private static let different = (resting: 100_003, trading: 20_011)

    /// Orders of a stream, whose hours stand.
    init(of stream: ExchangeStream) {
        make { random, isTrading in
            let (command, issuer) = stream.order(&random, isTrading: isTrading)
            return Order(command: EncodedCommand(command, issuer: issuer))
        }
    }

    private mutating func make(_ order: (inout SplitMix, Bool) -> Order) {
        var random = SplitMix(state: 7)
        resting = (0..<Self.different.resting).map { _ in order(&random, false) }
        trading = (0..<Self.different.trading).map { _ in order(&random, true) }
    }

    /// The next order; in time lapse for an hour so far ahead of the one in which `time` lies.
    package mutating func next(isTrading: Bool, at time: @autoclosure () -> Timestamp) -> EncodedCommand {
        let order: Order
        if isTrading {
            order = trading[offered.trading % trading.count]
            offered.trading += 1
        } else {
            order = resting[offered.resting % resting.count]
            offered.resting += 1
        }
        guard hourPlace > 0 else { return order.command }
        var bytes = order.command.bytes
        Self.write(Hour(containing: time()) + order.hoursAhead, at: hourPlace, of: &bytes)
        return EncodedCommand(envelope: bytes)
    }

    // MARK: In time lapse

    /// The hours that can be bought at a time.
    package static let windowHours: Int32 = 168
    package static let middle = Price(3_000_000)
    package static let tick = Price(100)

    /// Orders for the hours of a market in time lapse, the first of them `nearest` hours ahead.
    package init(of market: LapseMarket, nearest: Int32) {
        hourPlace = Self.hourPlace(of: market)
        make { random, isTrading in
            let mixed = MixedOrder(&random, isTrading: isTrading, contracts: Int(Self.windowHours)) { side in
                side == .buy ? market.buyers.count : market.sellers.count
            }
            let price = Price(Self.middle.rawValue + mixed.offset * Self.tick.rawValue)
            let (command, issuer) = market.order(mixed.side, price, mixed.quantity, in: Hour(0), of: mixed.account)
            return Order(command: EncodedCommand(command, issuer: issuer), hoursAhead: nearest + Int32(mixed.contract))
        }
    }

    /// Where the encoding of an order has its hour: where two orders differ that differ in nothing else.
    private static func hourPlace(of market: LapseMarket) -> Int {
        func bytes(_ hour: Int32) -> [UInt8] {
            let (command, issuer) = market.order(.buy, middle, 1, in: Hour(hour), of: 0)
            return EncodedCommand(command, issuer: issuer).bytes
        }
        let differing = zip(bytes(0), bytes(-1)).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
        guard let place = differing.first, differing.elementsEqual(place..<place + 4) else { preconditionFailure("an hour that is no four bytes") }
        return place
    }

    private static func write(_ hour: Hour, at place: Int, of bytes: inout [UInt8]) {
        for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: hour.hoursSince1970 >> Int32(8 * byte)) }
    }
}
