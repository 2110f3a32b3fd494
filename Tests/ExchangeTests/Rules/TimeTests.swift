import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Time, gates, halts, listings")
struct TimeTests {
    @Test("at equal time expiries by acceptance come first, then gates by symbol, then deadlines")
    func orderOfHappenings() throws {
        let market = Market()
        // Codes of which one begins with the other: the symbols decide, in which "-" comes before ".".
        let products = [market.product("H100", "CN-GAN"), market.product("H100", "CN-GAN-2"), market.product("A100", "CN-GAN")]
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let buyer = market.participant("Buyer", .consumer)
        market.deposit(1_000, to: provider)
        market.deposit(1_000, to: buyer)
        let resource = market.resource(of: provider, units: 8, "H100", "CN-GAN", meter: meter)
        let midnight = Hour(containing: market.now)
        // Sold for 00:30's gate at 01:00: the report of hour 1 is due at 02:15 + 30.
        _ = try market.place(market.order(.sell, ContractKey(product: products[0], hour: midnight + 1), cents(200), 1, resource: resource), as: provider).get()
        _ = try market.place(market.order(.buy, ContractKey(product: products[0], hour: midnight + 1), cents(200), 1), as: buyer).get()
        market.advance(to: midnight.start.advanced(minutes: 120))
        market.report(resource, midnight + 1, delivered: 3_600, sequence: 1, as: meter)
        // Due at 02:30 with the default 30 minutes; the gates of hour 3 of all products close at 02:45.
        market.advance(to: midnight.start.advanced(minutes: 135))
        var resting: [OrderID] = []
        for product in products {
            resting.append(try market.place(market.order(.buy, ContractKey(product: product, hour: midnight + 3), cents(150), 1), as: buyer).get().order.id)
        }
        var dated: [OrderID] = []
        for product in [products[1], products[0]] {
            var spec = market.order(.buy, ContractKey(product: product, hour: midnight + 9), cents(150), 1, .gtd)
            spec.expiresAt = midnight.start.advanced(minutes: 165)
            dated.append(try market.place(spec, as: buyer).get().order.id)
        }
        let position = market.journal.count
        market.advance(to: midnight.start.advanced(minutes: 240))
        var closed: [OrderID] = []
        var times: [Timestamp] = []
        for event in market.events(since: position) {
            times.append(event.time)
            if case .orderClosed(let order) = event.event { closed.append(order.id) }
        }
        #expect(closed == dated + [resting[2], resting[1], resting[0]])
        #expect(times == times.sorted(), "nothing happens out of order")
        #expect(market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(0), limit: 9).map(\.settledAt)
            == [midnight.start.advanced(minutes: 150)])
    }

    @Test("the gate closes 15 minutes before the hour: open orders expire in the order of acceptance, lots become deliveries")
    func gate() throws {
        let pit = Pit()
        pit.trade(cents(200), 2, to: pit.alice)
        let sell = pit.sell(cents(250), 3).order.id
        let buy = pit.buy(cents(150), 3, as: pit.bob).order.id
        pit.market.advance(to: pit.midnight.start.advanced(microseconds: 105 * 60_000_000 - 1))
        #expect(pit.market.exchange.contract(pit.contract())?.status == .open)
        #expect(pit.market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(0), limit: 9).isEmpty)
        let position = pit.market.journal.count
        pit.advance(minutes: 105)
        #expect(pit.market.exchange.contract(pit.contract())?.status == .closed)
        let closed = pit.market.events(since: position).compactMap { event -> OrderID? in
            if case .orderClosed(let order) = event.event { order.id } else { nil }
        }
        #expect(closed == [sell, buy])
        #expect(pit.order(sell).reason == .gateClosed && pit.order(buy).status == .expired)
        let deliveries = pit.market.exchange.deliveries(of: pit.alice, contract: pit.contract(), after: DeliveryID(0), limit: 9)
        #expect(deliveries.map(\.quantity) == [2] && deliveries.map(\.status) == [.scheduled])
        #expect(pit.market.balance(pit.bob).reserved == .zero && pit.market.balance(pit.provider).reserved == .zero)
        #expect(pit.market.code(pit.market.order(.buy, pit.contract(), cents(150), 1), as: pit.bob) == .marketClosed)
        for (minutes, status, delivery) in [
            (120, ContractStatus.delivering, "delivering"), (180, .metering, "metering"), (195, .metering, "unverified"),
        ] as [(Int32, ContractStatus, String)] {
            pit.advance(minutes: minutes)
            #expect(pit.market.exchange.contract(pit.contract())?.status == status)
            #expect(pit.market.exchange.delivery(DeliveryID(1))?.status.rawValue == delivery)
        }
        pit.advance(minutes: 180 + 24 * 60)
        #expect(pit.market.exchange.contract(pit.contract())?.status == .settled)
    }

    @Test("a past hour is closed, one beyond the horizon does not exist, the last one inside does")
    func horizon() {
        let pit = Pit()
        for (hour, code) in [
            (Int32(1_000), nil), (1_001, RefusalCode.unknownContract), (0, .marketClosed), (-1, .marketClosed), (1, nil),
        ] as [(Int32, RefusalCode?)] {
            #expect(pit.market.code(pit.market.order(.buy, pit.contract(hour), cents(200), 1), as: pit.alice) == code, "hour \(hour)")
        }
        for hour in [Int32.min, -1, 0] {
            let key = ContractKey(product: pit.product, hour: Hour(hour))
            #expect(pit.market.code(pit.market.order(.buy, key, cents(200), 1), as: pit.alice) == .marketClosed)
        }
        let key = ContractKey(product: pit.product, hour: Hour(Int32.max))
        #expect(pit.market.code(pit.market.order(.buy, key, cents(200), 1), as: pit.alice) == .unknownContract)
    }

    @Test("a contract that nobody trades costs nothing, looked at, quoted, bid for, halted in its product or refused")
    func byRule() throws {
        let pit = Pit()
        pit.market.product("MI300X", horizon: 8_784)
        let size = pit.market.state.count
        let year = Hour(containing: pit.market.now) + 8_784
        #expect(pit.market.exchange.contracts(product: ProductID(1), from: Hour(0), to: year, limit: .max).count == 8_784)
        #expect(pit.market.exchange.book(ContractKey(product: ProductID(1), hour: year + -1), depth: 5) != nil)
        var spec = pit.market.bid(quantity: 1, hours: 24, from: 1, window: 8_700, placement: .any)
        #expect(try pit.market.exchange.quote(spec, for: pit.alice).feasible == false)
        spec.clientBidID = String(repeating: "x", count: 255)
        #expect(pit.market.code(.cancelOrders(CancelOrders(contract: pit.contract(7))), as: pit.alice) == nil)
        #expect(pit.market.code(.resume(TradingScope(.contract, contract: pit.contract(7))), as: pit.market.operatorID) == nil)
        #expect(pit.market.code(pit.market.order(.buy, pit.contract(8), cents(400), 1), as: pit.alice) == .outsidePriceBand)
        #expect(pit.market.state.count == size)
        #expect(try pit.market.bid(spec, as: pit.alice).get().status == .unfilled)
        // The bid alone: a year of hours was searched and none came into being.
        #expect(pit.market.state.count < size + 1_000)
    }

    @Test("contract, product and market are halted and resumed apart; hours sold are delivered all the same")
    func halts() throws {
        for scope in ["contract", "product", "market"] {
            let pit = Pit()
            let other = pit.market.product("MI300X")
            pit.trade(cents(200), 2, to: pit.alice)
            let resting = pit.buy(cents(150), 1, as: pit.alice).order.id
            let halt =
                switch scope {
                case "contract": TradingScope(.contract, contract: pit.contract())
                case "product": TradingScope(.product, product: pit.product)
                default: TradingScope(.market)
                }
            pit.market.apply(.halt(halt), as: pit.market.operatorID)
            #expect(pit.market.exchange.contract(pit.contract())?.status == .halted)
            let expected: [(ContractKey, RefusalCode?)] = [
                (pit.contract(), .marketHalted), (pit.contract(3), scope == "contract" ? nil : .marketHalted),
                (ContractKey(product: other, hour: pit.midnight + 2), scope == "market" ? .marketHalted : nil),
            ]
            for (contract, code) in expected {
                #expect(pit.market.code(pit.market.order(.buy, contract, cents(150), 1), as: pit.alice) == code, "\(scope)")
            }
            // The whole bid does not see what is halted; cancelling is always allowed.
            let spec = pit.market.bid(quantity: 1, hours: 1, from: 2)
            #expect(try pit.market.bid(spec, as: pit.bob).get().status == .unfilled)
            #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: resting))), as: pit.alice) == nil)
            pit.market.apply(.resume(halt), as: pit.market.operatorID)
            #expect(pit.market.code(pit.market.order(.buy, pit.contract(), cents(150), 1), as: pit.alice) == nil)
            pit.market.apply(.halt(halt), as: pit.market.operatorID)
            pit.advance(minutes: 105)
            #expect(pit.market.exchange.contract(pit.contract())?.status == .closed)
            #expect(pit.market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(0), limit: 9).count == 1)
        }
    }

    @Test("a contract that is over is neither halted nor resumed, and one that does not exist neither")
    func haltsOfWhatIsNot() {
        let pit = Pit()
        pit.advance(minutes: 300)
        let past = [Int32.min, -1, 0, pit.midnight.hoursSince1970, pit.midnight.hoursSince1970 + 5]
        for hour in past {
            let scope = TradingScope(.contract, contract: ContractKey(product: pit.product, hour: Hour(hour)))
            #expect(pit.market.code(.halt(scope), as: pit.market.operatorID) == .marketClosed, "hour \(hour)")
            #expect(pit.market.code(.resume(scope), as: pit.market.operatorID) == .marketClosed, "hour \(hour)")
        }
        for contract in [ContractKey(), ContractKey(product: pit.product, hour: Hour(.max))] {
            #expect(pit.market.code(.halt(TradingScope(.contract, contract: contract)), as: pit.market.operatorID) == .unknownContract)
        }
        #expect(pit.market.code(.halt(TradingScope(.product, product: .none)), as: pit.market.operatorID) == .notFound)
        #expect(pit.market.exchange.nextDue == nil)
    }

    @Test("one command settles at most 1,000 deliveries, and the next continues")
    func settlementsPerCommand() throws {
        let pit = Pit(units: 2_500)
        pit.sell(cents(200), 2_500)
        var batch = OrderBatch()
        batch.orders = Array(repeating: pit.market.order(.buy, pit.contract(), cents(200), 1), count: 1_000)
        for _ in 0..<2 { pit.market.apply(.placeOrders(batch), as: pit.alice) }
        batch.orders.removeLast(500)
        pit.market.apply(.placeOrders(batch), as: pit.alice)
        pit.advance(minutes: 180)
        pit.report(delivered: 2_500 * 3_600 - 1_250)
        let position = pit.market.journal.count
        pit.advance(minutes: 300)
        var settled: [Int64: Int] = [:]
        for event in pit.market.events(since: position) {
            if case .delivery(let delivery) = event.event, delivery.status == .settled { settled[event.sequence, default: 0] += 1 }
        }
        // Of a command's 1,000 a few go for looking at deliveries that are not due.
        #expect(settled.count == 3 && settled.values.reduce(0, +) == 2_500 && settled.values.allSatisfy { $0 <= 1_000 }, "\(settled)")
        #expect(pit.market.escrow(pit.contract()) == "0.000000")
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
        #expect(pit.market.replay().state == pit.market.state)
    }
}
