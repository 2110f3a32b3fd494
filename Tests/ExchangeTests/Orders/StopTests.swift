import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Orders: stops")
struct StopTests {
    private func stop(
        _ pit: Pit, _ side: Side, at stop: Price, limit: Price? = nil, _ quantity: Quantity, _ force: TimeInForce? = nil, hour: Int32 = 2
    ) -> OrderSpec {
        var spec = OrderSpec()
        spec.contract = pit.contract(hour)
        spec.side = side
        spec.type = limit == nil ? .stop : .stopLimit
        spec.stopPrice = stop
        spec.price = limit
        spec.quantity = quantity
        spec.timeInForce = limit == nil ? nil : force ?? .gtc
        return spec
    }

    @Test("a buy stop waits below its price and enters when the last price reaches it")
    func buyStop() throws {
        let pit = Pit()
        pit.trade(cents(200), 1, to: pit.bob)
        let id = try pit.market.place(stop(pit, .buy, at: cents(210), 4), as: pit.alice).get().order.id
        #expect(pit.order(id).status == .pendingTrigger)
        // A waiting stop sets aside the band's ceiling with the higher fee: 4 × 3.00 × 1.003.
        #expect(pit.market.balance(pit.alice).reserved == Micros(12_036_000))
        pit.trade(cents(209), 1, to: pit.bob)
        #expect(pit.order(id).status == .pendingTrigger)
        pit.sell(cents(215), 3)
        pit.trade(cents(210), 1, to: pit.bob)
        #expect(pit.order(id).status == .cancelled && pit.order(id).filledQuantity == 3)
        #expect(pit.order(id).reason == .unfilledRemainder)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
    }

    @Test("a stop whose condition holds already enters at once")
    func immediate() throws {
        let pit = Pit()
        pit.trade(cents(200), 1, to: pit.bob)
        pit.sell(cents(205), 5)
        let id = try pit.market.place(stop(pit, .buy, at: cents(200), limit: cents(205), 2), as: pit.alice).get().order.id
        #expect(pit.order(id).status == .filled)
    }

    @Test("a stop's trade triggers the next stop, the earliest accepted first, in the same command")
    func cascade() throws {
        let pit = Pit()
        pit.trade(cents(200), 1, to: pit.bob)
        for price in [cents(220), cents(230), cents(240)] { pit.sell(price, 2) }
        let last = try pit.market.place(stop(pit, .buy, at: cents(230), 2), as: pit.alice).get().order.id
        let second = try pit.market.place(stop(pit, .buy, at: cents(220), 2), as: pit.alice).get().order.id
        let first = try pit.market.place(stop(pit, .buy, at: cents(210), 2), as: pit.alice).get().order.id
        pit.sell(cents(210), 1)
        let position = pit.market.journal.count
        pit.buy(cents(210), 1, as: pit.bob)
        #expect(pit.market.journal.count == position + 1)
        for id in [first, second, last] { #expect(pit.order(id).status == .filled) }
        let trades = pit.market.events(since: position).compactMap { event -> TradeView? in
            if case .trade(let trade) = event.event { trade } else { nil }
        }
        #expect(trades.map(\.price) == [cents(210), cents(220), cents(230), cents(240)])
        #expect(trades.dropFirst().map(\.buyOrderID) == [first, second, last])
    }

    @Test("of several stops that one trade triggers the earliest accepted enters first")
    func acceptance() throws {
        let pit = Pit()
        pit.trade(cents(150), 1, to: pit.bob)
        var ids: [OrderID] = []
        for quantity in [3, 2, 1] as [Quantity] {
            ids.append(try pit.market.place(stop(pit, .buy, at: cents(200), limit: cents(210), quantity), as: pit.alice).get().order.id)
        }
        let position = pit.market.journal.count
        pit.trade(cents(200), 1, to: pit.bob)
        let entered = pit.market.events(since: position).compactMap { event -> OrderID? in
            if case .orderAccepted(let order) = event.event, ids.contains(order.id) { order.id } else { nil }
        }
        #expect(entered == ids)
    }

    @Test("a triggered fill-or-kill stop that cannot be filled whole is killed, and one with a minimum keeps it")
    func immediateConditions() throws {
        let pit = Pit()
        pit.trade(cents(200), 1, to: pit.bob)
        pit.sell(cents(220), 3)
        let kill = try pit.market.place(stop(pit, .buy, at: cents(210), limit: cents(230), 4, .fok), as: pit.alice).get().order.id
        var minimum = stop(pit, .buy, at: cents(210), limit: cents(230), 6, .ioc)
        minimum.minQuantity = 5
        let missed = try pit.market.place(minimum, as: pit.alice).get().order.id
        pit.trade(cents(210), 1, to: pit.bob)
        #expect(pit.order(kill).filledQuantity == 0 && pit.order(kill).reason == .fillOrKill)
        #expect(pit.order(missed).filledQuantity == 0 && pit.order(missed).reason == .minimumQuantity)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("a triggered stop passes the checks again, its own reservation counted, and is cancelled with the reason it fails by")
    func checkedAgain() throws {
        for (spare, reason) in [(Micros(239_999), "insufficient_funds"), (Micros(240_000), nil)] {
            let pit = Pit()
            pit.trade(cents(200), 1, to: pit.bob)
            pit.buy(cents(150), 1, as: pit.alice)
            pit.buy(cents(140), 5, as: pit.alice)
            var spec = stop(pit, .sell, at: cents(160), 2)
            spec.resourceID = pit.resource
            // Set aside: the bond on two units at the band's floor, 0.60. At the best bid of 1.40 it is 0.84.
            let id = try pit.market.place(spec, as: pit.provider).get().order.id
            let movement = MoneyMovement(
                participantID: pit.provider, currency: Currency(unchecked: "USD"),
                amount: pit.market.balance(pit.provider).available - spare, reference: "out")
            #expect(pit.market.code(.withdraw(movement), as: pit.market.operatorID) == nil)
            pit.resell(cents(150), 1, as: pit.bob)
            #expect(pit.order(id).reason?.rawValue == reason)
            #expect(pit.order(id).filledQuantity == (reason == nil ? 2 : 0))
            #expect(pit.market.balance(pit.provider).reserved == .zero)
        }
    }

    @Test("stops are cancelled, expire and end with the gate like resting orders")
    func ends() throws {
        let pit = Pit()
        var dated = stop(pit, .buy, at: cents(250), limit: cents(250), 1, .gtd)
        dated.expiresAt = pit.market.now.advanced(minutes: 5)
        let expiring = try pit.market.place(dated, as: pit.alice).get().order.id
        let cancelled = try pit.market.place(stop(pit, .buy, at: cents(250), 1), as: pit.alice).get().order.id
        let closing = try pit.market.place(stop(pit, .buy, at: cents(250), 1), as: pit.alice).get().order.id
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: cancelled))), as: pit.alice) == nil)
        pit.advance(minutes: 105)
        #expect(pit.order(expiring).reason == .expired)
        #expect(pit.order(cancelled).reason == .requested)
        #expect(pit.order(closing).reason == .gateClosed && pit.order(closing).status == .expired)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
    }

    @Test("a whole bid's trades trigger stops too")
    func bidsTrigger() throws {
        let pit = Pit()
        pit.trade(cents(200), 1, to: pit.bob)
        let id = try pit.market.place(stop(pit, .buy, at: cents(220), 1), as: pit.alice).get().order.id
        pit.sell(cents(220), 2)
        pit.sell(cents(230), 2)
        let bid = try pit.market.bid(pit.market.bid(quantity: 2, hours: 1, from: 2), as: pit.bob).get()
        #expect(bid.status == .filled)
        #expect(pit.order(id).status == .filled && pit.order(id).averagePrice == cents(230))
    }
}
