package import Quantities

extension Catalogue {
    /// Defines a class; gives it a CRI code where it brings none.
    ///
    /// - Parameter time: when; never before the change before.
    /// - Throws: `invalid_request`, `conflict` for a code that exists, `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ computeClass: ComputeClass, at time: Timestamp = Timestamp()) throws(Refusal) -> ComputeClass {
        try computeClass.check()
        guard classPositions[computeClass.code] == nil else {
            throw Refusal(.conflict, "compute class \(computeClass.code) exists", field: "code")
        }
        try checkRoom(classes.count, "compute classes")
        var added = computeClass
        added.criCode = try freeCRICode(computeClass.criCode)
        added.performance = PerformanceIndices(of: added)
        record(CatalogueRevision(computeClass: added), at: time)
        return added
    }

    /// Defines a zone.
    ///
    /// - Throws: `invalid_request`, `conflict` for a code that exists, `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ zone: Zone, at time: Timestamp = Timestamp()) throws(Refusal) -> Zone {
        try zone.check()
        guard zonePositions[zone.code] == nil else { throw Refusal(.conflict, "zone \(zone.code) exists", field: "code") }
        try checkRoom(zones.count, "zones")
        record(CatalogueRevision(zone: zone), at: time)
        return zone
    }

    /// Defines a grade.
    ///
    /// - Throws: `invalid_request`, `conflict` for a code that exists, `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ grade: Grade, at time: Timestamp = Timestamp()) throws(Refusal) -> Grade {
        try grade.check()
        guard gradePositions[grade.code] == nil else { throw Refusal(.conflict, "grade \(grade.code) exists", field: "code") }
        try checkRoom(grades.count, "grades")
        record(CatalogueRevision(grade: grade), at: time)
        return grade
    }

    /// Lists a product.
    ///
    /// - Throws: `invalid_request`, `not_found` for an unknown class, zone or grade, `conflict` for a product that exists,
    ///   `limit_exceeded`. Nothing changes then.
    @discardableResult
    package mutating func add(_ terms: ProductTerms, at time: Timestamp = Timestamp()) throws(Refusal) -> Product {
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
        record(CatalogueRevision(product: product.terms), at: time)
        return product
    }

    /// Puts other facts in a class's place, as a new version: contracts that are listed keep the old ones.
    ///
    /// - Throws: `invalid_request`, also for another CRI code, which stands in identifiers; `not_found`; `limit_exceeded`.
    @discardableResult
    package mutating func correct(_ computeClass: ComputeClass, at time: Timestamp = Timestamp()) throws(Refusal) -> ComputeClass {
        try computeClass.check()
        guard let position = classPositions[computeClass.code] else {
            throw Refusal(.notFound, "there is no compute class \(computeClass.code)", field: "code")
        }
        var corrected = computeClass
        corrected.criCode = corrected.criCode ?? classes[position].criCode
        guard corrected.criCode == classes[position].criCode else {
            throw .invalid("cri_code", "cri_code stands in identifiers that were issued and cannot change")
        }
        corrected.performance = PerformanceIndices(of: corrected)
        if corrected == classes[position] { return corrected }
        try checkRoom(classVersions[position].count, "versions of this class")
        record(CatalogueRevision(computeClass: corrected), at: time)
        return corrected
    }

    /// Puts other facts in a zone's place, as a new version: contracts that are listed keep the old ones.
    ///
    /// - Throws: `invalid_request`, also for another country, which stands in identifiers; `not_found`; `limit_exceeded`.
    @discardableResult
    package mutating func correct(_ zone: Zone, at time: Timestamp = Timestamp()) throws(Refusal) -> Zone {
        try zone.check()
        guard let position = zonePositions[zone.code] else {
            throw Refusal(.notFound, "there is no zone \(zone.code)", field: "code")
        }
        guard zone.country == zones[position].country else {
            throw .invalid("country", "country stands in identifiers that were issued and cannot change")
        }
        if zone == zones[position] { return zone }
        try checkRoom(zoneVersions[position].count, "versions of this zone")
        record(CatalogueRevision(zone: zone), at: time)
        return zone
    }

    /// Says how far one zone is from another, as a new version.
    ///
    /// - Throws: `invalid_request`; `not_found` for an unknown zone; `limit_exceeded`.
    @discardableResult
    package mutating func set(_ path: NetworkPath, at time: Timestamp = Timestamp()) throws(Refusal) -> NetworkPath {
        try path.check()
        for (code, field) in [(path.from, "from"), (path.to, "to")] where zonePositions[code] == nil {
            throw Refusal(.notFound, "there is no zone \(code)", field: field)
        }
        let known = network.path(from: path.from, to: path.to)
        if known == path { return path }
        if known == nil { try checkRoom(network.paths.count, "paths") }
        guard revisions.count < 10 * Self.limit else {
            throw Refusal(.limitExceeded, "\(revisions.count) changes were made, which is the limit")
        }
        record(CatalogueRevision(path: path), at: time)
        return path
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
}
