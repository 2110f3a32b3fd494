import Exchange
import Matching
import Quantities
import Registry

/// Many participants doing anything, sensible or not, from a seed: the same seed gives the same run.
package struct Simulation {
    package let market = Market()
    package private(set) var accepted = 0
    package private(set) var refused: [String: Int] = [:]
    private var random: SeededGenerator
    private var products: [ProductID] = []
    private var providers: [ParticipantID] = []
    private var consumers: [ParticipantID] = []
    private var meter = ParticipantID.none
    var resources: [ResourceID] = []
    private var reported: [Int64]
    private var nextReport: [Hour]
    private var lastOrder: Int64 = 0

    package init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        for code in ["H100-SXM", "MI300X"] {
            for zone in ["CN-GAN", "US-IOWA"] {
                products.append(market.product(code, zone, maker: zone == "CN-GAN" ? -5 : 10, horizon: 100))
            }
        }
        meter = market.participant("Meter", .meter)
        for number in 0..<6 {
            let provider = market.participant("Provider \(number)", .provider, .consumer)
            providers.append(provider)
            market.deposit(1_000_000, to: provider)
            let code = number % 2 == 0 ? "H100-SXM" : "MI300X"
            let zone = number % 3 == 0 ? "US-IOWA" : "CN-GAN"
            resources.append(market.resource(of: provider, units: 64, code, zone, hours: 8_000, meter: meter))
        }
        for number in 0..<8 {
            let owner = number == 7 ? consumers[0] : nil
            let consumer = market.participant("Consumer \(number)", .consumer, owner: owner)
            consumers.append(consumer)
            market.deposit(number == 6 ? 30 : 100_000, to: consumer)
        }
        reported = [Int64](repeating: 0, count: resources.count)
        nextReport = [Hour](repeating: Hour(containing: market.now), count: resources.count)
    }

    mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }
    mutating func pick<T>(_ list: [T]) -> T { list[below(list.count)] }

    /// Applies at least `commands` random commands, then lets everything be delivered and settled.
    package mutating func run(commands: Int) {
        while market.journal.count < commands { step() }
        finish()
    }

    private mutating func step() {
        switch below(100) {
        case 0..<40: placeOrder()
        case 40..<55: cancel()
        case 55..<62: amend()
        case 62..<69: placeBid()
        case 69: cancelBid()
        case 70..<76: postOffer()
        case 76..<79: changeOffer()
        case 79..<93: passTime()
        case 93: moveMoney()
        case 94, 95: deliverBadly()
        case 96: armSwitch()
        default: administrate()
        }
    }

    mutating func note(_ outcome: Outcome) {
        switch outcome.reply {
        case .refused(let refusal): refused[refusal.code.rawValue, default: 0] += 1
        case .order(let receipt):
            accepted += 1
            lastOrder = max(lastOrder, receipt.order.id.rawValue)
        default: accepted += 1
        }
    }

    /// A dead-man switch: armed for a while, or disarmed.
    private mutating func armSwitch() {
        let seconds = below(3) == 0 ? 0 : UInt32(1 + below(20_000))
        note(market.apply(.cancelAllAfter(CancelAllAfter(seconds: seconds)), as: pick(consumers)))
    }

    private mutating func price() -> Price { Price(Int64(100 + below(200)) * 10_000 + (below(50) == 0 ? 1 : 0)) }

    private mutating func placeOrder() {
        var spec = OrderSpec()
        spec.contract = market.contract(pick(products), in: Int32(below(6)))
        spec.side = below(2) == 0 ? .buy : .sell
        spec.quantity = Quantity(below(12))
        spec.type = [.limit, .limit, .limit, .limit, .limit, .limit, .market, .stop, .stopLimit][below(9)]
        if spec.type == .limit || spec.type == .stopLimit {
            spec.price = price()
            spec.timeInForce = [.gtc, .gtc, .gtc, .ioc, .fok, .gtd][below(6)]
            if spec.timeInForce == .gtd { spec.expiresAt = market.now.advanced(minutes: Int32(1 + below(200))) }
        }
        if spec.type == .stop || spec.type == .stopLimit { spec.stopPrice = price() }
        if below(8) == 0 { spec.postOnly = true }
        if below(8) == 0 { spec.displayQuantity = Quantity(1 + below(5)) }
        if below(8) == 0 { spec.minQuantity = Quantity(1 + below(5)) }
        spec.selfTradePrevention = [nil, .cancelNewest, .cancelOldest, .cancelBoth][below(4)]
        var issuer = pick(consumers)
        if spec.side == .sell, below(3) > 0 {
            let index = below(resources.count)
            spec.resourceID = resources[index]
            issuer = providers[index]
            if below(4) > 0, let home = homeProduct(of: resources[index]) { spec.contract.product = home }
        } else if below(6) == 0 {
            issuer = pick(providers)
        }
        note(market.apply(.placeOrder(spec), as: issuer))
    }

    /// The product that a resource can be sold in.
    private func homeProduct(of resource: ResourceID) -> ProductID? {
        guard let record = market.exchange.resource(resource) else { return nil }
        return market.exchange.catalogue.productID(code: "\(record.spec.computeClass).\(record.spec.zone)")
    }

    private mutating func someOrder() -> (OrderReference, ParticipantID) {
        let id = OrderID(max(1, lastOrder - Int64(below(60))))
        let order = market.exchange.order(OrderReference(id: id), of: nil)
        return (OrderReference(id: id), below(10) == 0 ? pick(consumers) : order?.participantID ?? pick(consumers))
    }

    private mutating func cancel() {
        let (order, issuer) = someOrder()
        if below(12) == 0 {
            note(market.apply(.cancelOrders(CancelOrders(contract: below(2) == 0 ? nil : market.contract(pick(products), in: 1))), as: issuer))
        } else {
            note(market.apply(.cancelOrder(CancelOrder(order)), as: issuer))
        }
    }

    private mutating func amend() {
        let (order, issuer) = someOrder()
        var body = AmendOrder.Body()
        if below(2) == 0 { body.price = price() }
        if below(3) > 0 { body.quantity = Quantity(1 + below(14)) }
        note(market.apply(.amendOrder(AmendOrder(order: order, body: body)), as: issuer))
    }

    private mutating func placeBid() {
        var spec = BidSpec()
        spec.earliestStart = Hour(containing: market.now) + Int32(below(4))
        spec.durationHours = Int32(1 + below(4))
        spec.latestEnd = spec.earliestStart + spec.durationHours + Int32(below(3))
        spec.quantity = Quantity(1 + below(20))
        if below(4) == 0 { spec.maxTotal = .units(Int64(1 + below(200))) } else { spec.limitPrice = price() }
        if below(2) == 0 { spec.requirements.classes = [below(2) == 0 ? "H100-SXM" : "MI300X"] }
        if below(4) == 0 { spec.usableShare = Measure(Int64(1 + below(1_000_000))) }
        if below(5) == 0 {
            spec.fill = .hourly
            spec.requirements.products = ["H100-SXM.CN-GAN"]
            spec.latestEnd = spec.earliestStart + spec.durationHours
        } else {
            spec.placement = [nil, .sameResource, .sameSite, .any][below(4)]
        }
        if below(2) == 0 {
            spec.standing = true
            if below(4) == 0 { spec.hidden = true }
            if below(3) == 0 { spec.expiresAt = market.now.advanced(minutes: Int32(1 + below(200))) }
        }
        note(market.apply(.placeBid(spec), as: pick(consumers)))
    }

    private mutating func cancelBid() {
        let bids = market.exchange.bids(of: nil, after: BidID(0), limit: .max).filter { $0.closedAt == nil }
        guard !bids.isEmpty else { return placeBid() }
        let bid = pick(bids)
        note(market.apply(.cancelBid(CancelBid(bid.id)), as: below(10) == 0 ? pick(consumers) : bid.participantID))
    }

    private mutating func postOffer() {
        let index = below(resources.count)
        var spec = OfferSpec()
        spec.resourceID = resources[index]
        spec.start = Hour(containing: market.now) + Int32(below(5))
        spec.end = spec.start + Int32(1 + below(5))
        spec.quantity = Quantity(1 + below(32))
        spec.price = price()
        if below(3) == 0 { spec.skipUnavailable = true }
        if below(4) == 0 { spec.minHours = Int32(1 + below(3)) }
        if below(4) == 0 { spec.minQuantity = Quantity(1 + below(12)) }
        note(market.apply(.postOffer(spec), as: below(30) == 0 ? pick(providers) : providers[index]))
    }

    private mutating func changeOffer() {
        let offers = market.exchange.offers(of: nil, after: OfferID(0), limit: .max)
        guard !offers.isEmpty else { return }
        let offer = offers[max(0, offers.count - 1 - below(min(offers.count, 12)))]
        if below(2) == 0 {
            note(market.apply(.cancelOffer(CancelOffer(offer.id)), as: offer.providerID))
        } else {
            var body = AmendOffer.Body()
            if below(2) == 0 { body.price = price() }
            if below(2) == 0 { body.quantity = Quantity(1 + below(40)) }
            note(market.apply(.amendOffer(AmendOffer(offer: offer.id, body: body)), as: offer.providerID))
        }
    }

    private mutating func passTime() {
        market.advance(to: market.now.advanced(microseconds: Int64(1 + below(240)) * 1_000_000))
        report()
    }

    /// Meters report hours that ended, sometimes late, sometimes short, sometimes never.
    private mutating func report() {
        for index in resources.indices where nextReport[index].end <= market.now && below(3) > 0 {
            let hour = nextReport[index]
            nextReport[index] = hour + 1
            guard below(12) > 0 else { continue }
            let capacity = market.exchange.capacity(resources[index], from: hour, to: hour + 1)
            let sold = Int64(capacity.first?.sold ?? 0) * 3_600
            let delivered = [sold, sold, sold, sold * Int64(below(1_001)) / 1_000, 0][below(5)]
            let reply = market.report(resources[index], hour, delivered: delivered, sequence: reported[index] + 1, as: meter)
            if case .meterReport = reply { reported[index] += 1 }
        }
    }

    private mutating func moveMoney() {
        let participant = pick(consumers + providers)
        if below(2) == 0 {
            market.deposit(Int64(1 + below(1_000)), to: participant)
        } else {
            let movement = MoneyMovement(
                participantID: participant, currency: Currency(unchecked: "USD"), amount: Micros(Int64(1 + below(2_000_000_000))),
                reference: "out \(market.journal.count)"
            )
            note(market.apply(.withdraw(movement), as: market.operatorID))
        }
    }

    private mutating func administrate() {
        let index = below(resources.count)
        switch below(6) {
        case 0:
            var body = OutageSpec()
            body.start = Hour(containing: market.now) + Int32(below(3))
            body.end = body.start + Int32(1 + below(3))
            body.units = Quantity(1 + below(40))
            body.reason = "maintenance"
            note(market.apply(.declareOutage(DeclareOutage(resource: resources[index], body: body)), as: providers[index]))
        case 1:
            let participant = pick(consumers)
            note(market.apply(.suspendParticipant(ParticipantReference(participant)), as: market.operatorID))
            note(market.apply(.reinstateParticipant(ParticipantReference(participant)), as: market.operatorID))
        case 2:
            let scope = TradingScope(.product, product: pick(products))
            note(market.apply(.halt(scope), as: market.operatorID))
            note(market.apply(.resume(scope), as: market.operatorID))
        case 3:
            note(market.apply(.settle(Settle(through: market.now)), as: market.operatorID))
        case 4:
            var certification = Certification()
            certification.units = Quantity(32 + below(33))
            certification.validFrom = Hour(containing: market.now) + 2
            certification.validUntil = certification.validFrom + Int32(1 + below(4))
            certification.meterID = meter
            note(market.apply(.certifyResource(CertifyResource(resource: resources[index], certification: certification)), as: market.operatorID))
        default:
            note(market.apply(.halt(TradingScope(.market)), as: pick(consumers)))
        }
    }

    /// Lets time pass, 60 days of it where nothing else is said: what was settled and listed leaves memory.
    package mutating func letHoursLeave(hours: Int32 = 1_440, step: Int32 = 36) {
        for _ in 0..<hours / step { market.advance(to: market.now.advanced(hours: step)) }
    }

    /// Every gate closes, every grace ends: then nothing may be left in escrow or reserved.
    private mutating func finish() {
        for _ in 0..<48 {
            market.advance(to: market.now.advanced(hours: 3))
            report()
        }
        market.apply(.settle(Settle(through: market.now)), as: market.operatorID)
    }
}
