import Exchange
import Quantities
import Registry

/// Resources, their certification and capacity, and the resolution of their identifiers.
enum ResourceRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/resources", .roles(.provider), body: ResourceSpec.self, register),
        Route(.get, "/v1/resources", .participants, query: Page.parameters + ["participant_id"], list),
        Route(.get, "/v1/resources/{id}", .participants, get),
        Route(.delete, "/v1/resources/{id}", .roles([.provider, .operator]), retire),
        Route(.put, "/v1/resources/{id}/site", .roles([.provider, .operator]), body: SiteFacts.self, correctSite),
        Route(.post, "/v1/resources/{id}/certify", .roles(.operator), body: Certification.self, certify),
        Route(.get, "/v1/resources/{id}/certifications", .participants, query: Page.parameters, certifications),
        Route(.get, "/v1/resources/{id}/outages", .participants, query: Page.parameters, outages),
        Route(.post, "/v1/resources/{id}/outages", .roles([.provider, .operator]), body: OutageSpec.self, declareOutage),
        Route(.get, "/v1/resources/{id}/capacity", .participants, query: Page.parameters + ["from", "to"], capacity),
        Route(.get, "/v1/resolve/{cri}", .everyone, resolve),
    ]

    @Sendable static func register(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(ResourceSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        return try await call.perform(.registerResource(spec), status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(ResourceID.self)
        let provider = try call.listed()
        let found = try await call.query { $0.resources(provider: provider, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer { call.json(try await visible(call)) }

    /// The resource in the path, if the caller may see it.
    private static func visible(_ call: Call) async throws(Problem) -> Resource {
        let id = call.id(ResourceID.self)
        guard let resource = try await call.query({ $0.resource(id) }),
            call.caller.seesEverything || resource.providerID == call.caller.participant
        else { throw .notFound("resource") }
        return resource
    }

    @Sendable static func retire(_ call: Call) async throws(Problem) -> Answer {
        try await call.perform(.retireResource(RetireResource(call.id(ResourceID.self))))
    }

    /// Figures and certificates of the site, with the hardware and its identifier as they are.
    @Sendable static func correctSite(_ call: Call) async throws(Problem) -> Answer {
        let site = try call.read(SiteFacts.self)
        try call.check { () throws(Refusal) in try site.check(nil) }
        return try await call.perform(.correctSite(CorrectSite(resource: call.id(ResourceID.self), site: site)))
    }

    @Sendable static func certify(_ call: Call) async throws(Problem) -> Answer {
        let certification = try call.read(Certification.self)
        try call.check { () throws(Refusal) in try certification.check() }
        return try await call.perform(
            .certifyResource(CertifyResource(resource: call.id(ResourceID.self), certification: certification))
        )
    }

    @Sendable static func declareOutage(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(OutageSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        return try await call.perform(
            .declareOutage(DeclareOutage(resource: call.id(ResourceID.self), body: spec)), status: 201
        )
    }

    /// What the operator certified, for whoever may see the resource.
    @Sendable static func certifications(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(CertificationID.self)
        let resource = try await visible(call)
        let found = try await call.query { $0.certifications(of: resource.id, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    /// What was declared away, and which deliveries that breaks as things stand, for whoever may see the resource.
    @Sendable static func outages(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(OutageID.self)
        let resource = try await visible(call)
        let found = try await call.query { $0.outages(of: resource.id, after: after, limit: page.limit + 1) }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    /// Units hour by hour: a day from now on where no window is named.
    @Sendable static func capacity(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let resource = try await visible(call)
        let window = try call.query.window(
            from: Hour(containing: call.services.gateway.now), hours: 24, maximum: 8_784
        )
        let skipped = Int32(clamping: try page.number())
        guard skipped < window.upperBound - window.lowerBound else { return .list([CapacityView](), next: nil, products: call.products) }
        let from = window.lowerBound + skipped
        let wanted = Int32(page.limit + 1)
        let to = window.upperBound - from > wanted ? from + wanted : window.upperBound
        let found = try await call.query { $0.capacity(resource.id, from: from, to: to) }
        return call.list(found, limit: page.limit) { _ in String(Int(skipped) + page.limit) }
    }

    /// What an identifier names: 200, 404 for none, 410 once the resource is retired.
    @Sendable static func resolve(_ call: Call) async throws(Problem) -> Answer {
        let text = call.parameters[0]
        guard CRI(text) != nil else {
            throw Problem(.notFound, "this is no compute resource identifier: form or check characters are wrong")
        }
        let found = try await call.query { exchange in
            exchange.resource(cri: text).map { (resource: $0, successor: exchange.successor(of: $0.id)?.cri) }
        }
        guard let (resource, successor) = found else { throw .notFound("compute resource") }
        guard resource.status != .retired else {
            throw Problem(.gone, "\(resource.cri) was retired" + (successor.map { "; \($0) took its place" } ?? ""))
        }
        return .object(products: call.products) { writer in
            writer.member("cri", resource.cri)
            writer.member("id", resource.id)
            writer.member("provider_id", resource.providerID)
            writer.member("status", resource.status)
            writer.member("class", resource.spec.computeClass)
            writer.member("zone", resource.spec.zone)
            writer.member("units", resource.spec.units)
        }
    }
}
