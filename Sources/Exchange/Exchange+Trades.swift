import Ledger
import Matching
import Pricing
import Quantities
import Settlement

/// Where sold units come from.
enum UnitSource {
    /// A resource of the seller: a bond is posted and a lot comes into being.
    case capacity(ResourceID)
    /// Hours held by the seller; of one allocation unless it is none.
    case position(AllocationID)
}

/// One trade, agreed: what `execute` turns into money and lots.
struct TradeTerms {
    var contract: Int32
    var price: Price
    var quantity: Quantity
    var takerSide = Side.buy
    var buyOrder = OrderID.none
    var buyer = ParticipantID.none
    var buyerRate: BasisPoints = 0
    /// Of the schedule that the rate is from.
    var buyerFeeVersion: UInt32 = 1
    /// The allocation that the units go to.
    var allocation = AllocationID.none
    var bid = BidID.none
    var sellOrder = OrderID.none
    var seller = ParticipantID.none
    var sellerRate: BasisPoints = 0
    var sellerFeeVersion: UInt32 = 1
    var bondRate: BasisPoints = 0
    var source = UnitSource.position(.none)

    init(contract: Int32, price: Price, quantity: Quantity) {
        self.contract = contract
        self.price = price
        self.quantity = quantity
    }

    /// The buying side is an order, at its pinned rate.
    mutating func setBuyer(_ order: OrderPlace, rate: BasisPoints) {
        buyOrder = order.record.id
        buyer = order.record.participant
        buyerRate = rate
        buyerFeeVersion = order.record.feeVersion
        allocation = order.record.allocation
        bid = order.record.bid
    }

    /// The selling side is an order, at its pinned rates.
    mutating func setSeller(_ order: OrderPlace, rate: BasisPoints) {
        sellOrder = order.record.id
        seller = order.record.participant
        sellerRate = rate
        sellerFeeVersion = order.record.feeVersion
        bondRate = order.record.bondRate
        source = order.record.resource.isNone ? .position(order.record.allocation) : .capacity(order.record.resource)
    }
}

extension Exchange {
    /// Does a trade: the buyer's notional and fee and a provider's bond go into the contract's escrow, and the units to
    /// the buyer's allocation. MARKET.md section 6. The checks were made before; this cannot fail.
    func execute(_ terms: TradeTerms) -> (id: TradeID, buyerFee: Micros, sellerFee: Micros) {
        lastTradeID += 1
        let id = TradeID(lastTradeID)
        let notional = terms.price.notional(terms.quantity)
        // Rates pinned at different times must not make the trade earn below zero: a rebate is cut to what the other pays.
        let pinned = FeeSchedule.tradeFees(on: notional, buyerRate: terms.buyerRate, sellerRate: terms.sellerRate)
        let fees = SaleFees(buyer: pinned.buyer, seller: pinned.seller)
        emitTrade(terms, id, buyerFee: fees.buyer, sellerFee: fees.seller)
        note(terms.price, terms.quantity, in: terms.contract)

        let asset = asset(of: contracts[terms.contract].key.product)
        let escrow = escrowAccount(terms.contract)
        let cash = cashAccount(of: terms.buyer, in: asset)
        post(.notional, from: cash, to: escrow, notional, cause: .trade(id))
        if fees.buyer > .zero { post(.buyerFee, from: cash, to: escrow, fees.buyer, cause: .trade(id)) }
        if fees.buyer < .zero { post(.buyerRebate, from: escrow, to: cash, -fees.buyer, cause: .trade(id)) }
        addEscrowInterest(terms.buyer, asset, notional + fees.buyer)

        switch terms.source {
        case .capacity(let resource): sellCapacity(of: resource, terms, id, fees, asset)
        case .position(let allocation): sellPosition(of: allocation, terms, id, fees, asset)
        }
        return (id, fees.buyer, fees.seller)
    }

    private func sellCapacity(
        of resource: ResourceID, _ terms: TradeTerms, _ id: TradeID, _ fees: SaleFees, _ asset: AssetIndex
    ) {
        let bond = FeeSchedule.bond(on: terms.price.notional(terms.quantity), at: terms.bondRate)
        post(
            .bond, from: cashAccount(of: terms.seller, in: asset), to: escrowAccount(terms.contract), bond,
            cause: .trade(id)
        )
        addEscrowInterest(terms.seller, asset, bond)
        let hour = contracts[terms.contract].key.hour
        capacity.change(resource, hour) { $0.sold += terms.quantity }
        contracts[terms.contract].openInterest += Int64(terms.quantity)
        let sale = SaleLink(
            trade: id, seller: terms.seller, buyer: terms.buyer, price: terms.price, buyerFee: fees.buyer,
            sellerFee: fees.seller
        )
        let lot = Lot(
            id: nextLotID(), resource: resource, allocation: terms.allocation, quantity: terms.quantity, bond: bond,
            sale: sale, acquiredAt: now
        )
        hold(lot, in: terms.contract, bond: bond, asset: asset)
    }

    private func sellPosition(
        of allocation: AllocationID, _ terms: TradeTerms, _ id: TradeID, _ fees: SaleFees, _ asset: AssetIndex
    ) {
        var fees = fees
        var left = terms.quantity
        for var lot in takeLots(of: terms.seller, allocation, terms.quantity, in: terms.contract) {
            let part = fees.takeFirst(lot.quantity, of: left)
            left -= lot.quantity
            addEscrowInterest(terms.seller, asset, -paid(for: lot))
            allocations.passAccess(from: lot.allocation, to: terms.allocation)
            let released = lot.resell(
                trade: id, price: terms.price, buyer: terms.buyer, buyerFee: part.buyer, sellerFee: part.seller,
                allocation: terms.allocation, at: now
            )
            post(
                .resaleRelease, from: escrowAccount(terms.contract), to: cashAccount(of: terms.seller, in: asset),
                released, cause: .trade(id)
            )
            hold(lot, in: terms.contract, bond: lot.bond, asset: asset)
        }
        precondition(left == 0, "a resale of more than is held")
    }

    /// Gives a lot to its new holder; one that came back to its provider ends, and its units are free again.
    private func hold(_ lot: Lot, in contract: Int32, bond: Micros, asset: AssetIndex) {
        guard lot.holder == lot.provider else {
            contracts.holdings[Int(contract)].lots.append(lot)
            return
        }
        addEscrowInterest(lot.provider, asset, -(paid(for: lot) + bond))
        pay(lot.paymentsOnReturnToProvider(), from: contracts[contract].escrow, in: asset, cause: .trade(lot.links.latest.trade))
        capacity.change(lot.resource, contracts[contract].key.hour) { $0.sold -= lot.quantity }
        contracts[contract].openInterest -= Int64(lot.quantity)
    }

    /// What the holder of a lot paid for it, fee included.
    func paid(for lot: Lot) -> Micros { lot.links.latest.price.notional(lot.quantity) + lot.links.latest.buyerFee }

    /// Pays out of a contract's escrow.
    func pay(_ payments: [Payment], from escrow: AccountID, in asset: AssetIndex, cause: Cause) {
        for payment in payments {
            let account = if let to = payment.to { cashAccount(of: to, in: asset) } else { feeAccount(asset) }
            post(payment.kind, from: escrow, to: account, payment.amount, cause: cause)
        }
    }

    /// Takes `quantity` held units out of the contract's lots, oldest first: of the named allocation, or of all, sparing
    /// what other open orders name by allocation. A lot that is larger is split.
    private func takeLots(
        of holder: ParticipantID, _ allocation: AllocationID, _ quantity: Quantity, in contract: Int32
    ) -> [Lot] {
        var taken: [Lot] = []
        var left = quantity
        var index = 0
        // Per allocation: units that must stay for orders that name it.
        var spared: [(allocation: AllocationID, quantity: Int64)] = []
        if allocation.isNone {
            for entry in contracts.holdings[Int(contract)].encumbrances where entry.holder == holder && !entry.allocation.isNone {
                spared.append((entry.allocation, entry.quantity))
            }
        }
        while left > 0, index < contracts.holdings[Int(contract)].lots.count {
            let lot = contracts.holdings[Int(contract)].lots[index]
            guard lot.holder == holder, allocation.isNone || lot.allocation == allocation else {
                index += 1
                continue
            }
            var usable = lot.quantity
            if let position = spared.firstIndex(where: { $0.allocation == lot.allocation }) {
                let kept = min(spared[position].quantity, Int64(usable))
                spared[position].quantity -= kept
                usable -= Quantity(kept)
            }
            let part = min(usable, left)
            guard part > 0 else {
                index += 1
                continue
            }
            left -= part
            if part == lot.quantity {
                taken.append(contracts.holdings[Int(contract)].lots.remove(at: index))
            } else {
                var first = contracts.holdings[Int(contract)].lots[index].splitFirst(part)
                first.id = nextLotID()
                taken.append(first)
                index += 1
            }
        }
        return taken
    }

    private func nextLotID() -> LotID {
        lastLotID += 1
        return LotID(lastLotID)
    }

    private func note(_ price: Price, _ quantity: Quantity, in contract: Int32) {
        guard keepsPrices else { return }
        let notional = Int128(price.notional(quantity).rawValue)
        contracts[contract].last = price
        contracts[contract].volume += Int64(quantity)
        contracts[contract].turnover += notional
        let prices = hourPrices.cells.place(hourPlace(contracts[contract].key))
        prices.record.notional += notional
        prices.record.quantity += Int64(quantity)
        if price <= prices.record.lowest || price >= prices.record.highest, bandHits.last != contract { bandHits.append(contract) }
        if waitingStops > 0, touched.last != contract { touched.append(contract) }
    }
}
