import Exchange
import Matching
import Quantities
import Registry
import Sequencer

/// A market whose hours pass in time lapse: one product, buyers with money, sellers with a resource each that is certified for ten years, and
/// their meter.
package struct LapseMarket: Sendable {
    package var product: ProductID
    package var meter: ParticipantID
    package var sellers: [(participant: ParticipantID, resource: ResourceID)]
    package var buyers: [ParticipantID]

    package init(
        product: ProductID, meter: ParticipantID, sellers: [(participant: ParticipantID, resource: ResourceID)], buyers: [ParticipantID]
    ) {
        self.product = product
        self.meter = meter
        self.sellers = sellers
        self.buyers = buyers
    }

    /// What a market is made of.
    struct Plan {
        var sellers: Int
        var buyers: Int
        var tick: Price
        var reference: Price
        var horizonHours: Int32
        /// How long after an hour its report may come before its deliveries are called unverified, and for how long a later one still counts; nil
        /// as a product has it.
        var meterDeadlineMinutes: Int32?
        var meterGraceHours: Int32?
    }

    private static let units: Quantity = 1_000_000
    private static let certifiedHours: Int32 = 87_600

    /// Makes the market, certified from the hour of `time` on.
    static func make(_ plan: Plan, on sequencer: Sequencer, at time: Timestamp) async throws -> LapseMarket {
        let root = ParticipantID(1)
        func apply(_ command: Command, _ issuer: ParticipantID) async throws -> Reply {
            let reply = try await sequencer.submit(command, issuer: issuer, idempotency: nil).reply
            if case .refused(let refusal) = reply { preconditionFailure("refused: \(refusal)") }
            return reply
        }
        func participant(_ name: String, _ role: Role) async throws -> ParticipantID {
            guard case .participant(let made) = try await apply(.createParticipant(BenchCatalogue.participant(name, role)), root) else {
                preconditionFailure("no participant")
            }
            if role != .meter { _ = try await apply(.deposit(BenchCatalogue.deposit(of: made.id, name)), root) }
            return made.id
        }
        let (zone, computeClass) = (BenchCatalogue.zone(), BenchCatalogue.computeClass())
        _ = try await apply(.addZone(zone), root)
        _ = try await apply(.addComputeClass(computeClass), root)
        var terms = BenchCatalogue.terms(
            computeClass.code, zone.code, tick: plan.tick, reference: plan.reference, horizonHours: plan.horizonHours)
        terms.meterDeadlineMinutes = plan.meterDeadlineMinutes
        terms.meterGraceHours = plan.meterGraceHours
        guard case .product(let product) = try await apply(.addProduct(terms), root) else { preconditionFailure("no product") }
        var market = LapseMarket(product: product.id, meter: try await participant("Meter", .meter), sellers: [], buyers: [])
        for number in 0..<plan.buyers { market.buyers.append(try await participant("Buyer \(number)", .consumer)) }
        for number in 0..<plan.sellers {
            let seller = try await participant("Seller \(number)", .provider)
            let spec = BenchCatalogue.resource(computeClass.code, zone.code, units: units)
            guard case .resource(let resource) = try await apply(.registerResource(spec), seller) else { preconditionFailure("no resource") }
            var certification = Certification()
            certification.units = units
            certification.validFrom = Hour(containing: time)
            certification.validUntil = certification.validFrom + certifiedHours
            certification.meterID = market.meter
            _ = try await apply(.certifyResource(CertifyResource(resource: resource.id, certification: certification)), root)
            market.sellers.append((seller, resource.id))
        }
        return market
    }

    /// An order for an hour: of the buyer or of the seller with a number.
    func order(_ side: Side, _ price: Price, _ quantity: Quantity, in hour: Hour, of number: Int) -> (Command, ParticipantID) {
        var spec = OrderSpec()
        spec.contract = ContractKey(product: product, hour: hour)
        spec.side = side
        spec.price = price
        spec.quantity = quantity
        spec.timeInForce = .gtc
        guard side == .sell else { return (.placeOrder(spec), buyers[number]) }
        spec.resourceID = sellers[number].resource
        return (.placeOrder(spec), sellers[number].participant)
    }
}
