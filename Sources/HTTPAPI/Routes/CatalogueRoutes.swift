import Exchange
import Quantities
import Registry

/// Zones, classes, grades, products and the network: defined by the operator, readable by everybody, in every version.
enum CatalogueRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/zones", .roles(.operator), body: Zone.self, addZone),
        Route(.get, "/v1/zones", .everyone, query: Page.parameters, zones),
        Route(.get, "/v1/zones/{code}", .everyone, zone),
        Route(.put, "/v1/zones/{code}", .roles(.operator), body: Zone.self, correctZone),
        Route(.post, "/v1/compute_classes", .roles(.operator), body: ComputeClass.self, addClass),
        Route(.get, "/v1/compute_classes", .everyone, query: Page.parameters, classes),
        Route(.get, "/v1/compute_classes/{code}", .everyone, computeClass),
        Route(.put, "/v1/compute_classes/{code}", .roles(.operator), body: ComputeClass.self, correctClass),
        Route(.post, "/v1/grades", .roles(.operator), body: Grade.self, addGrade),
        Route(.get, "/v1/grades", .everyone, query: Page.parameters, grades),
        Route(.get, "/v1/grades/{code}", .everyone, grade),
        Route(.post, "/v1/products", .roles(.operator), body: ProductTerms.self, addProduct),
        Route(.get, "/v1/products", .everyone, query: Page.parameters, products),
        Route(.get, "/v1/products/{code}", .everyone, product),
        Route(.get, "/v1/catalogue", .everyone, catalogue),
        Route(.get, "/v1/catalogue/{version}", .everyone, catalogueVersion),
        Route(.get, "/v1/network", .everyone, query: Page.parameters, network),
        Route(.get, "/v1/network/{from}/{to}", .everyone, path),
        Route(.put, "/v1/network/{from}/{to}", .roles(.operator), body: NetworkPathFacts.self, setPath),
        Route(.get, "/v1/profiles", .everyone, query: Page.parameters, profiles),
    ]

    @Sendable static func addZone(_ call: Call) async throws(Problem) -> Answer {
        let zone = try call.read(Zone.self)
        try call.check { () throws(Refusal) in try zone.check() }
        return try await call.perform(.addZone(zone), status: 201)
    }

    @Sendable static func addClass(_ call: Call) async throws(Problem) -> Answer {
        let computeClass = try call.read(ComputeClass.self)
        try call.check { () throws(Refusal) in try computeClass.check() }
        return try await call.perform(.addComputeClass(computeClass), status: 201)
    }

    /// Another set of facts for a zone that exists: a new version of the catalogue.
    @Sendable static func correctZone(_ call: Call) async throws(Problem) -> Answer {
        let zone = try call.read(Zone.self)
        try call.check { () throws(Refusal) in
            try zone.check()
            guard zone.code == call.parameters[0] else { throw .invalid("code", "code must be that of the path") }
        }
        guard try await call.query({ $0.catalogue.zone(code: zone.code) }) != nil else { throw .notFound("zone") }
        return try await call.perform(.correctZone(zone))
    }

    /// Another set of facts for a class that exists: a new version of the catalogue.
    @Sendable static func correctClass(_ call: Call) async throws(Problem) -> Answer {
        let computeClass = try call.read(ComputeClass.self)
        try call.check { () throws(Refusal) in
            try computeClass.check()
            guard computeClass.code == call.parameters[0] else { throw .invalid("code", "code must be that of the path") }
        }
        let isKnown = try await call.query { $0.catalogue.computeClass(code: computeClass.code) != nil }
        guard isKnown else { throw .notFound("compute class") }
        return try await call.perform(.correctComputeClass(computeClass))
    }

    @Sendable static func setPath(_ call: Call) async throws(Problem) -> Answer {
        let facts = try call.read(NetworkPathFacts.self)
        try call.check { () throws(Refusal) in try facts.check() }
        let (from, to) = (call.parameters[0], call.parameters[1])
        let areKnown = try await call.query { $0.catalogue.zone(code: from) != nil && $0.catalogue.zone(code: to) != nil }
        guard areKnown else { throw .notFound("zone") }
        return try await call.perform(.setNetworkPath(NetworkPath(from: from, to: to, facts: facts)))
    }

    @Sendable static func path(_ call: Call) async throws(Problem) -> Answer {
        let (from, to) = (call.parameters[0], call.parameters[1])
        guard let path = try await call.query({ $0.catalogue.network.path(from: from, to: to) }) else { throw .notFound("path") }
        return call.json(path)
    }

    @Sendable static func network(_ call: Call) async throws(Problem) -> Answer { try await list(call) { $0.network.paths } }

    /// What each workload profile stands for.
    @Sendable static func profiles(_ call: Call) async throws(Problem) -> Answer {
        try await list(call) { _ in WorkloadProfile.allCases.map { ProfileAnswer($0) } }
    }

    @Sendable static func addGrade(_ call: Call) async throws(Problem) -> Answer {
        let grade = try call.read(Grade.self)
        try call.check { () throws(Refusal) in try grade.check() }
        return try await call.perform(.addGrade(grade), status: 201)
    }

    @Sendable static func addProduct(_ call: Call) async throws(Problem) -> Answer {
        let terms = try call.read(ProductTerms.self)
        try call.check { () throws(Refusal) in try terms.check() }
        return try await call.perform(.addProduct(terms), status: 201)
    }

    @Sendable static func zones(_ call: Call) async throws(Problem) -> Answer { try await list(call) { $0.zones } }
    @Sendable static func classes(_ call: Call) async throws(Problem) -> Answer { try await list(call) { $0.classes } }
    @Sendable static func grades(_ call: Call) async throws(Problem) -> Answer { try await list(call) { $0.grades } }
    @Sendable static func products(_ call: Call) async throws(Problem) -> Answer { 
        try await list(call) { catalogue in catalogue.products.map { ListedProductAnswer($0.id, in: catalogue) } }
    }

    /// A page of one of the catalogue's lists, in the order of definition.
    private static func list<Element: FieldValue>(
        _ call: Call, _ elements: @escaping @Sendable (Catalogue) -> [Element]
    ) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let skipped = Int(clamping: try page.number())
        let found = try await call.query { Array(elements($0.catalogue).dropFirst(skipped).prefix(page.limit + 1)) }
        return call.list(found, limit: page.limit) { _ in String(skipped + page.limit) }
    }

    @Sendable static func zone(_ call: Call) async throws(Problem) -> Answer {
        let code = call.parameters[0]
        guard let zone = try await call.query({ $0.catalogue.zone(code: code) }) else { throw .notFound("zone") }
        return call.json(zone)
    }

    @Sendable static func computeClass(_ call: Call) async throws(Problem) -> Answer {
        let code = call.parameters[0]
        guard let found = try await call.query({ $0.catalogue.computeClass(code: code) }) else { throw .notFound("compute class") }
        return call.json(found)
    }

    @Sendable static func grade(_ call: Call) async throws(Problem) -> Answer {
        let code = call.parameters[0]
        guard let grade = try await call.query({ $0.catalogue.grade(code: code) }) else { throw .notFound("grade") }
        return call.json(grade)
    }

    @Sendable static func product(_ call: Call) async throws(Problem) -> Answer {
        let id = call.products.product(code: call.parameters[0])
        let found = try await call.query { exchange in
            exchange.catalogue.contains(id) ? ListedProductAnswer(id, in: exchange.catalogue) : nil
        }
        guard let found else { throw .notFound("product") }
        return call.json(found)
    }

    /// Everything at once, as it stands.
    @Sendable static func catalogue(_ call: Call) async throws(Problem) -> Answer {
        let catalogue = try await call.query { $0.catalogue }
        return call.json(CatalogueAnswer(catalogue, products: call.products))
    }

    /// Everything at once, as a version had it.
    @Sendable static func catalogueVersion(_ call: Call) async throws(Problem) -> Answer {
        let catalogue = try await call.query { $0.catalogue }
        // Only the plain form names a version, so that each has one address.
        guard let version = Int64(call.parameters[0]), String(version) == call.parameters[0],
            let past = catalogue.at(version: version)
        else { throw .notFound("version of the catalogue") }
        return call.json(CatalogueAnswer(past, products: call.products))
    }
}
