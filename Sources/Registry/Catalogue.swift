package import Quantities

/// What is listed: classes, zones, grades, products and the network between zones, each in the order of definition.
///
/// Every definition and every correction makes a version. A contract keeps the facts of the version that it was listed under.
///
/// Codes are looked up in dictionaries, which are never iterated: their order differs per process.
package struct Catalogue: Sendable {
    package internal(set) var classes: [ComputeClass] = []
    package internal(set) var zones: [Zone] = []
    /// `STD` first, from the start.
    package internal(set) var grades: [Grade] = [.standard]
    /// The position of a product is its number.
    package internal(set) var products: [Product] = []
    /// Distances and paths between zones.
    package internal(set) var network = NetworkPaths()
    /// Every change, the first one first: the position of a change is its version less one. Everything else follows from them.
    package internal(set) var revisions: [CatalogueRevision] = []
    /// By class and by zone: the versions in which it was defined and corrected.
    var classVersions: [[Int64]] = []
    var zoneVersions: [[Int64]] = []
    /// By product: the version that listed it.
    var productVersions: [Int64] = []
    /// Where a product's class, zone and grade stand, by product number.
    var links: [Link] = []
    var classPositions: [String: Int] = [:]
    var zonePositions: [String: Int] = [:]
    var gradePositions: [String: Int] = [Grade.standardCode: 0]
    var productPositions: [String: Int] = [:]
    var classesByCRICode: [String: Int] = [:]
    /// No class code below this number is free; a hint, never stored.
    var nextClassNumber: UInt64 = 1

    struct Link: Sendable {
        var computeClass: Int
        var zone: Int
        var grade: Int
    }

    /// The most classes, zones, grades, products, paths or corrections that one catalogue lists.
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
    /// Halts a product or lets it trade again. No version: a halt is no fact of the catalogue.
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
        if let code = requirements.fromZone, zonePositions[code] == nil {
            throw Refusal(.notFound, "there is no zone \(code)", field: "requirements.from_zone")
        }
    }
}
