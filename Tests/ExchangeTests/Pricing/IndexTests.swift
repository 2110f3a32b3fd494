import Exchange
import Matching
import Pricing
import Quantities
import Registry
import TestSupport
import Testing

/// Several providers who sell two hours to one buyer, all delivered and settled.
struct IndexScene {
    let market = Market()
    let product: ProductID
    let buyer: ParticipantID
    let meter: ParticipantID
    var providers: [ParticipantID] = []
    var resources: [ResourceID] = []
    let midnight: Hour

    /// - Parameter owner: of the first two providers, where they have one together.
    init(providers count: Int = 5, sharedOwner: Bool = false) {
        midnight = Hour(containing: market.now)
        product = market.product()
        meter = market.participant("Meter", .meter)
        buyer = market.participant("Buyer", .consumer)
        market.deposit(100_000, to: buyer)
        for number in 0..<count {
            let provider = market.participant(
                "Provider \(number)", .provider, owner: sharedOwner && number == 1 ? providers[0] : nil)
            market.deposit(10_000, to: provider)
            providers.append(provider)
            resources.append(market.resource(of: provider, units: 20, meter: meter))
        }
    }

    func contract(_ hour: Int32) -> ContractKey { ContractKey(product: product, hour: midnight + hour) }

    /// One provider sells some units to the buyer.
    func sale(_ number: Int, _ price: Price, _ quantity: Quantity, hour: Int32) {
        let sell = market.order(.sell, contract(hour), price, quantity, resource: resources[number])
        guard case .success = market.place(sell, as: providers[number]),
            case .success = market.place(market.order(.buy, contract(hour), price, quantity), as: buyer)
        else { preconditionFailure("no sale") }
    }

    /// Everybody sells twice in an hour, a little dearer each.
    func sales(hour: Int32) {
        for number in providers.indices {
            sale(number, cents(200 + Int64(number)), 2, hour: hour)
            sale(number, cents(203 + Int64(number)), 1, hour: hour)
        }
    }

    /// Every resource delivers 3 units of an hour whole, as its report number so and so; all is settled at the end.
    func deliver(hour: Int32, report: Int64) {
        market.advance(to: (midnight + hour).end.advanced(minutes: 1))
        for resource in resources { market.report(resource, midnight + hour, delivered: 3 * 3_600, sequence: report, as: meter) }
        market.advance(to: (midnight + hour).end.advanced(minutes: 40))
    }

    func source(_ hours: Range<Int32>, code: String? = nil, at moment: Timestamp? = nil) throws -> IndexSource {
        let scope = try #require(market.exchange.indexScope(code: code ?? "H100-SXM.CN-GAN"))
        return market.exchange.indexSource(
            scope, midnight + hours.lowerBound..<midnight + hours.upperBound, knownAt: moment ?? market.now)
    }
}

@Suite struct IndexTests {
    @Test("an hour's index is published once its last delivery is settled, of the hour and of the class")
    func publishes() throws {
        let scene = IndexScene()
        scene.sales(hour: 2)
        #expect(try scene.source(2..<3).index.reason == .notSettled)
        scene.deliver(hour: 2, report: 1)
        for code in ["H100-SXM.CN-GAN", "H100-SXM"] {
            let index = try scene.source(2..<3, code: code).index
            // (2 × (2.00 … 2.04) + 2.03 … 2.07) / 15
            #expect(index.status == .published && index.value == cents(203) && index.sellers == 5 && index.trades == 10)
        }
        #expect(try scene.source(1..<2).index.reason == .noTrades)
        #expect(try scene.source(0..<24).index.reason == .notSettled)
        #expect(scene.market.exchange.latestIndexHour(try #require(scene.market.exchange.indexScope(code: "H100-SXM")), knownAt: scene.market.now) == scene.midnight + 2)
        scene.market.advance(to: (scene.midnight + 24).start)
        #expect(try scene.source(0..<24).index.value == cents(203))
        #expect(scene.market.exchange.indexScope(code: "NONE") == nil)
        #expect(scene.market.replay().state == scene.market.state)
        #expect(try scene.market.isReadBack())
    }

    @Test("resales do not count, one owner is one seller, and what was not delivered has no weight")
    func excludes() throws {
        let scene = IndexScene(sharedOwner: true)
        scene.sales(hour: 2)
        // The buyer sells on; the price of the resale is nobody's input.
        let other = scene.market.participant("Other", .consumer)
        scene.market.deposit(1_000, to: other)
        _ = scene.market.place(scene.market.order(.sell, scene.contract(2), cents(290), 1), as: scene.buyer)
        _ = scene.market.place(scene.market.order(.buy, scene.contract(2), cents(290), 1), as: other)
        scene.market.advance(to: (scene.midnight + 2).end.advanced(minutes: 1))
        for (number, resource) in scene.resources.enumerated() {
            scene.market.report(resource, scene.midnight + 2, delivered: number == 4 ? 0 : 3 * 3_600, sequence: 1, as: scene.meter)
        }
        scene.market.advance(to: (scene.midnight + 2).end.advanced(minutes: 40))
        let source = try scene.source(2..<3)
        #expect(source.sales.count == 8 && source.sales.allSatisfy { $0.input.price < cents(220) })
        // A lot that was sold on in part is one sale.
        #expect(source.sales[0].input.deviceSeconds == 7_200)
        #expect(source.index.reason == .tooFewSellers && source.index.sellers == 3)
    }

    @Test("a revision needs a reason and an hour that is known; what was known before stays")
    func revises() throws {
        let scene = IndexScene()
        scene.sales(hour: 2)
        scene.deliver(hour: 2, report: 1)
        let before = scene.market.now
        let first = try scene.source(2..<3)
        func revise(_ hour: Int32, _ trades: [TradeID]?, _ reason: String, as issuer: ParticipantID? = nil) -> Outcome {
            var body = ReviseIndex.Body()
            body.hour = scene.midnight + hour
            body.excludedTrades = trades
            body.reason = reason
            return scene.market.apply(.reviseIndex(ReviseIndex(product: scene.product, body: body)), as: issuer ?? scene.market.operatorID)
        }
        func code(_ outcome: Outcome) -> RefusalCode? { if case .refused(let refusal) = outcome.reply { refusal.code } else { nil } }
        #expect(code(revise(2, [TradeID(1)], "")) == .invalidRequest)
        #expect(code(revise(2, [TradeID(1)], "x", as: scene.buyer)) == .forbidden)
        #expect(code(revise(3, nil, "x")) == .conflict)
        #expect(code(revise(2, [TradeID(99)], "x")) == .notFound)
        scene.market.advance(to: before.advanced(minutes: 60))
        guard case .indexRevision(let revision) = revise(2, [TradeID(1)], "the first trade was a test").reply else {
            Issue.record("no revision")
            return
        }
        #expect(revision.revision == 2 && revision.reason == "the first trade was a test")
        let now = try scene.source(2..<3)
        #expect(now.index.trades == 9 && now.index.value != first.index.value && now.revisions.map(\.revision) == [1, 2])
        let then = try scene.source(2..<3, at: before)
        #expect(then.index == first.index && then.revisions.count == 1)
        #expect(try scene.source(2..<3, at: (scene.midnight + 3).start).index.reason == .notSettled)
        #expect(scene.market.replay().state == scene.market.state)
        #expect(try scene.market.isReadBack())
    }

    @Test("a corrected delivery is a revision by itself; what an operator left out stays out")
    func corrects() throws {
        let scene = IndexScene()
        scene.sales(hour: 2)
        scene.deliver(hour: 2, report: 1)
        let before = scene.market.now
        let first = try scene.source(2..<3)
        func correct(_ delivery: Int64, _ seconds: Int64) -> RefusalCode? {
            var body = CorrectDelivery.Body()
            body.deliveredDeviceSeconds = seconds
            body.reference = "case \(delivery) \(seconds)"
            body.reason = "the meter of \(delivery) was wrong"
            return scene.market.code(.correctDelivery(CorrectDelivery(DeliveryID(delivery), body)), as: scene.market.operatorID)
        }
        scene.market.advance(to: before.advanced(minutes: 60))
        let trades = try first.sales.map(\.input.trade)
        #expect(correct(1, 3_600) == nil)
        let corrected = try scene.source(2..<3)
        #expect(corrected.revisions.map(\.reason) == ["settled", "the meter of 1 was wrong"])
        #expect(corrected.sales[0].input.deviceSeconds == 3_600 && corrected.index.value != first.index.value)
        #expect(try scene.source(2..<3, at: before).index == first.index)
        // Left out by an operator, then corrected: it stays out. Corrected to nothing, it is out by itself.
        var body = ReviseIndex.Body()
        body.hour = scene.midnight + 2
        body.excludedTrades = [trades[2]]
        body.reason = "a test"
        #expect(scene.market.code(.reviseIndex(ReviseIndex(product: scene.product, body: body)), as: scene.market.operatorID) == nil)
        #expect(correct(3, 1_800) == nil && correct(4, 0) == nil)
        let last = try scene.source(2..<3)
        #expect(last.sales.map(\.input.trade) == trades.filter { $0 != trades[2] && $0 != trades[3] })
        // Corrected back, and taken in again.
        #expect(correct(4, 3_600) == nil)
        body.excludedTrades = nil
        #expect(scene.market.code(.reviseIndex(ReviseIndex(product: scene.product, body: body)), as: scene.market.operatorID) == nil)
        let back = try scene.source(2..<3)
        #expect(back.sales.map(\.input.trade) == trades && back.sales[2].input.deviceSeconds == 1_800 && back.revisions.count == 7)
        #expect(scene.market.replay().state == scene.market.state)
        #expect(try scene.market.isReadBack())
    }

    @Test("a correction before the hour is known changes what becomes known first")
    func correctsEarly() throws {
        let scene = IndexScene()
        scene.sales(hour: 2)
        scene.market.advance(to: (scene.midnight + 2).end.advanced(minutes: 1))
        for resource in scene.resources.dropLast() {
            scene.market.report(resource, scene.midnight + 2, delivered: 3 * 3_600, sequence: 1, as: scene.meter)
        }
        scene.market.advance(to: (scene.midnight + 2).end.advanced(minutes: 40))
        var body = CorrectDelivery.Body()
        body.deliveredDeviceSeconds = 3_600
        body.reference = "early"
        body.reason = "early"
        #expect(scene.market.code(.correctDelivery(CorrectDelivery(DeliveryID(1), body)), as: scene.market.operatorID) == nil)
        #expect(try scene.source(2..<3).index.reason == .notSettled)
        scene.market.advance(to: (scene.midnight + 2).end.advanced(hours: 25))
        let source = try scene.source(2..<3)
        #expect(source.revisions.count == 1 && source.sales[0].input.deviceSeconds == 3_600 && source.sales.count == 8)
        #expect(try scene.market.isReadBack())
    }

    @Test("an index of a class takes the products of all zones in one currency; another currency has its own")
    func classes() throws {
        let market = Market()
        market.product("H100-SXM", "CN-GAN")
        market.product("H100-SXM", "US-IOWA")
        market.product("H100-SXM", "CN-BJ", currency: "CNY")
        let scopes = market.exchange.indexScopes()
        #expect(scopes.map(\.code) == ["H100-SXM.CN-GAN", "H100-SXM.US-IOWA", "H100-SXM.CN-BJ", "H100-SXM", "H100-SXM:CNY"])
        #expect(scopes[3].products.map(\.index) == [0, 1] && scopes[4].products.map(\.index) == [2])
    }
}
