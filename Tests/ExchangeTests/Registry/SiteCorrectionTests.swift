import Exchange
import Matching
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Renewed figures and certificates of a site")
struct SiteCorrectionTests {
    /// A product for everybody and one whose grade guarantees a PUE of 1.3, a resource of PUE 1.2 with a certificate that ends at 04:00,
    /// and who trades.
    private struct Scene {
        let pit = Pit()
        let graded: ProductID
        let resource: ResourceID
        var market: Market { pit.market }

        init() throws {
            var grade = Grade()
            grade.code = "GREEN"
            grade.guarantees.maxPUE = Measure(1_300_000)
            #expect(pit.market.code(.addGrade(grade), as: pit.market.operatorID) == nil)
            var terms = try #require(pit.market.exchange.product(pit.product)).terms
            terms.grade = "GREEN"
            guard case .product(let product) = pit.market.apply(.addProduct(terms), as: pit.market.operatorID).reply else {
                preconditionFailure("no product")
            }
            graded = product.id
            let end = (pit.midnight + 4).start
            resource = pit.market.resource(of: pit.provider, units: 8, site: "S") {
                $0.site?.code = "S01"
                $0.site?.pue = Measure(1_200_000)
                $0.site?.certificates = [Self.certificate(end)]
            }
        }

        static func certificate(_ end: Timestamp) -> SiteCertificate {
            var certificate = SiteCertificate()
            certificate.scheme = "GB 50174"
            certificate.expiresAt = end
            return certificate
        }

        /// The site with a PUE in thousandths, and a certificate that ends so many hours after midnight.
        func site(pue: Int64, certified: Int32? = 4) -> SiteFacts {
            var site = SiteFacts(name: "S")
            site.pue = Measure(pue * 1_000)
            if let certified { site.certificates = [Self.certificate((pit.midnight + certified).start)] }
            return site
        }

        func correct(_ site: SiteFacts, as issuer: ParticipantID? = nil) -> Refusal? {
            market.refusal(.correctSite(CorrectSite(resource: resource, site: site)), as: issuer ?? pit.provider)
        }

        func contract(_ hour: Int32) -> ContractKey { ContractKey(product: graded, hour: pit.midnight + hour) }

        func bid(hour: Int32, _ change: (inout BidSpec) -> Void) throws -> BidView {
            var spec = market.bid(quantity: 2, hours: 1, from: hour)
            change(&spec)
            return try market.bid(spec, as: pit.alice).get()
        }
    }

    @Test("a renewed certificate and a new PUE count under the identifier as it was, and a bid that waited for them is filled")
    func renews() throws {
        let scene = try Scene()
        let market = scene.market
        let before = try #require(market.exchange.resource(scene.resource))
        _ = try market.offer(market.offer(of: scene.resource, 8, at: cents(200), from: 2, hours: 6), as: scene.pit.provider).get()
        let certified = try scene.bid(hour: 6) {
            $0.requirements.certificates = ["GB 50174"]
            $0.standing = true
        }
        let efficient = try scene.bid(hour: 5) {
            $0.requirements.maxPUE = Measure(1_150_000)
            $0.standing = true
        }
        #expect(certified.status == .standing && efficient.status == .standing)
        #expect(scene.correct(scene.site(pue: 1_200, certified: 10)) == nil)
        #expect(market.exchange.bid(certified.id)?.status == .filled && market.exchange.bid(efficient.id)?.status == .standing)
        #expect(scene.correct(scene.site(pue: 1_150, certified: 10), as: market.operatorID) == nil)
        #expect(market.exchange.bid(efficient.id)?.status == .filled)
        let after = try #require(market.exchange.resource(scene.resource))
        #expect(after.cri == before.cri && after.spec.site?.code == "S01" && after.spec.site?.pue == Measure(1_150_000))
        #expect(before.facilityGrade == .grade1 && after.facilityGrade == .grade1)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        var decoder = BinaryDecoder(market.state)
        #expect(try Exchange(decoding: &decoder).resource(scene.resource) == after)
        #expect(market.replay().state == market.state)
    }

    @Test("what sold hours were promised by their grade, or by the bid for the resource's own facts, cannot be taken back until they are over")
    func promises() throws {
        let scene = try Scene()
        let market = scene.market
        let pit = scene.pit
        #expect(market.code(market.order(.sell, scene.contract(2), cents(200), 4, resource: scene.resource), as: pit.provider) == nil)
        #expect(market.code(market.order(.buy, scene.contract(2), cents(200), 2), as: pit.bob) == nil)
        #expect(scene.correct(scene.site(pue: 1_300)) == nil)
        let broken = scene.correct(scene.site(pue: 1_301))
        #expect(broken?.code == .conflict && broken?.detail.contains("PUE") == true)
        _ = try market.offer(market.offer(of: scene.resource, 4, at: cents(200), from: 3, hours: 1), as: pit.provider).get()
        let bought = try scene.bid(hour: 3) {
            $0.requirements.certificates = ["GB 50174"]
            $0.requirements.minReliability = nil
        }
        #expect(bought.status == .filled)
        #expect(scene.correct(scene.site(pue: 1_300, certified: nil))?.code == .conflict)
        #expect(scene.correct(scene.site(pue: 1_300, certified: 3))?.code == .conflict)
        #expect(scene.correct(scene.site(pue: 1_300, certified: 5)) == nil)
        // From the gate on it is the delivery that was promised, and until its hour is over.
        pit.advance(minutes: 150)
        #expect(scene.correct(scene.site(pue: 1_301, certified: 5))?.code == .conflict)
        pit.advance(minutes: 180)
        #expect(scene.correct(scene.site(pue: 1_301, certified: 5)) == nil)
        #expect(scene.correct(scene.site(pue: 1_301, certified: nil))?.code == .conflict)
        pit.advance(minutes: 240)
        #expect(scene.correct(scene.site(pue: 1_301, certified: nil)) == nil)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("open sells that no longer meet their grade are cancelled, others stay, and new ones are tested anew")
    func openSells() throws {
        let scene = try Scene()
        let market = scene.market
        let pit = scene.pit
        func sell(_ contract: ContractKey) -> Result<OrderReceipt, Refusal> {
            market.place(market.order(.sell, contract, cents(200), 2, resource: scene.resource), as: pit.provider)
        }
        let graded = try sell(scene.contract(2)).get().order.id
        let plain = try sell(pit.contract(2)).get().order.id
        #expect(scene.correct(scene.site(pue: 1_400)) == nil)
        #expect(pit.order(graded).status == .cancelled && pit.order(graded).reason == .capacityReduced)
        #expect(pit.order(plain).status == .open)
        #expect(market.exchange.resource(scene.resource)?.facilityGrade == .grade3)
        #expect(sell(scene.contract(2)).refusal?.code == .insufficientCapacity)
        #expect(scene.correct(scene.site(pue: 1_300)) == nil)
        #expect(sell(scene.contract(2)).refusal == nil)
        #expect(market.exchange.firstBrokenInvariant() == nil)
        #expect(market.replay().state == market.state)
    }

    @Test("an hour keeps the PUE of its first report")
    func energy() throws {
        let pit = Pit()
        let market = pit.market
        let resource = market.resource(of: pit.provider, units: 8, site: "S") { $0.site?.pue = Measure(1_200_000) }
        #expect(market.code(market.order(.sell, pit.contract(), cents(200), 2, resource: resource), as: pit.provider) == nil)
        pit.buy(cents(200), 2, as: pit.alice)
        pit.advance(minutes: 180)
        market.report(resource, pit.midnight + 2, delivered: 7_200, sequence: 1, as: pit.meter)
        func pue() -> Measure? { market.exchange.delivery(DeliveryID(1))?.carbon?.pue }
        #expect(pue() == Measure(1_200_000))
        var site = SiteFacts(name: "S")
        site.pue = Measure(1_100_000)
        #expect(market.code(.correctSite(CorrectSite(resource: resource, site: site)), as: pit.provider) == nil)
        var report = MeterReportSpec()
        report.resourceID = resource
        report.hour = pit.midnight + 2
        report.sequence = 2
        report.previousHash = Market.hash(resource, 1)
        report.replaces = 1
        report.deliveredDeviceSeconds = 7_100
        #expect(market.code(.reportMeter(ReportMeter(report: report, hash: Market.hash(resource, 2))), as: pit.meter) == nil)
        #expect(pue() == Measure(1_200_000))
        #expect(market.replay().state == market.state)
    }

    @Test("name, code and maintenance stay, the provider's own resource alone is corrected, and a refusal changes nothing")
    func refusals() throws {
        let scene = try Scene()
        let market = scene.market
        let pit = scene.pit
        let other = market.participant("Other", .provider)
        let before = market.stateWithoutHeader
        func field(_ change: (inout SiteFacts) -> Void) -> String? {
            var site = scene.site(pue: 1_100)
            change(&site)
            return scene.correct(site)?.field
        }
        #expect(field { $0.name = "T" } == "name")
        #expect(field { $0.code = "S02" } == "code")
        #expect(field { $0.maintenance = [] } == "maintenance")
        #expect(field { $0.pue = Measure(900_000) } == "pue")
        #expect(field { $0.certificates = [SiteCertificate()] } == "certificates[0].scheme")
        #expect(field { $0.wue = Measure(-1) } == "wue")
        #expect(scene.correct(scene.site(pue: 1_100), as: other)?.code == .notFound)
        #expect(scene.correct(scene.site(pue: 1_100), as: pit.alice)?.code == .forbidden)
        #expect(market.code(.correctSite(CorrectSite(resource: ResourceID(99), site: scene.site(pue: 1_100))), as: pit.provider) == .notFound)
        // As it is: nothing to do.
        #expect(scene.correct(scene.site(pue: 1_200)) == nil)
        #expect(market.stateWithoutHeader == before)
        market.apply(.retireResource(RetireResource(scene.resource)), as: pit.provider)
        #expect(scene.correct(scene.site(pue: 1_100))?.code == .conflict)
    }
}
