package import Quantities

/// What is listed: classes, zones, grades and products, each in the order of definition.
///
/// Codes are looked up in dictionaries, which are never iterated: their order differs per process.
package struct Catalogue: Sendable {
    package private(set) var classes: [ComputeClass] = []
    package private(set) var zones: [Zone] = []
    /// `STD` first, from the start.
    package private(set) var grades: [Grade] = [.standard]
    /// The position of a product is its number.
    package private(set) var products: [Product] = []
    /// Where a product's class, zone and grade stand, by product number.
    private var links: [Link] = []
    private var classPositions: [String: Int] = [:]
    private var zonePositions: [String: Int] = [:]
    private var gradePositions: [String: Int] = [Grade.standardCode: 0]
    private var productPositions: [String: Int] = [:]
    private var classesByCRICode: [String: Int] = [:]
    /// No class code below this number is free; a hint, never stored.
    private var nextClassNumber: UInt64 = 1

    private struct Link: Sendable {
        var computeClass: Int
        var zone: Int
        var grade: Int
    }

    /// The most classes, zones, grades or products that one catalogue lists.
    package static let limit = 100_000

    package init() {}
}

extension Catalogue {
    /// The class of a code, or nil.
    package func computeClass(code: String) -> ComputeClass? { classPositions[code].map { classes[$0] } }
    /// The zone of a code, or nil.
    package func zone(code: String) -> Zone? { zonePositions[code].map { zones[$0] } }
    /// The grade of a code, or nil.
    package func grade(code: String) -> Grade? { gradePositions[code].map { grades[$0] } }
    /// The product of a code, or nil.
    package func productID(code: String) -> ProductID? { productPositions[code].map { ProductID(UInt32($0)) } }

    /// The product of a number, or nil where it names none.
    package func product(_ id: ProductID) -> Product? { contains(id) ? products[Int(id.index)] : nil }
    /// Whether a number names a product.
    package func contains(_ id: ProductID) -> Bool { Int(id.index) < products.count }

    /// The product of a number.
    ///
    /// - Precondition: the number names a product.
    /// - Complexity: O(1).
    package subscript(id: ProductID) -> Product { products[Int(id.index)] }

    /// A product's class. O(1).
    package func computeClass(of id: ProductID) -> ComputeClass { classes[links[Int(id.index)].computeClass] }
    /// A product's zone. O(1).
    package func zone(of id: ProductID) -> Zone { zones[links[Int(id.index)].zone] }
    /// A product's grade. O(1).
    package func grade(of id: ProductID) -> Grade { grades[links[Int(id.index)].grade] }
}

extension Catalogue {
    /// Defines a class; gives it a CRI code where it brings none.
    ///
    /// - Throws: `invalid_request`, `conflict` for a code that exists, `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ computeClass: ComputeClass) throws(Refusal) -> ComputeClass {
        try computeClass.check()
        guard classPositions[computeClass.code] == nil else {
            throw Refusal(.conflict, "compute class \(computeClass.code) exists", field: "code")
        }
        try checkRoom(classes.count, "compute classes")
        var added = computeClass
        added.criCode = try freeCRICode(computeClass.criCode)
        insert(added)
        return added
    }

    /// Defines a zone.
    ///
    /// - Throws: `invalid_request`, `conflict` for a code that exists, `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ zone: Zone) throws(Refusal) -> Zone {
        try zone.check()
        guard zonePositions[zone.code] == nil else { throw Refusal(.conflict, "zone \(zone.code) exists", field: "code") }
        try checkRoom(zones.count, "zones")
        insert(zone)
        return zone
    }

    /// Defines a grade.
    ///
    /// - Throws: `invalid_request`, `conflict` for a code that exists, `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ grade: Grade) throws(Refusal) -> Grade {
        try grade.check()
        guard gradePositions[grade.code] == nil else { throw Refusal(.conflict, "grade \(grade.code) exists", field: "code") }
        try checkRoom(grades.count, "grades")
        insert(grade)
        return grade
    }

    /// Lists a product.
    ///
    /// - Throws: `invalid_request`, `not_found` for an unknown class, zone or grade, `conflict` for a product that exists,
    ///   `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ terms: ProductTerms) throws(Refusal) -> Product {
        try terms.check()
        let product = Product(id: ProductID(UInt32(products.count)), terms: terms)
        guard classPositions[product.computeClass] != nil else {
            throw Refusal(.notFound, "there is no compute class \(product.computeClass)", field: "class")
        }
        guard zonePositions[product.zone] != nil else {
            throw Refusal(.notFound, "there is no zone \(product.zone)", field: "zone")
        }
        guard gradePositions[product.grade] != nil else {
            throw Refusal(.notFound, "there is no grade \(product.grade)", field: "grade")
        }
        guard productPositions[product.code] == nil else { throw Refusal(.conflict, "product \(product.code) exists") }
        try checkRoom(products.count, "products")
        insert(product)
        return product
    }

    /// Halts a product or lets it trade again.
    ///
    /// - Precondition: the number names a product.
    package mutating func setStatus(_ status: ProductStatus, of id: ProductID) { products[Int(id.index)].status = status }

    /// Refuses requirements that name a product, class or zone that is not listed; for a bid that would wait in vain.
    ///
    /// - Throws: `not_found` with the field and the name.
    package func checkNames(in requirements: Requirements) throws(Refusal) {
        for code in requirements.products ?? [] where productPositions[code] == nil {
            throw Refusal(.notFound, "there is no product \(code)", field: "requirements.products")
        }
        for code in requirements.classes ?? [] where classPositions[code] == nil {
            throw Refusal(.notFound, "there is no compute class \(code)", field: "requirements.classes")
        }
        for code in requirements.zones ?? [] where zonePositions[code] == nil {
            throw Refusal(.notFound, "there is no zone \(code)", field: "requirements.zones")
        }
    }

    private func checkRoom(_ count: Int, _ what: String) throws(Refusal) {
        guard count < Self.limit else { throw Refusal(.limitExceeded, "\(count) \(what) are listed, which is the limit") }
    }

    private mutating func freeCRICode(_ wanted: String?) throws(Refusal) -> String {
        if let wanted {
            guard classesByCRICode[wanted] == nil else {
                throw Refusal(.conflict, "cri_code \(wanted) is taken", field: "cri_code")
            }
            return wanted
        }
        while let digits = CRI.counterText(nextClassNumber, width: 5) {
            if classesByCRICode["C" + digits] == nil { return "C" + digits }
            nextClassNumber += 1
        }
        throw Refusal(.limitExceeded, "no class code is left", field: "cri_code")
    }

    private mutating func insert(_ computeClass: ComputeClass) {
        classPositions[computeClass.code] = classes.count
        if let code = computeClass.criCode { classesByCRICode[code] = classes.count }
        classes.append(computeClass)
    }

    private mutating func insert(_ zone: Zone) {
        zonePositions[zone.code] = zones.count
        zones.append(zone)
    }

    private mutating func insert(_ grade: Grade) {
        gradePositions[grade.code] = grades.count
        grades.append(grade)
    }

    private mutating func insert(_ product: Product) {
        guard let computeClass = classPositions[product.computeClass], let zone = zonePositions[product.zone],
            let grade = gradePositions[product.grade]
        else { preconditionFailure("a product of an unknown class, zone or grade") }
        productPositions[product.code] = products.count
        products.append(product)
        links.append(Link(computeClass: computeClass, zone: zone, grade: grade))
    }
}
