import Cryptography
import Quantities
import Registry

/// The catalogue as one version has it, with a hash that anybody can compute again.
struct CatalogueAnswer: Record {
    var version: Int64 = 0
    /// When the version came to be; nil for the empty one.
    var recordedAt: Timestamp?
    /// SHA-256, in hexadecimal, of the version's answer in canonical JSON (RFC 8785) without this field, without `units`, and without
    /// members that are null.
    ///
    /// So it is the same after every release: what later releases add is absent from versions that were made before, and the list of
    /// units says how figures are written, which no version changes.
    var hash = ""
    var units: [CatalogueUnit] = []
    var classes: [ComputeClass] = []
    var zones: [Zone] = []
    var grades: [Grade] = []
    var products: [Product] = []
    var network: [NetworkPath] = []

    init() {}

    /// The answer for a catalogue. Products are `active` in what is hashed: a halt makes no version.
    init(_ catalogue: Catalogue, products index: ProductIndex) {
        version = catalogue.version
        recordedAt = catalogue.recordedAt
        units = CatalogueUnit.all
        classes = catalogue.classes
        zones = catalogue.zones
        grades = catalogue.grades
        products = catalogue.products.map { Product(id: $0.id, terms: $0.terms) }
        network = catalogue.network.paths
        hash = Self.hash(of: self, index)
        products = catalogue.products
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("version", &version)
        coder.field("recorded_at", &recordedAt)
        coder.field("hash", &hash)
        coder.field("units", &units)
        coder.field("compute_classes", &classes)
        coder.field("zones", &zones)
        coder.field("grades", &grades)
        coder.field("products", &products)
        coder.field("network", &network)
    }

    private static func hash(of answer: CatalogueAnswer, _ index: ProductIndex) -> String {
        let text = JSONFieldWriter.text(answer, products: index)
        guard let document = try? JSONDocument(parsing: text),
            let canonical = CanonicalJSON.text(of: document, leavingOut: "hash", "units", nulls: .leftOut)
        else {
            preconditionFailure("an answer of our own that is no JSON")
        }
        return Hexadecimal.text(SHA256Digest.of(canonical))
    }
}

/// A product with what its class can do.
struct ListedProductAnswer: Record {
    var product = Product()
    var performance: PerformanceIndices?
    /// The version of the catalogue that lists it.
    var catalogueVersion: Int64 = 0

    init() {}
    init(_ id: ProductID, in catalogue: Catalogue) {
        product = catalogue[id]
        performance = catalogue.computeClass(of: id).performance
        catalogueVersion = catalogue.listingVersion(of: id)
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        product.fields(&coder)
        coder.field("performance", &performance)
        coder.field("catalogue_version", &catalogueVersion)
    }
}

/// What a workload profile stands for.
struct ProfileAnswer: Record {
    var profile = WorkloadProfile.train
    var preemptible = false
    /// The index that alternatives are compared by.
    var index = PerformanceIndex.throughput
    /// What it adds to a bid's requirements.
    var adds: [String] = []

    init() {}
    init(_ profile: WorkloadProfile) {
        self.profile = profile
        preemptible = profile.isPreemptible
        index = profile.index
        adds = profile.rules
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("profile", &profile)
        coder.field("preemptible", &preemptible)
        coder.field("index", &index)
        coder.field("adds", &adds)
    }
}
