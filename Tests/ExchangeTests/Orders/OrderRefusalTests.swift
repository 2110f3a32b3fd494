import Exchange
import Matching
import Quantities
import Registry
import Testing
import TestSupport

/// An order with things wrong in it, and who places it.
private struct Attempt {
    var spec: OrderSpec
    var issuer: ParticipantID
}

/// Something wrong with an order.
private struct Fault {
    var code: RefusalCode
    /// Faults of one part exclude each other.
    var part: String
    var inject: (inout Attempt) -> Void
}

@Suite("Order refusals")
struct OrderRefusalTests {
    /// Tries every fault alone and every two faults together; `attempt` makes a good order in a fresh market.
    private func check(_ scene: () -> (Market, Attempt, [Fault])) {
        let count = scene().2.count
        for first in 0..<count {
            for second in first..<count {
                let (market, good, faults) = scene()
                guard first == second || faults[first].part != faults[second].part else { continue }
                var attempt = good
                faults[first].inject(&attempt)
                if first != second { faults[second].inject(&attempt) }
                let code = market.code(attempt.spec, as: attempt.issuer)
                #expect(code == faults[first].code, "\(faults[first].code) with \(faults[second].code)")
            }
        }
        let (market, good, _) = scene()
        #expect(market.code(good.spec, as: good.issuer) == nil, "the order without faults")
    }

    @Test("of two faults of a buy the first in the API's order is reported")
    func buys() {
        check {
            let pit = Pit(lot: 2, cash: 1_000)
            let halted = pit.market.product("MI300X", lot: 2)
            pit.market.apply(.halt(TradingScope(.product, product: halted)), as: pit.market.operatorID)
            pit.sell(cents(200), 10)
            var named = pit.market.order(.buy, pit.contract(3), cents(100), 2)
            named.clientOrderID = "taken"
            _ = pit.market.place(named, as: pit.alice)
            var spec = pit.market.order(.buy, pit.contract(), cents(150), 2)
            spec.postOnly = true
            let faults = [
                Fault(code: .forbidden, part: "issuer") { $0.issuer = pit.meter },
                Fault(code: .invalidRequest, part: "display") { $0.spec.displayQuantity = 2_000_000 },
                Fault(code: .unknownContract, part: "contract") { $0.spec.contract.hour = pit.midnight + 1_001 },
                Fault(code: .duplicateClientOrderID, part: "name") { $0.spec.clientOrderID = "taken" },
                Fault(code: .marketClosed, part: "contract") { $0.spec.contract.hour = pit.midnight },
                Fault(code: .marketHalted, part: "contract") { $0.spec.contract.product = halted },
                Fault(code: .priceOffTick, part: "tick") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) + 1) },
                Fault(code: .quantityOffLot, part: "lot") { $0.spec.quantity += 1 },
                Fault(code: .outsidePriceBand, part: "band") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) + 6_000_000) },
                Fault(code: .insufficientFunds, part: "funds") { $0.spec.quantity += 10_000 },
                Fault(code: .postOnlyWouldCross, part: "cross") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) + 500_000) },
            ]
            return (pit.market, Attempt(spec: spec, issuer: pit.alice), faults)
        }
    }

    @Test("of two faults of a sale of capacity the first in the API's order is reported")
    func capacitySales() {
        check {
            let pit = Pit(lot: 2, cash: 100)
            pit.buy(cents(150), 2, as: pit.alice)
            let other = pit.market.participant("Other", .provider)
            let foreign = pit.market.resource(of: other, units: 10)
            let halted = pit.market.product("MI300X", lot: 2)
            pit.market.apply(.halt(TradingScope(.product, product: halted)), as: pit.market.operatorID)
            var named = pit.market.order(.sell, pit.contract(3), cents(100), 2, resource: pit.resource)
            named.clientOrderID = "taken"
            _ = pit.market.place(named, as: pit.provider)
            var spec = pit.market.order(.sell, pit.contract(), cents(200), 2, resource: pit.resource)
            spec.postOnly = true
            let faults = [
                Fault(code: .forbidden, part: "issuer") { $0.issuer = pit.alice },
                Fault(code: .invalidRequest, part: "display") { $0.spec.displayQuantity = 0 },
                Fault(code: .unknownContract, part: "contract") { $0.spec.contract.product = .none },
                Fault(code: .unknownResource, part: "resource") { $0.spec.resourceID = foreign },
                Fault(code: .duplicateClientOrderID, part: "name") { $0.spec.clientOrderID = "taken" },
                Fault(code: .marketClosed, part: "contract") { $0.spec.contract.hour = pit.midnight + -5 },
                Fault(code: .marketHalted, part: "contract") { $0.spec.contract.product = halted },
                Fault(code: .priceOffTick, part: "tick") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) + 1) },
                Fault(code: .quantityOffLot, part: "lot") { $0.spec.quantity += 1 },
                Fault(code: .outsidePriceBand, part: "band") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) - 1_200_000) },
                Fault(code: .insufficientCapacity, part: "units") { $0.spec.quantity += 200 },
                // Cash of 100 less 0.60 set aside is a bond for 165 units at 2.00.
                Fault(code: .insufficientFunds, part: "cash") { attempt in
                    let movement = MoneyMovement(
                        participantID: pit.provider, currency: Currency(unchecked: "USD"), amount: .units(99), reference: "out")
                    pit.market.apply(.withdraw(movement), as: pit.market.operatorID)
                },
                Fault(code: .postOnlyWouldCross, part: "cross") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) - 500_000) },
            ]
            return (pit.market, Attempt(spec: spec, issuer: pit.provider), faults)
        }
    }

    @Test("of two faults of a resale the first in the API's order is reported")
    func resales() {
        check {
            let pit = Pit(lot: 2)
            let receipt = pit.trade(cents(200), 10, to: pit.alice)
            pit.buy(cents(150), 2, as: pit.bob)
            let foreign = pit.trade(cents(200), 2, to: pit.bob, hour: 4).order.allocationID
            pit.resell(cents(300), 2, as: pit.alice)
            var named = pit.market.order(.buy, pit.contract(3), cents(100), 2)
            named.clientOrderID = "taken"
            _ = pit.market.place(named, as: pit.alice)
            var spec = pit.market.order(.sell, pit.contract(), cents(200), 2)
            spec.postOnly = true
            spec.allocationID = receipt.order.allocationID
            let faults = [
                Fault(code: .forbidden, part: "issuer") { $0.issuer = pit.meter },
                Fault(code: .invalidRequest, part: "expiry") { attempt in
                    attempt.spec.timeInForce = .gtd
                    attempt.spec.expiresAt = pit.market.now
                },
                Fault(code: .notFound, part: "allocation") { $0.spec.allocationID = foreign },
                Fault(code: .unknownContract, part: "contract") { $0.spec.contract.hour = pit.midnight + 1_001 },
                Fault(code: .duplicateClientOrderID, part: "name") { $0.spec.clientOrderID = "taken" },
                Fault(code: .marketClosed, part: "contract") { $0.spec.contract.hour = pit.midnight },
                Fault(code: .priceOffTick, part: "tick") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) + 1) },
                Fault(code: .quantityOffLot, part: "lot") { $0.spec.quantity += 1 },
                Fault(code: .outsidePriceBand, part: "band") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) + 6_000_000) },
                Fault(code: .insufficientPosition, part: "units") { $0.spec.quantity += 8 },
                Fault(code: .postOnlyWouldCross, part: "cross") { $0.spec.price = Price(($0.spec.price?.rawValue ?? 0) - 500_000) },
            ]
            return (pit.market, Attempt(spec: spec, issuer: pit.alice), faults)
        }
    }

    @Test("which fields go together is checked", arguments: 0..<18)
    func combinations(number: Int) {
        let pit = Pit()
        var spec = pit.market.order(.buy, pit.contract(), cents(200), 4)
        let field: String
        switch number {
        case 0: spec.price = nil; field = "price"
        case 1: spec.type = .market; spec.timeInForce = .ioc; field = "price"
        case 2: spec.stopPrice = cents(200); field = "stop_price"
        case 3: spec.type = .stopLimit; field = "stop_price"
        case 4: spec.timeInForce = nil; field = "time_in_force"
        case 5: spec.type = .stop; spec.price = nil; spec.stopPrice = cents(200); spec.timeInForce = .gtc; field = "time_in_force"
        case 6: spec.timeInForce = .gtd; field = "expires_at"
        case 7: spec.expiresAt = pit.market.now.advanced(minutes: 1); field = "expires_at"
        case 8: spec.timeInForce = .gtd; spec.expiresAt = pit.market.now; field = "expires_at"
        case 9: spec.timeInForce = .ioc; spec.postOnly = true; field = "post_only"
        case 10: spec.type = .stopLimit; spec.stopPrice = cents(200); spec.postOnly = true; field = "post_only"
        case 11: spec.timeInForce = .fok; spec.displayQuantity = 1; field = "display_quantity"
        case 12: spec.displayQuantity = 5; field = "display_quantity"
        case 13: spec.minQuantity = 1; field = "min_quantity"
        case 14: spec.timeInForce = .ioc; spec.minQuantity = 5; field = "min_quantity"
        case 15: spec.resourceID = pit.resource; field = "resource_id"
        case 16: spec.allocationID = AllocationID(1); field = "allocation_id"
        default: spec.clientOrderID = ""; field = "client_order_id"
        }
        let refusal = pit.market.refusal(.placeOrder(spec), as: pit.alice)
        #expect(refusal?.code == .invalidRequest)
        #expect(refusal?.field == field)
    }

    @Test("whoever has no trading role learns nothing about its request")
    func rolesFirst() {
        let pit = Pit()
        for issuer in [pit.meter, pit.market.operatorID, ParticipantID.none, ParticipantID(99)] {
            #expect(pit.market.code(OrderSpec(), as: issuer) == .forbidden)
            #expect(pit.market.code(.placeOrders(OrderBatch()), as: issuer) == .forbidden)
            #expect(pit.market.code(.amendOrder(AmendOrder()), as: issuer) == .forbidden)
        }
    }
}
