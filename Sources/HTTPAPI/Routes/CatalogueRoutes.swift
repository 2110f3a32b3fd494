import Exchange
import Quantities
import Registry

/// Zones, classes, grades and products: defined by the operator, readable by everybody.
enum CatalogueRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/zones", .roles(.operator), body: Zone.self, addZone),
        Route(.get, "/v1/zones", .everyone, query: Page.parameters, zones),
        Route(.get, "/v1/zones/{code}", .everyone, zone),
        Route(.post, "/v1/compute_classes", .roles(.operator), body: ComputeClass.self, addClass),
        Route(.get, "/v1/compute_classes", .everyone, query: Page.parameters, classes),
        Route(.get, "/v1/compute_classes/{code}", .everyone, computeClass),
        Route(.post, "/v1/grades", .roles(.operator), body: Grade.self, addGrade),
        Route(.get, "/v1/grades", .everyone, query: Page.parameters, grades),
        Route(.get, "/v1/grades/{code}", .everyone, grade),
        Route(.post, "/v1/products", .roles(.operator), body: ProductTerms.self, addProduct),
        Route(.get, "/v1/products", .everyone, query: Page.parameters, products),
        Route(.get, "/v1/products/{code}", .everyone, product),
        Route(.get, "/v1/catalogue", .everyone, catalogue),
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
    @Sendable static func products(_ call: Call) async throws(Problem) -> Answer { try await list(call) { $0.products } }

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
        guard let product = try await call.query({ $0.product(id) }) else { throw .notFound("product") }
        return call.json(product)
    }

    /// Everything at once.
    @Sendable static func catalogue(_ call: Call) async throws(Problem) -> Answer {
        let catalogue = try await call.query { $0.catalogue }
        return .object(products: call.products) { writer in
            writer.member("compute_classes", catalogue.classes)
            writer.member("zones", catalogue.zones)
            writer.member("grades", catalogue.grades)
            writer.member("products", catalogue.products)
        }
    }
}
