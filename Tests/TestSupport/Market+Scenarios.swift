import Exchange
import Ledger
import Matching
import Quantities
import Registry

/// A price in hundredths of the currency's unit.
package func cents(_ count: Int64) -> Price { Price(count * 10_000) }

/// One product with a band from 1.00 to 3.00, a provider with a certified resource, two buyers and a meter: the smallest
/// market in which everything can happen. It begins at midnight.
package struct Pit {
    package let market = Market()
    package let product: ProductID
    package let provider: ParticipantID
    package let alice: ParticipantID
    package let bob: ParticipantID
    package let meter: ParticipantID
    package let resource: ResourceID
    package let midnight: Hour

    /// - Parameters:
    ///   - cash: what provider and buyers have each, in units.
    ///   - tick: of the product.
    package init(
        units: Quantity = 100, lot: Quantity = 1, tick: Price = Price(10_000), maker: BasisPoints = 10, taker: BasisPoints = 30,
        bond: BasisPoints = 3_000, cash: Int64 = 100_000
    ) {
        midnight = Hour(containing: market.now)
        product = market.product(tick: tick, lot: lot, maker: maker, taker: taker, bond: bond)
        meter = market.participant("Meter", .meter)
        provider = market.participant("Provider", .provider, .consumer)
        alice = market.participant("Alice", .consumer)
        bob = market.participant("Bob", .consumer)
        for participant in [provider, alice, bob] where cash > 0 { market.deposit(cash, to: participant) }
        resource = market.resource(of: provider, units: units, meter: meter)
    }

    /// The contract of the hour that begins so many hours after midnight.
    package func contract(_ hour: Int32 = 2) -> ContractKey { ContractKey(product: product, hour: midnight + hour) }

    /// A limit buy; one that is refused stops the test's process.
    @discardableResult
    package func buy(
        _ price: Price, _ quantity: Quantity, as buyer: ParticipantID, hour: Int32 = 2, _ force: TimeInForce = .gtc
    ) -> OrderReceipt {
        accepted(market.place(market.order(.buy, contract(hour), price, quantity, force), as: buyer))
    }

    /// A limit sell of the provider's resource; one that is refused stops the test's process.
    @discardableResult
    package func sell(_ price: Price, _ quantity: Quantity, hour: Int32 = 2, _ force: TimeInForce = .gtc) -> OrderReceipt {
        accepted(market.place(market.order(.sell, contract(hour), price, quantity, resource: resource, force), as: provider))
    }

    /// A limit sell of hours held; one that is refused stops the test's process.
    @discardableResult
    package func resell(
        _ price: Price, _ quantity: Quantity, as holder: ParticipantID, hour: Int32 = 2, allocation: AllocationID? = nil
    ) -> OrderReceipt {
        var spec = market.order(.sell, contract(hour), price, quantity)
        spec.allocationID = allocation
        return accepted(market.place(spec, as: holder))
    }

    /// The provider sells to a buyer who takes the ask at once; answers the buyer's receipt.
    @discardableResult
    package func trade(_ price: Price, _ quantity: Quantity, to buyer: ParticipantID, hour: Int32 = 2) -> OrderReceipt {
        sell(price, quantity, hour: hour)
        return buy(price, quantity, as: buyer, hour: hour)
    }

    private func accepted(_ result: Result<OrderReceipt, Refusal>) -> OrderReceipt {
        switch result {
        case .success(let receipt): return receipt
        case .failure(let refusal): preconditionFailure("refused: \(refusal)")
        }
    }

    /// An order as it stands now.
    package func order(_ id: OrderID) -> OrderView {
        guard let view = market.exchange.order(OrderReference(id: id), of: nil) else { preconditionFailure("no order \(id)") }
        return view
    }

    /// Lets time pass until so many minutes after midnight.
    package func advance(minutes: Int32) { market.advance(to: midnight.start.advanced(minutes: minutes)) }

    /// The only meter's report of an hour of the only resource.
    @discardableResult
    package func report(hour: Int32 = 2, delivered: Int64, sequence: Int64 = 1) -> Reply {
        market.report(resource, midnight + hour, delivered: delivered, sequence: sequence, as: meter)
    }
}

extension Market {
    /// The code of a command's refusal; nil where it was accepted.
    package func code(_ command: Command, as issuer: ParticipantID) -> RefusalCode? { refusal(command, as: issuer)?.code }

    /// A command's refusal; nil where it was accepted.
    package func refusal(_ command: Command, as issuer: ParticipantID) -> Refusal? {
        if case .refused(let refusal) = apply(command, as: issuer).reply { return refusal }
        return nil
    }

    /// The code of an order's refusal; nil where it was accepted.
    package func code(_ spec: OrderSpec, as issuer: ParticipantID) -> RefusalCode? { code(.placeOrder(spec), as: issuer) }

    /// The state without the number and the time of the last command: a refused command changes nothing else.
    package var stateWithoutHeader: ArraySlice<UInt8> { state.dropFirst(16) }

    /// A participant's positions, looked for in steps of so many contracts, lots and deliveries.
    package func positions(of participant: ParticipantID, looking count: Int = 3) -> [PositionView] {
        var search = PositionSearch(of: participant)
        while !search.isOver { search = exchange.continued(search, looking: count) }
        return search.found
    }

    /// A product's curve over `[from, to)`, read in steps of so many hours.
    package func curve(_ product: ProductID, from: Hour, to: Hour, carbonPrice: Price? = nil, step: Int32 = 24) -> CurveView? {
        guard let listed = exchange.curveWindow(product, from: from, to: to) else { return nil }
        var curve = CurveBuilder(listed)
        while let hours = curve.nextHours(step) { curve.add(exchange.curveHours(product, hours)) }
        return curve.finished(exchange.curveDifferentials(product, mark: curve.mark, carbonPrice))
    }

    /// Posts a bid; a refused one is a failure.
    package func bid(_ spec: BidSpec, as issuer: ParticipantID) -> Result<BidView, Refusal> {
        switch apply(.placeBid(spec), as: issuer).reply {
        case .bid(let view): .success(view)
        case .refused(let refusal): .failure(refusal)
        default: .failure(Refusal(.conflict, "not a bid's answer"))
        }
    }

    /// Posts an offer; a refused one is a failure.
    package func offer(_ spec: OfferSpec, as issuer: ParticipantID) -> Result<OfferView, Refusal> { offer(.postOffer(spec), issuer) }

    /// Amends an offer; a refused amendment is a failure.
    package func amend(_ id: OfferID, _ body: AmendOffer.Body, as issuer: ParticipantID) -> Result<OfferView, Refusal> {
        offer(.amendOffer(AmendOffer(offer: id, body: body)), issuer)
    }

    private func offer(_ command: Command, _ issuer: ParticipantID) -> Result<OfferView, Refusal> {
        switch apply(command, as: issuer).reply {
        case .offer(let view): .success(view)
        case .refused(let refusal): .failure(refusal)
        default: .failure(Refusal(.conflict, "not an offer's answer"))
        }
    }

    /// Amends an order; a refused amendment is a failure.
    package func amend(
        _ id: OrderID, price: Price? = nil, quantity: Quantity? = nil, as issuer: ParticipantID
    ) -> Result<OrderReceipt, Refusal> {
        var body = AmendOrder.Body()
        body.price = price
        body.quantity = quantity
        switch apply(.amendOrder(AmendOrder(order: OrderReference(id: id), body: body)), as: issuer).reply {
        case .order(let receipt): return .success(receipt)
        case .refused(let refusal): return .failure(refusal)
        default: return .failure(Refusal(.conflict, "not an order's answer"))
        }
    }

    /// A bid for a run of hours from the one that begins `start` hours after the present one.
    package func bid(
        quantity: Quantity, hours: Int32, from start: Int32, window: Int32? = nil, limit: Price? = cents(300),
        maxTotal: Micros? = nil, placement: Placement? = nil, products: [String]? = nil
    ) -> BidSpec {
        var spec = BidSpec()
        spec.earliestStart = Hour(containing: now) + start
        spec.durationHours = hours
        spec.latestEnd = spec.earliestStart + (window ?? hours)
        spec.quantity = quantity
        spec.limitPrice = maxTotal == nil ? limit : nil
        spec.maxTotal = maxTotal
        spec.placement = placement
        spec.requirements.products = products
        return spec
    }

    /// An offer of a resource from the hour that begins `start` hours after the present one.
    package func offer(
        of resource: ResourceID, _ quantity: Quantity, at price: Price?, from start: Int32, hours: Int32
    ) -> OfferSpec {
        var spec = OfferSpec()
        spec.resourceID = resource
        spec.start = Hour(containing: now) + start
        spec.end = spec.start + hours
        spec.quantity = quantity
        spec.price = price
        return spec
    }

    /// A certified resource at a named site, with facts as a test needs them.
    package func resource(
        of provider: ParticipantID, units: Quantity, site: String, _ computeClass: String = "H100-SXM", _ zone: String = "CN-GAN",
        hours: Int32 = 1_000, facts: (inout ResourceSpec) -> Void = { _ in }
    ) -> ResourceID {
        var spec = ResourceSpec()
        spec.computeClass = computeClass
        spec.zone = zone
        spec.units = units
        spec.site = SiteFacts(name: site)
        facts(&spec)
        guard case .resource(let resource) = apply(.registerResource(spec), as: provider).reply else {
            preconditionFailure("no resource at \(site)")
        }
        certify(resource.id, units: units, from: 0, to: hours)
        return resource.id
    }

    /// Certifies units of a resource from and to hours counted from the present one.
    package func certify(_ resource: ResourceID, units: Quantity, from: Int32, to: Int32, meter: ParticipantID? = nil) {
        var certification = Certification()
        certification.units = units
        certification.validFrom = Hour(containing: now) + from
        certification.validUntil = Hour(containing: now) + to
        certification.meterID = meter
        let reply = apply(.certifyResource(CertifyResource(resource: resource, certification: certification)), as: operatorID).reply
        guard case .resource = reply else { preconditionFailure("no certification: \(reply)") }
    }

    /// Declares units of a resource away from and to hours counted from the present one.
    package func outage(_ resource: ResourceID, units: Quantity, from: Int32, to: Int32) {
        var body = OutageSpec()
        body.start = Hour(containing: now) + from
        body.end = Hour(containing: now) + to
        body.units = units
        body.reason = "broken"
        let reply = apply(.declareOutage(DeclareOutage(resource: resource, body: body)), as: operatorID).reply
        guard case .outage = reply else { preconditionFailure("no outage: \(reply)") }
    }

    /// What a contract's escrow account holds, as text; nil where nothing was ever traded.
    package func escrow(_ contract: ContractKey) -> String? {
        exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max).first { $0.kind == "escrow" && $0.contract == contract }?.balance
    }

    /// What the exchange has earned, as text.
    package var feeRevenue: String? {
        exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max).first { $0.kind == "fee_revenue" }?.balance
    }

    /// The events of the journal's entries from a position on, in order.
    package func events(since position: Int) -> [RecordedEvent] {
        var found: [RecordedEvent] = []
        for bytes in events[position...] {
            var decoder = BinaryDecoder(bytes)
            while decoder.offset < bytes.count {
                guard let event = try? decoder.read(RecordedEvent.self) else { preconditionFailure("events that cannot be read") }
                found.append(event)
            }
        }
        return found
    }

    /// A resource's units in one hour.
    package func units(_ resource: ResourceID, _ hour: Hour) -> CapacityView {
        exchange.capacity(resource, from: hour, to: hour + 1).first ?? CapacityView()
    }
}

extension Result where Failure == Refusal {
    /// Why the answer is no; nil where it is yes.
    package var refusal: Refusal? { if case .failure(let refusal) = self { refusal } else { nil } }
}
