import Ledger
import Matching
import Pricing
import Quantities

/// What a live order sets aside: cash, and units on offer.
extension Exchange {
    /// What stays set aside for an order that rests or waits: a function of the order alone.
    @inline(__always)
    func reservation(_ order: OrderPlace) -> Micros {
        let notional = order.record.price.notional(order.record.remaining)
        switch order.record.side {
        case .buy:
            let rate = order.record.isPending ? max(order.record.makerRate, order.record.takerRate, 0) : max(order.record.makerRate, 0)
            return notional + FeeSchedule.fee(on: notional, at: rate)
        case .sell:
            return order.record.resource.isNone ? .zero : FeeSchedule.bond(on: notional, at: order.record.bondRate)
        }
    }

    /// Takes all that an order sets aside.
    func setAside(_ order: OrderPlace) {
        let amount = reservation(order)
        order.record.reserved = amount
        if amount > .zero {
            do throws(Balance.Refusal) {
                try ledger.reserve(cashAccount(of: order), amount)
            } catch {
                preconditionFailure("an order passed the checks and cannot be paid for")
            }
        }
        offer(order.record.remaining, of: order)
    }

    /// Gives back all that an order sets aside.
    func giveBack(_ order: OrderPlace) {
        release(order.record.reserved, of: order)
        order.record.reserved = .zero
        unoffer(order.record.remaining, of: order)
    }

    /// Gives a part of an order's reservation back.
    @inline(__always)
    func release(_ amount: Micros, of order: OrderPlace) {
        if amount > .zero { ledger.release(cashAccount(of: order), amount) }
    }

    @inline(__always)
    private func cashAccount(of order: OrderPlace) -> AccountID {
        cashAccount(
            of: order.record.participant, in: productFacts[Int(contracts[order.record.contract].key.product.index)].asset
        )
    }

    /// Puts units on offer: of the resource, or of the position.
    private func offer(_ quantity: Quantity, of order: OrderPlace) {
        guard order.record.side == .sell, quantity > 0 else { return }
        if order.record.resource.isNone {
            contracts.holdings[Int(order.record.contract)].encumber(order.record.participant, order.record.allocation, quantity)
        } else {
            order.record.cell = capacity.change(order.record.resource, contracts[order.record.contract].key.hour) {
                $0.onOffer += quantity
            }
            noteAsks(in: order.record.contract)
        }
        if productFacts[Int(contracts[order.record.contract].key.product.index)].isWatched { noteNewAsk(order) }
    }

    /// Takes units off offer.
    func unoffer(_ quantity: Quantity, of order: OrderPlace) {
        guard order.record.side == .sell, quantity > 0 else { return }
        if order.record.resource.isNone {
            contracts.holdings[Int(order.record.contract)].unencumber(order.record.participant, order.record.allocation, quantity)
        } else {
            let hour = contracts[order.record.contract].key.hour
            capacity.change(cell: order.record.cell, order.record.resource, hour) { $0.onOffer -= quantity }
            noteAsks(in: order.record.contract)
        }
    }
}
