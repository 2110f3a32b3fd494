import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Orders: types, times in force, options")
struct OrderLifeTests {
    @Test("a trade's price is the resting order's price, and the better price trades first, then the older order")
    func priceTimePriority() throws {
        let pit = Pit()
        let late = pit.sell(cents(205), 5).order.id
        let first = pit.sell(cents(200), 5).order.id
        let second = pit.sell(cents(200), 5).order.id
        let receipt = pit.buy(cents(210), 12, as: pit.alice)
        #expect(receipt.order.status == .filled)
        #expect(receipt.trades.map(\.price) == [cents(200), cents(200), cents(205)])
        #expect(receipt.trades.map(\.quantity) == [5, 5, 2])
        #expect(receipt.order.averagePrice == Price((5 * 2_000_000 * 2 + 2 * 2_050_000) / 12))
        #expect(pit.order(first).status == .filled && pit.order(second).status == .filled)
        #expect(pit.order(late).status == .partiallyFilled && pit.order(late).remainingQuantity == 3)
    }

    @Test("a market order takes what stands inside the band and never rests")
    func marketOrders() throws {
        let pit = Pit()
        pit.sell(cents(299), 3)
        var spec = OrderSpec()
        spec.contract = pit.contract()
        spec.type = .market
        spec.quantity = 5
        let bought = try pit.market.place(spec, as: pit.alice).get()
        #expect(bought.order.status == .cancelled && bought.order.reason == .unfilledRemainder)
        #expect(bought.order.filledQuantity == 3 && bought.order.remainingQuantity == 0 && bought.order.price == nil)
        #expect(pit.market.exchange.book(pit.contract(), depth: 5)?.bids.isEmpty == true)
        spec.side = .sell
        spec.quantity = 3
        let sold = try pit.market.place(spec, as: pit.alice).get()
        #expect(sold.order.status == .cancelled && sold.trades.isEmpty)
    }

    @Test("a market buy needs cash for the band's ceiling")
    func marketOrderFunds() {
        let pit = Pit(cash: 30)
        pit.sell(cents(100), 10)
        var spec = OrderSpec()
        spec.contract = pit.contract()
        spec.type = .market
        spec.quantity = 10
        // 10 × 3.00 and the taker's 0.09 are more than 30.
        #expect(pit.market.code(spec, as: pit.alice) == .insufficientFunds)
        spec.quantity = 9
        #expect(pit.market.code(spec, as: pit.alice) == nil)
    }

    @Test("ioc takes what it can and cancels the rest; fok takes all or nothing; min_quantity at least so much or nothing")
    func immediateOrders() throws {
        let pit = Pit()
        pit.sell(cents(200), 5)
        let killed = pit.buy(cents(200), 6, as: pit.alice, .fok)
        #expect(killed.order.status == .cancelled && killed.order.reason == .fillOrKill && killed.trades.isEmpty)
        var minimum = pit.market.order(.buy, pit.contract(), cents(200), 8, .ioc)
        minimum.minQuantity = 6
        let missed = try pit.market.place(minimum, as: pit.alice).get()
        #expect(missed.order.status == .cancelled && missed.order.reason == .minimumQuantity && missed.trades.isEmpty)
        minimum.minQuantity = 3
        let met = try pit.market.place(minimum, as: pit.alice).get()
        #expect(met.order.filledQuantity == 5 && met.order.status == .cancelled && met.order.reason == .unfilledRemainder)
        pit.sell(cents(200), 5)
        #expect(pit.buy(cents(200), 5, as: pit.alice, .fok).order.status == .filled)
        #expect(pit.buy(cents(200), 5, as: pit.alice, .ioc).order.status == .cancelled)
    }

    @Test("fok counts own orders as the sweep would treat them", arguments: [
        (SelfTradePrevention.cancelNewest, false), (.cancelBoth, false), (.cancelOldest, true),
    ])
    func fillOrKillWithOwnOrders(prevention: SelfTradePrevention, fills: Bool) throws {
        let pit = Pit()
        pit.sell(cents(200), 3)
        let held = pit.trade(cents(190), 4, to: pit.alice)
        #expect(held.order.status == .filled)
        let own = pit.resell(cents(200), 4, as: pit.alice).order.id
        pit.sell(cents(200), 3)
        var spec = pit.market.order(.buy, pit.contract(), cents(200), 6, .fok)
        spec.selfTradePrevention = prevention
        let receipt = try pit.market.place(spec, as: pit.alice).get()
        #expect(receipt.order.status == (fills ? .filled : .cancelled))
        #expect(pit.order(own).status == (fills ? .cancelled : .open))
    }

    @Test("of two orders of one owner that meet, the incoming order's mode decides which goes")
    func selfTradePrevention() throws {
        for (mode, incoming, resting) in [
            (SelfTradePrevention?.none, OrderStatus.cancelled, OrderStatus.open), (.cancelNewest, .cancelled, .open),
            (.cancelOldest, .open, .cancelled), (.cancelBoth, .cancelled, .cancelled),
        ] {
            let pit = Pit()
            let sister = pit.market.participant("Sister", .consumer, owner: pit.provider)
            pit.market.deposit(1_000, to: sister)
            let own = pit.sell(cents(200), 5).order.id
            var spec = pit.market.order(.buy, pit.contract(), cents(200), 3)
            spec.selfTradePrevention = mode
            let receipt = try pit.market.place(spec, as: sister).get()
            #expect(receipt.order.status == incoming && receipt.trades.isEmpty)
            #expect(pit.order(own).status == resting)
            if incoming == .cancelled { #expect(receipt.order.reason == .selfTrade) }
            if resting == .cancelled { #expect(pit.order(own).reason == .selfTrade) }
            #expect(pit.market.units(pit.resource, pit.contract().hour).onOffer == (resting == .open ? 5 : 0))
            #expect(pit.market.exchange.firstBrokenInvariant() == nil)
        }
    }

    @Test("an iceberg shows its part, refreshes to the back of its price and reserves for all of it")
    func icebergs() throws {
        let pit = Pit()
        var spec = pit.market.order(.sell, pit.contract(), cents(200), 10, resource: pit.resource)
        spec.displayQuantity = 4
        let iceberg = try pit.market.place(spec, as: pit.provider).get().order.id
        let behind = pit.sell(cents(200), 4).order.id
        #expect(pit.market.exchange.book(pit.contract(), depth: 1)?.asks.map(\.quantity) == [8])
        #expect(pit.market.balance(pit.provider).reserved == Micros(8_400_000))
        pit.buy(cents(200), 6, as: pit.alice)
        // 4 of the iceberg, then 2 of the order behind it, which is now in front.
        #expect(pit.order(iceberg).filledQuantity == 4 && pit.order(behind).filledQuantity == 2)
        pit.buy(cents(200), 2, as: pit.alice)
        #expect(pit.order(iceberg).filledQuantity == 4 && pit.order(behind).status == .filled)
        #expect(pit.market.exchange.book(pit.contract(), depth: 1)?.asks.map(\.quantity) == [4])
    }

    @Test("post_only is refused at the opposite price and rests one tick away, when amended too")
    func postOnly() throws {
        let pit = Pit()
        pit.sell(cents(200), 5)
        var spec = pit.market.order(.buy, pit.contract(), cents(200), 1)
        spec.postOnly = true
        #expect(pit.market.code(spec, as: pit.alice) == .postOnlyWouldCross)
        spec.price = cents(199)
        let id = try pit.market.place(spec, as: pit.alice).get().order.id
        let before = pit.market.stateWithoutHeader
        #expect(pit.market.amend(id, price: cents(200), as: pit.alice).refusal
                == Refusal(.postOnlyWouldCross, "the best opposite price is 2.0000"))
        #expect(pit.market.stateWithoutHeader == before)
        #expect(try pit.market.amend(id, price: cents(198), as: pit.alice).get().order.status == .open)
    }

    @Test("gtd ends at expires_at, and not a microsecond before")
    func goodTillDate() throws {
        let pit = Pit()
        var spec = pit.market.order(.buy, pit.contract(), cents(150), 1, .gtd)
        spec.expiresAt = pit.market.now.advanced(minutes: 10)
        let id = try pit.market.place(spec, as: pit.alice).get().order.id
        pit.market.advance(to: pit.market.now.advanced(microseconds: 10 * 60_000_000 - 1))
        #expect(pit.order(id).status == .open)
        pit.market.advance(to: pit.market.now.advanced(microseconds: 1))
        #expect(pit.order(id).status == .expired && pit.order(id).reason == .expired)
        #expect(pit.order(id).closedAt == spec.expiresAt)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
    }

    @Test("client_order_id is taken until 24 h after the order closed, and names the order")
    func clientNames() throws {
        let pit = Pit()
        var spec = pit.market.order(.buy, pit.contract(200), cents(150), 1)
        spec.clientOrderID = "mine"
        let id = try pit.market.place(spec, as: pit.alice).get().order.id
        #expect(pit.market.code(spec, as: pit.bob) == nil, "another participant's name is its own")
        #expect(pit.market.code(spec, as: pit.alice) == .duplicateClientOrderID)
        let reference = OrderReference(clientOrderID: "mine")
        #expect(pit.market.exchange.order(reference, of: pit.alice)?.id == id)
        #expect(pit.market.code(.cancelOrder(CancelOrder(reference)), as: pit.alice) == nil)
        #expect(pit.market.code(.cancelOrder(CancelOrder(reference)), as: pit.alice) == .orderNotOpen)
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(clientOrderID: "none"))), as: pit.alice) == .notFound)
        pit.advance(minutes: 24 * 60)
        #expect(pit.market.code(spec, as: pit.alice) == .duplicateClientOrderID)
        pit.market.advance(to: pit.market.now.advanced(microseconds: 1))
        #expect(pit.market.code(spec, as: pit.alice) == nil)
    }

    @Test("another participant's order is not found, a closed one is not open")
    func ownership() throws {
        let pit = Pit()
        let id = pit.buy(cents(150), 1, as: pit.alice).order.id
        for number in [id.rawValue, 0, -1, Int64.max, Int64.min] {
            let reference = OrderReference(id: OrderID(number))
            #expect(pit.market.code(.cancelOrder(CancelOrder(reference)), as: pit.bob) == .notFound)
            var body = AmendOrder.Body()
            body.quantity = 2
            #expect(pit.market.code(.amendOrder(AmendOrder(order: reference, body: body)), as: pit.bob) == .notFound)
        }
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: id))), as: pit.alice) == nil)
        var body = AmendOrder.Body()
        body.quantity = 2
        #expect(pit.market.code(.amendOrder(AmendOrder(order: OrderReference(id: id), body: body)), as: pit.alice) == .orderNotOpen)
    }

    @Test("cancelling all cancels resting orders and stops, of one contract or of all, and of nobody else")
    func cancelAll() throws {
        let pit = Pit()
        for hour in [2, 3] as [Int32] {
            pit.buy(cents(150), 1, as: pit.alice, hour: hour)
            var stop = pit.market.order(.buy, pit.contract(hour), cents(250), 1)
            stop.type = .stopLimit
            stop.stopPrice = cents(240)
            _ = try pit.market.place(stop, as: pit.alice).get()
            pit.buy(cents(140), 1, as: pit.bob, hour: hour)
        }
        func cancel(_ contract: ContractKey?) -> Int64 {
            guard case .cancelled(let count) = pit.market.apply(.cancelOrders(CancelOrders(contract: contract)), as: pit.alice).reply
            else { return -1 }
            return count.cancelled
        }
        #expect(cancel(pit.contract(3)) == 2)
        #expect(cancel(pit.contract(3)) == 0)
        #expect(cancel(nil) == 2)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
        #expect(pit.market.balance(pit.bob).reserved > .zero)
        var unlisted = pit.contract()
        unlisted.product = ProductID(77)
        #expect(pit.market.code(.cancelOrders(CancelOrders(contract: unlisted)), as: pit.alice) == .unknownContract)
    }

    @Test("each element of a batch is a command of its own, in order, with its own refusal")
    func batches() throws {
        let pit = Pit(cash: 100)
        var batch = OrderBatch()
        batch.orders = [
            pit.market.order(.buy, pit.contract(), cents(200), 40),
            pit.market.order(.buy, pit.contract(), cents(200), 40),
            OrderSpec(),
            pit.market.order(.buy, pit.contract(), cents(200), 5),
        ]
        guard case .orders(let results) = pit.market.apply(.placeOrders(batch), as: pit.alice).reply else {
            Issue.record("no results")
            return
        }
        #expect(results.map { $0.error?.code } == [nil, .insufficientFunds, .invalidRequest, nil])
        #expect(results.map { $0.order?.status } == [.open, nil, nil, .open])
        batch.orders = []
        #expect(pit.market.code(.placeOrders(batch), as: pit.alice) == .invalidRequest)
        batch.orders = Array(repeating: OrderSpec(), count: 1_001)
        #expect(pit.market.code(.placeOrders(batch), as: pit.alice) == .invalidRequest)
    }
}

@Suite("Results of batches in a frame")
struct BatchResultTests {
    /// What a frame's results say of one order of a batch.
    private struct Element: Record {
        var order: OrderResult?
        var error: Refusal?

        mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("order", &order)
            coder.field("error", &error)
        }
    }

    @Test("each order stands there in short, or with its refusal; sent again under its key, the batch has the same result")
    func inShort() throws {
        let pit = Pit(cash: 100)
        pit.sell(cents(200), 2)
        var batch = OrderBatch()
        batch.orders = [
            pit.market.order(.buy, pit.contract(), cents(200), 1),
            pit.market.order(.buy, pit.contract(), cents(100), 5_000),
            pit.market.order(.buy, pit.contract(), cents(200), 3, .ioc),
            OrderSpec(),
        ]
        let key = IdempotencyKey(high: 1, low: 2, fingerprint: 3)
        for _ in 0..<2 {
            var output = ExchangeOutput()
            let envelope = Envelope(time: pit.market.now, issuer: pit.alice, idempotency: key, command: .placeOrders(batch))
            let outcome = pit.market.exchange.apply(envelope, output: &output)
            guard case .orders(let told) = outcome.reply else {
                Issue.record("no results")
                return
            }
            #expect(output.results.bytes.first == ReplyTag.orders.ordinal)
            var decoder = BinaryDecoder(output.results.bytes, offset: 1)
            let elements = try decoder.read([Element].self)
            #expect(decoder.isAtEnd)
            #expect(elements.map(\.error) == told.map(\.error))
            #expect(elements.map { $0.order?.id } == told.map { $0.order?.id })
            #expect(elements.map { $0.order?.status } == [.filled, nil, .cancelled, nil])
            #expect(elements.map { $0.order?.reason } == [nil, nil, .unfilledRemainder, nil])
            #expect(elements.map { $0.order?.filledQuantity } == [1, nil, 1, nil])
            #expect(elements.map { $0.order?.trades } == [1, nil, 1, nil])
            #expect(elements.map { $0.order?.firstTrade } == told.map { $0.order == nil ? nil : $0.trades?.first?.id ?? TradeID.none })
        }
    }
}

@Suite("Orders that closed long ago")
struct ForgottenOrderTests {
    @Test("an order that expired early in a long passage of time is forgotten at its end")
    func longPassage() throws {
        let market = Market()
        let product = market.product()
        let buyer = market.participant("Buyer", .consumer)
        market.deposit(1_000, to: buyer)
        let receipt = try market.place(market.order(.buy, market.contract(product, in: 2), Price(2_000_000), 1), as: buyer).get()
        market.advance(to: market.now.advanced(hours: 72))
        #expect(market.exchange.order(OrderReference(id: receipt.order.id), of: buyer) == nil)
        #expect(market.exchange.orders(of: buyer, status: nil, contract: nil, after: OrderID(0), limit: 10).isEmpty)
    }
}
