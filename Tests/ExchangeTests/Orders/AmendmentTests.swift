import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Orders: amendments")
struct AmendmentTests {
    /// Two bids at one price, the first amended: which of them a later seller meets first.
    private func firstServed(_ amend: (Pit, OrderID) throws -> Void) throws -> (amended: Bool, pit: Pit) {
        let pit = Pit()
        let first = pit.buy(cents(200), 10, as: pit.alice).order.id
        let second = pit.buy(cents(200), 10, as: pit.bob).order.id
        try amend(pit, first)
        pit.sell(cents(200), 1)
        return (pit.order(first).filledQuantity == 1 && pit.order(second).filledQuantity == 0, pit)
    }

    @Test("the same or less quantity at the same price keeps priority, anything else loses it")
    func priority() throws {
        #expect(try firstServed { _ = try $0.market.amend($1, quantity: 4, as: $0.alice).get() }.amended)
        #expect(try firstServed { _ = try $0.market.amend($1, quantity: 10, as: $0.alice).get() }.amended)
        #expect(try firstServed { _ = try $0.market.amend($1, price: cents(200), quantity: 9, as: $0.alice).get() }.amended)
        #expect(try !firstServed { _ = try $0.market.amend($1, quantity: 11, as: $0.alice).get() }.amended)
        let moved = try firstServed {
            _ = try $0.market.amend($1, price: cents(199), as: $0.alice).get()
            _ = try $0.market.amend($1, price: cents(200), as: $0.alice).get()
        }
        #expect(!moved.amended)
    }

    @Test("quantity is the new total; what is set aside follows the remainder exactly")
    func totals() throws {
        let pit = Pit()
        let id = pit.buy(cents(200), 10, as: pit.alice).order.id
        pit.sell(cents(200), 4)
        // 6 × 2.00 and the maker's 10 bps.
        #expect(pit.market.balance(pit.alice).reserved == Micros(12_012_000))
        let smaller = try pit.market.amend(id, quantity: 5, as: pit.alice).get().order
        #expect(smaller.quantity == 5 && smaller.filledQuantity == 4 && smaller.remainingQuantity == 1)
        #expect(smaller.status == .partiallyFilled)
        #expect(pit.market.balance(pit.alice).reserved == Micros(2_002_000))
        let larger = try pit.market.amend(id, price: cents(150), quantity: 7, as: pit.alice).get().order
        #expect(larger.remainingQuantity == 3 && larger.id == id)
        #expect(pit.market.balance(pit.alice).reserved == Micros(4_504_500))
        #expect(pit.market.amend(id, quantity: 4, as: pit.alice).refusal
                == Refusal(.conflict, "4 units are filled already", field: "quantity"))
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("an amendment that crosses trades at once, as a taker")
    func crossing() throws {
        let pit = Pit()
        pit.sell(cents(205), 3)
        let id = pit.buy(cents(200), 10, as: pit.alice).order.id
        let receipt = try pit.market.amend(id, price: cents(210), as: pit.alice).get()
        #expect(receipt.trades.map(\.price) == [cents(205)])
        #expect(receipt.trades.map(\.fee) == [Micros(6_150_000 * 30 / 10_000)])
        #expect(receipt.order.status == .partiallyFilled && receipt.order.remainingQuantity == 7)
    }

    @Test("an order's own reservation counts as available when it is amended, and a refusal changes nothing", arguments: [
        RefusalCode.insufficientFunds, .priceOffTick, .quantityOffLot, .outsidePriceBand, .insufficientCapacity, .conflict, .invalidRequest,
    ])
    func refusals(code: RefusalCode) throws {
        let pit = Pit(lot: 2, cash: 10)
        let sells = code == .insufficientCapacity
        let id = sells ? pit.sell(cents(300), 4).order.id : pit.buy(cents(200), 4, as: pit.alice).order.id
        let issuer = sells ? pit.provider : pit.alice
        let before = pit.market.stateWithoutHeader
        let answer: Result<OrderReceipt, Refusal>
        switch code {
        case .insufficientFunds: answer = pit.market.amend(id, quantity: 6, as: issuer)
        case .priceOffTick: answer = pit.market.amend(id, price: Price(2_000_001), as: issuer)
        case .quantityOffLot: answer = pit.market.amend(id, quantity: 3, as: issuer)
        case .outsidePriceBand: answer = pit.market.amend(id, price: cents(301), as: issuer)
        case .insufficientCapacity: answer = pit.market.amend(id, price: cents(100), quantity: 102, as: issuer)
        case .conflict:
            var offer = pit.market.offer(of: pit.resource, 2, at: cents(300), from: 3, hours: 1)
            offer.clientOfferID = "offer"
            let order = try pit.market.offer(offer, as: pit.provider).get().hours[0].orderID
            let state = pit.market.stateWithoutHeader
            #expect(pit.market.amend(order, quantity: 1, as: pit.provider).refusal
                == Refusal(.conflict, "the order belongs to an offer; amend the offer"))
            #expect(pit.market.stateWithoutHeader == state)
            return
        default: answer = pit.market.amend(id, as: issuer)
        }
        guard case .failure(let refusal) = answer else {
            Issue.record("accepted")
            return
        }
        #expect(refusal.code == code)
        #expect(pit.market.stateWithoutHeader == before)
        // 10 of cash less the 8.024 that 4 at 2.00 may cost: 4 at 2.40 fit only with the order's own reservation.
        if code == .insufficientFunds { #expect(try pit.market.amend(id, price: cents(240), as: issuer).get().order.status == .open) }
    }

    @Test("a refused amendment of a resale leaves all that its holder offers as it was")
    func resaleRefusal() throws {
        let pit = Pit()
        let first = pit.trade(cents(200), 4, to: pit.alice).order.allocationID
        let second = pit.trade(cents(200), 4, to: pit.alice).order.allocationID
        let order = pit.resell(cents(300), 4, as: pit.alice, allocation: first).order.id
        pit.resell(cents(300), 4, as: pit.alice, allocation: second)
        let before = pit.market.stateWithoutHeader
        #expect(pit.market.amend(order, quantity: 5, as: pit.alice).refusal?.code == .insufficientPosition)
        #expect(pit.market.stateWithoutHeader == before)
    }

    @Test("an amended stop keeps waiting, with the new price and size")
    func stops() throws {
        let pit = Pit()
        pit.trade(cents(200), 1, to: pit.bob)
        var spec = pit.market.order(.buy, pit.contract(), cents(220), 2)
        spec.type = .stopLimit
        spec.stopPrice = cents(210)
        let id = try pit.market.place(spec, as: pit.alice).get().order.id
        let amended = try pit.market.amend(id, price: cents(230), quantity: 3, as: pit.alice).get().order
        #expect(amended.status == .pendingTrigger && amended.price == cents(230) && amended.remainingQuantity == 3)
        #expect(pit.market.balance(pit.alice).reserved == Micros(6_900_000 + 20_700))
        spec.type = .stop
        spec.price = nil
        spec.timeInForce = nil
        let market = try pit.market.place(spec, as: pit.alice).get().order.id
        #expect(pit.market.amend(market, price: cents(230), as: pit.alice).refusal
                == Refusal.invalid("price", "a stop order has no price"))
        #expect(try pit.market.amend(market, quantity: 1, as: pit.alice).get().order.status == .pendingTrigger)
    }

    @Test("a halted or closed contract's orders are not amended")
    func closed() throws {
        let pit = Pit()
        let id = pit.buy(cents(200), 2, as: pit.alice).order.id
        pit.market.apply(.halt(TradingScope(.market)), as: pit.market.operatorID)
        for (price, quantity) in [(Price?.none, Quantity?(1)), (cents(199), nil)] {
            guard case .failure(let refusal) = pit.market.amend(id, price: price, quantity: quantity, as: pit.alice) else {
                Issue.record("amended in a halted market")
                return
            }
            #expect(refusal.code == .marketHalted)
        }
        pit.advance(minutes: 105)
        #expect(pit.market.amend(id, quantity: 1, as: pit.alice).refusal
                == Refusal(.orderNotOpen, "the order is expired"))
    }
}
