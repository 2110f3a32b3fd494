import Client
import Quantities

/// The part of the market that one import made for itself.
package struct TraceMarket: Sendable {
    /// A participant with its own key; providers have their resource.
    package struct Member: Sendable {
        package var id: String
        package var client: SuanpanClient
        /// Empty for buyers and the meter.
        package var resource = ""
    }

    /// One for each model, in the plan's order.
    package var providers: [Member]
    /// By service class.
    package var buyers: [String: Member]
    package var meter: Member
    /// Positions of models by product code.
    package var modelOfProduct: [String: Int]

    /// Creates zone, classes, products, participants, money and certified resources.
    ///
    /// A zone and classes of the same code are used as they are; a product of the same code is a refusal, because offers of
    /// others would mix into the trace.
    ///
    /// - Throws: `TraceRefusal`, and what the client throws.
    package static func create(
        plan: TracePlan, site: TraceImporter.Site, begin: Timestamp, operator venue: SuanpanClient
    ) async throws -> TraceMarket {
        try await createZone(site, venue)
        var modelOfProduct: [String: Int] = [:]
        for (position, model) in plan.models.enumerated() {
            try await createClass(model, venue, tag: site.tag)
            modelOfProduct[try await createProduct(model, plan: plan, site, venue)] = position
        }
        let meter = try await join("Trace meter", role: .meter, site, venue)
        var providers: [Member] = []
        for model in plan.models {
            var provider = try await join("Trace provider \(model.name)", role: .provider, site, venue)
            try await endow(provider, site, venue)
            provider.resource = try await certifyResource(
                of: provider, model, plan: plan, site: site, begin: begin, meter: meter, venue
            )
            providers.append(provider)
        }
        var buyers: [String: Member] = [:]
        for service in plan.buyers {
            let buyer = try await join("Trace buyer \(service)", role: .consumer, site, venue)
            try await endow(buyer, site, venue)
            buyers[service] = buyer
        }
        return TraceMarket(providers: providers, buyers: buyers, meter: meter, modelOfProduct: modelOfProduct)
    }

    private static func createZone(_ site: TraceImporter.Site, _ venue: SuanpanClient) async throws {
        // The trace does not say where its cluster stands; the grid is a stand-in and says so.
        let grid = Grid(
            gPerKwh: Measure(636_100_000), year: 2023, source: "stand-in: MEE/NBS North China grid", basis: "CO2 generation"
        )
        let zone = Zone(code: site.zone, name: "Trace cluster (site undisclosed)", country: "CN", grid: grid)
        try await unlessThere {
            _ = try await venue.createZone(zone, idempotencyKey: "trace-\(site.tag)-zone")
        }
    }

    private static func createClass(_ model: TracePlan.Model, _ venue: SuanpanClient, tag: String) async throws {
        var computeClass = ComputeClass(
            code: model.name, vendor: model.facts.vendor, model: model.facts.description, abi: "cuda"
        )
        computeClass.memoryGb = model.facts.memoryGb.map { WholeFigure($0) }
        try await unlessThere {
            _ = try await venue.createComputeClass(computeClass, idempotencyKey: "trace-\(tag)-class-\(model.name)")
        }
    }

    private static func createProduct(
        _ model: TracePlan.Model, plan: TracePlan, _ site: TraceImporter.Site, _ venue: SuanpanClient
    ) async throws -> String {
        var product = Product(
            class: model.name, zone: site.zone, currency: TraceImporter.currency, tickSize: TraceRules.tick,
            referencePrice: model.facts.referencePrice, horizonHours: plan.horizonHours
        )
        product.makerFeeBps = 5
        product.takerFeeBps = 10
        product.gateClosureMinutes = TracePlan.gateClosureMinutes
        product.meterDeadlineMinutes = TraceImporter.meterDeadlineMinutes
        product.disputeMinutes = TraceImporter.disputeMinutes
        let code = "\(model.name).\(site.zone)"
        do {
            let key = "trace-\(site.tag)-product-\(model.name)"
            return try await venue.createProduct(product, idempotencyKey: key).code ?? code
        } catch let problem as Problem where problem.status == 409 {
            throw TraceRefusal.alreadyImported(product: code, zone: site.zone)
        }
    }

    private static func join(
        _ name: String, role: Role, _ site: TraceImporter.Site, _ venue: SuanpanClient
    ) async throws -> Member {
        let step = name.split(separator: " ").joined(separator: "-")
        let participant = try await venue.createParticipant(
            NewParticipant(name: "\(name) \(site.tag)", roles: [role]),
            idempotencyKey: "trace-\(site.tag)-\(step)"
        )
        let key = try await venue.createKey(
            NewAPIKey(label: "trace import"), of: participant.id, idempotencyKey: "trace-\(site.tag)-key-\(step)"
        )
        guard let secret = key.key else { throw TraceRefusal.keyWithheld(participant: name) }
        return Member(id: participant.id, client: venue.acting(with: secret))
    }

    private static func endow(_ member: Member, _ site: TraceImporter.Site, _ venue: SuanpanClient) async throws {
        let reference = "trace-\(site.tag)-\(member.id)"
        _ = try await venue.deposit(
            CashMovement(
                participantId: member.id, currency: TraceImporter.currency, amount: site.deposit, reference: reference
            ),
            idempotencyKey: "trace-\(site.tag)-deposit-\(member.id)"
        )
    }

    private static func certifyResource(
        of provider: Member, _ model: TracePlan.Model, plan: TracePlan, site: TraceImporter.Site, begin: Timestamp,
        meter: Member, _ venue: SuanpanClient
    ) async throws -> String {
        var resource = NewResource(
            class: model.name, zone: site.zone, units: model.units, siteName: "Trace cluster, \(model.nodes) nodes"
        )
        resource.node = model.devicesPerNode.map { NewResource.Node(devicesPerNode: $0) }
        let registered = try await provider.client.registerResource(
            resource, idempotencyKey: "trace-\(site.tag)-resource-\(model.name)"
        )
        let end = begin.advanced(hours: Int32(plan.endHour + 1))
        try await venue.certify(
            resource: registered.id,
            Certification(units: model.units, validFrom: begin, validUntil: end, meterId: meter.id),
            idempotencyKey: "trace-\(site.tag)-certify-\(model.name)"
        )
        return registered.id
    }

    /// Runs a creation; that the thing exists already is as good.
    private static func unlessThere(_ create: () async throws -> Void) async throws {
        do {
            try await create()
        } catch let problem as Problem where problem.status == 409 {
            return
        }
    }
}
