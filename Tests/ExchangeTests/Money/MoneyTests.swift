import Exchange
import Ledger
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Money of orders and trades")
struct MoneyTests {
    private func movement(_ pit: Pit, _ amount: Micros, _ reference: String, _ currency: String = "USD") -> MoneyMovement {
        MoneyMovement(participantID: pit.alice, currency: Currency(unchecked: currency), amount: amount, reference: reference)
    }

    @Test("a trade puts notional, the buyer's fee and the seller's bond into escrow, each rounded down to the micro")
    func trade() throws {
        let pit = Pit(tick: Price(1), cash: 100)
        pit.sell(Price(1_000_001), 7)
        // Notional 7.000007; 30 bps of it 0.021000021, the bond of 30 % 2.1000021.
        let receipt = pit.buy(Price(1_000_001), 7, as: pit.alice)
        #expect(receipt.trades.map(\.fee) == [Micros(21_000)])
        #expect(pit.market.balance(pit.alice).available == Micros(100_000_000 - 7_000_007 - 21_000))
        #expect(pit.market.balance(pit.alice).inEscrow == Micros(7_021_007))
        #expect(pit.market.balance(pit.provider).available == Micros(100_000_000 - 2_100_002))
        #expect(pit.market.balance(pit.provider).inEscrow == Micros(2_100_002))
        #expect(pit.market.escrow(pit.contract()) == "9.121009")
        #expect(pit.market.feeRevenue == "0.000000", "fees are earned on delivery")
    }

    @Test("a rebate rounds toward zero and comes out of the notional")
    func rebate() throws {
        let pit = Pit(tick: Price(1), maker: -5, taker: 30, cash: 100)
        pit.buy(Price(1_000_001), 7, as: pit.alice)
        // A resting buy sets aside no fee at a negative maker rate.
        #expect(pit.market.balance(pit.alice).reserved == Micros(7_000_007))
        let position = pit.market.journal.count
        pit.sell(Price(1_000_001), 7)
        // 5 bps of 7.000007 are 0.0035000035.
        #expect(pit.market.balance(pit.alice).available == Micros(100_000_000 - 7_000_007 + 3_500))
        #expect(pit.market.balance(pit.alice).reserved == .zero)
        #expect(pit.market.escrow(pit.contract()) == "9.096509")
        let kinds = pit.market.events(since: position).compactMap { event -> TransferKind? in
            if case .transfer(let transfer) = event.event { transfer.kind } else { nil }
        }
        #expect(kinds == [.notional, .buyerRebate, .bond])
    }

    @Test("what an order sets aside is exact at rest, after each fill, and gone with the order")
    func reservation() throws {
        let pit = Pit(tick: Price(1), cash: 100)
        let id = pit.buy(Price(1_333_333), 9, as: pit.alice).order.id
        // 11.999997 and 10 bps of it, rounded down.
        #expect(pit.market.balance(pit.alice).reserved == Micros(11_999_997 + 11_999))
        for (sold, left) in [(2, 7), (3, 4), (3, 1)] as [(Quantity, Int64)] {
            pit.sell(Price(1_333_333), sold)
            let notional = 1_333_333 * left
            #expect(pit.market.balance(pit.alice).reserved == Micros(notional + notional / 1_000))
            #expect(pit.market.exchange.firstBrokenInvariant() == nil)
        }
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: id))), as: pit.alice) == nil)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
        let sell = pit.sell(Price(1_333_333), 7).order.id
        #expect(pit.market.balance(pit.provider).reserved == Micros(9_333_331 * 3 / 10))
        #expect(pit.market.code(.cancelOrder(CancelOrder(OrderReference(id: sell))), as: pit.provider) == nil)
        #expect(pit.market.balance(pit.provider).reserved == .zero)
    }

    @Test("a buyer needs quantity × limit and the higher of both fees to the micro", arguments: [
        (BasisPoints(10), BasisPoints(30), Int64(20_060_000)), (30, 10, 20_060_000), (-20, 30, 20_060_000), (30, -30, 20_060_000),
        (0, 0, 20_000_000),
    ])
    func buyersNeed(maker: BasisPoints, taker: BasisPoints, need: Int64) {
        for (cash, code) in [(need - 1, RefusalCode.insufficientFunds), (need, nil)] as [(Int64, RefusalCode?)] {
            let pit = Pit(maker: maker, taker: taker, cash: 0)
            pit.market.apply(.deposit(movement(pit, Micros(cash), "in")), as: pit.market.operatorID)
            #expect(pit.market.code(pit.market.order(.buy, pit.contract(), cents(200), 10), as: pit.alice) == code)
        }
    }

    @Test("a provider needs the bond at the higher of limit and best bid to the micro")
    func sellersNeed() throws {
        for (cash, code) in [(Int64(7_499_999), RefusalCode.insufficientFunds), (7_500_000, nil)] as [(Int64, RefusalCode?)] {
            let pit = Pit(cash: 0)
            pit.market.deposit(100, to: pit.alice)
            pit.buy(cents(250), 1, as: pit.alice)
            var money = movement(pit, Micros(cash), "bond")
            money.participantID = pit.provider
            pit.market.apply(.deposit(money), as: pit.market.operatorID)
            // Ten at a limit of 1.00, but the best bid is 2.50: 30 % of 25.00.
            let spec = pit.market.order(.sell, pit.contract(), cents(100), 10, resource: pit.resource)
            #expect(pit.market.code(spec, as: pit.provider) == code)
        }
    }

    @Test("a reseller posts no bond")
    func resaleNeedsNoBond() throws {
        let pit = Pit()
        pit.trade(cents(200), 5, to: pit.alice)
        let movement = movement(pit, pit.market.balance(pit.alice).available, "all")
        #expect(pit.market.code(.withdraw(movement), as: pit.market.operatorID) == nil)
        #expect(pit.resell(cents(300), 5, as: pit.alice).order.status == .open)
        #expect(pit.market.balance(pit.alice).reserved == .zero)
    }

    @Test("only what is available can be withdrawn, and a reference counts once, deposits and withdrawals apart")
    func movements() {
        let pit = Pit(cash: 0)
        let deposit = { (amount: Micros, reference: String) in
            pit.market.code(.deposit(self.movement(pit, amount, reference)), as: pit.market.operatorID)
        }
        let withdraw = { (amount: Micros, reference: String) in
            pit.market.code(.withdraw(self.movement(pit, amount, reference)), as: pit.market.operatorID)
        }
        #expect(deposit(.units(100), "a") == nil)
        #expect(deposit(.units(100), "a") == .conflict)
        pit.buy(cents(200), 10, as: pit.alice)
        #expect(withdraw(Micros(79_980_001), "a") == .insufficientFunds)
        #expect(withdraw(Micros(79_980_000), "a") == nil)
        #expect(withdraw(Micros(1), "a") == .conflict)
        #expect(withdraw(Micros(1), "b") == .insufficientFunds)
        #expect(pit.market.balance(pit.alice).total == Micros(20_020_000))
        let before = pit.market.stateWithoutHeader
        let unknown = movement(pit, Micros(1), "c", "EUR")
        #expect(pit.market.code(.withdraw(unknown), as: pit.market.operatorID) == .insufficientFunds)
        #expect(pit.market.stateWithoutHeader == before, "no account is opened for a refused withdrawal")
    }

    @Test("all deposits of a currency together have a limit; beyond it is an overflow, in another currency it is not")
    func depositLimit() {
        let pit = Pit(cash: 0)
        func deposit(_ amount: Int64, _ reference: String, _ currency: String = "USD") -> RefusalCode? {
            pit.market.code(.deposit(movement(pit, Micros(amount), reference, currency)), as: pit.market.operatorID)
        }
        #expect(deposit(Int64.max, "1") == .invalidRequest)
        #expect(deposit(Micros.limit.rawValue + 1, "1") == .invalidRequest)
        #expect(deposit(0, "1") == .invalidRequest)
        #expect(deposit(-1, "1") == .invalidRequest)
        #expect(deposit(Int64.min, "1") == .invalidRequest)
        #expect(deposit(Micros.limit.rawValue - 5, "1") == nil)
        #expect(deposit(6, "2") == .amountOverflow)
        #expect(deposit(5, "2") == nil)
        #expect(deposit(1, "3") == .amountOverflow)
        #expect(deposit(Micros.limit.rawValue, "3", "EUR") == nil)
        #expect(pit.market.code(.withdraw(movement(pit, .limit, "1")), as: pit.market.operatorID) == nil)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("the largest price times the largest quantity trades, is delivered and refunded without overflow, again and again")
    func largestTrade() throws {
        let market = Market()
        let product = market.product(maker: 5_000, taker: 5_000, bond: 10_000, reference: .limit)
        let meter = market.participant("Meter", .meter)
        let provider = market.participant("Provider", .provider)
        let buyer = market.participant("Buyer", .consumer)
        market.deposit(1_000_000_000_000, to: provider)
        market.deposit(8_000_000_000_000, to: buyer)
        let resource = market.resource(of: provider, units: Quantity.limit, meter: meter)
        let midnight = Hour(containing: market.now)
        var sequence: Int64 = 0
        for hour in stride(from: Int32(2), to: 26, by: 2) {
            sequence += 1
            let contract = ContractKey(product: product, hour: midnight + hour)
            _ = try market.place(market.order(.sell, contract, .limit, Quantity.limit, resource: resource), as: provider).get()
            let bought = try market.place(market.order(.buy, contract, .limit, Quantity.limit), as: buyer).get()
            #expect(bought.order.status == .filled)
            #expect(market.escrow(contract) == "2500000000000.000000")
            market.advance(to: contract.hour.end)
            // Nothing was delivered: all goes back, the bond to the holder, and the provider starts anew.
            market.report(resource, contract.hour, delivered: 0, sequence: sequence, as: meter)
            market.advance(to: contract.hour.end.advanced(minutes: 31))
            let bond = MoneyMovement(
                participantID: buyer, currency: Currency(unchecked: "USD"), amount: .units(1_000_000_000_000), reference: "out \(hour)")
            #expect(market.code(.withdraw(bond), as: market.operatorID) == nil)
            market.deposit(1_000_000_000_000, to: provider)
        }
        // Twelve refunds of 10¹² each are more than 64 bits hold: the runs list them in parts.
        var listed: Int64 = 0
        for _ in 0..<3 {
            guard case .settlement(let run) = market.apply(.settle(Settle(through: market.now)), as: market.operatorID).reply else {
                Issue.record("no run")
                return
            }
            listed += run.deliveries
        }
        #expect(listed == 12)
        #expect(market.exchange.firstBrokenInvariant() == nil)
    }
}
