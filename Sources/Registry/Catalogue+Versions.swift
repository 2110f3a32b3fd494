package import Quantities

/// One change of the catalogue: exactly one of its parts is there.
package struct CatalogueRevision: Record, Equatable {
    /// 1, 2, 3 …
    package var version: Int64 = 0
    package var recordedAt = Timestamp()
    package var computeClass: ComputeClass?
    package var zone: Zone?
    package var grade: Grade?
    package var product: ProductTerms?
    package var path: NetworkPath?

    package init() {}
    init(computeClass: ComputeClass) { self.computeClass = computeClass }
    init(zone: Zone) { self.zone = zone }
    init(grade: Grade) { self.grade = grade }
    init(product: ProductTerms) { self.product = product }
    init(path: NetworkPath) { self.path = path }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("version", &version)
        coder.field("recorded_at", &recordedAt)
        coder.field("compute_class", &computeClass)
        coder.field("zone", &zone)
        coder.field("grade", &grade)
        coder.field("product", &product)
        coder.field("path", &path)
    }
}

extension Catalogue {
    /// The number of the last change; 0 while nothing was defined.
    package var version: Int64 { Int64(revisions.count) }

    /// When the last change was made.
    package var recordedAt: Timestamp? { revisions.last?.recordedAt }

    /// The catalogue as it stood in an earlier version, all products active; nil for a version that never was.
    ///
    /// - Complexity: O(version).
    package func at(version: Int64) -> Catalogue? {
        guard version >= 0, version <= self.version else { return nil }
        var past = Catalogue()
        for revision in revisions.prefix(Int(version)) { past.record(revision, at: revision.recordedAt) }
        return past
    }

    /// The version that a contract was listed under and keeps for ever: that of the moment in which its hour came within the
    /// product's horizon, and never before the product's own.
    ///
    /// - Precondition: the contract's product is listed.
    /// - Complexity: O(log versions).
    package func version(of contract: ContractKey) -> Int64 {
        let product = Int(contract.product.index)
        let listed = Int64(contract.hour.hoursSince1970) - Int64(products[product].horizonHours)
        // Listings come before the commands of the same moment.
        return max(productVersions[product], lastVersion(before: Timestamp(listed * Timestamp.microsecondsPerHour)))
    }

    /// The version that lists a product.
    ///
    /// - Precondition: the number names a product.
    package func listingVersion(of product: ProductID) -> Int64 { productVersions[Int(product.index)] }

    /// The class of a contract's product as it stood in the version that the contract was listed under.
    package func computeClass(of contract: ContractKey) -> ComputeClass {
        let position = links[Int(contract.product.index)].computeClass
        guard let version = pinned(classVersions[position], contract) else { return classes[position] }
        return revisions[Int(version) - 1].computeClass ?? classes[position]
    }

    /// The zone of a contract's product as it stood in the version that the contract was listed under.
    package func zone(of contract: ContractKey) -> Zone {
        let position = links[Int(contract.product.index)].zone
        guard let version = pinned(zoneVersions[position], contract) else { return zones[position] }
        return revisions[Int(version) - 1].zone ?? zones[position]
    }

    /// Whether a product's class or zone was ever corrected, so that its contracts may differ in their facts.
    package func isCorrected(_ product: ProductID) -> Bool {
        let link = links[Int(product.index)]
        return classVersions[link.computeClass].count > 1 || zoneVersions[link.zone].count > 1
    }

    /// One hour of `[from, to)` for each set of class and zone facts that a product's contracts have in it, ascending: `from`, and
    /// every hour from which on a correction counts.
    ///
    /// - Complexity: O(corrections of the class and the zone).
    package func hoursOfFacts(of product: ProductID, from: Hour, to: Hour) -> [Hour] {
        let position = Int(product.index)
        let link = links[position]
        var hours = [from]
        for version in classVersions[link.computeClass] + zoneVersions[link.zone] where version > productVersions[position] {
            // The first hour that comes within the horizon after the correction: `version(of:)` the other way round.
            let hour = Hour(containing: revisions[Int(version) - 1].recordedAt) + 1 + products[position].horizonHours
            if hour > from, hour < to { hours.append(hour) }
        }
        hours.sort()
        return hours.enumerated().filter { $0.offset == 0 || $0.element != hours[$0.offset - 1] }.map(\.element)
    }

    /// The facts of a class in an hour of a zone: those that contracts of the first product of both were listed under, and without
    /// such a product those that stood when the hour began.
    ///
    /// - Parameters:
    ///   - computeClass: the position among the classes.
    ///   - zone: the position among the zones.
    /// - Complexity: O(products) where the class was corrected, else O(1).
    package func computeClass(at computeClass: Int, in zone: Int, hour: Hour) -> ComputeClass {
        let versions = classVersions[computeClass]
        guard versions.count > 1 else { return classes[computeClass] }
        if let product = links.firstIndex(where: { $0.computeClass == computeClass && $0.zone == zone }) {
            return self.computeClass(of: ContractKey(product: ProductID(UInt32(product)), hour: hour))
        }
        let last = lastVersion(before: hour.start)
        let version = versions.last { $0 <= last } ?? versions[0]
        return revisions[Int(version) - 1].computeClass ?? classes[computeClass]
    }

    /// The version of a fact that a contract keeps; nil where there is but one.
    private func pinned(_ versions: [Int64], _ contract: ContractKey) -> Int64? {
        guard versions.count > 1 else { return nil }
        let version = version(of: contract)
        return versions.last { $0 <= version }
    }

    private func lastVersion(before time: Timestamp) -> Int64 {
        var low = 0
        var high = revisions.count
        while low < high {
            let middle = (low + high) / 2
            if revisions[middle].recordedAt < time { low = middle + 1 } else { high = middle }
        }
        return Int64(low)
    }

    /// Notes a checked change and makes it.
    ///
    /// - Precondition: codes, names and limits were checked.
    mutating func record(_ revision: CatalogueRevision, at time: Timestamp) {
        var revision = revision
        revision.version = version + 1
        revision.recordedAt = time
        revisions.append(revision)
        if let computeClass = revision.computeClass { put(computeClass) }
        if let zone = revision.zone { put(zone) }
        if let grade = revision.grade {
            gradePositions[grade.code] = grades.count
            grades.append(grade)
        }
        if let terms = revision.product { list(terms) }
        if let path = revision.path { network.set(path) }
    }

    private mutating func put(_ computeClass: ComputeClass) {
        if let position = classPositions[computeClass.code] {
            classes[position] = computeClass
            classVersions[position].append(version)
            return
        }
        classPositions[computeClass.code] = classes.count
        if let code = computeClass.criCode { classesByCRICode[code] = classes.count }
        classes.append(computeClass)
        classVersions.append([version])
    }

    private mutating func put(_ zone: Zone) {
        if let position = zonePositions[zone.code] {
            zones[position] = zone
            zoneVersions[position].append(version)
            return
        }
        zonePositions[zone.code] = zones.count
        zones.append(zone)
        zoneVersions.append([version])
    }

    private mutating func list(_ terms: ProductTerms) {
        let product = Product(id: ProductID(UInt32(products.count)), terms: terms)
        guard let computeClass = classPositions[product.computeClass], let zone = zonePositions[product.zone],
            let grade = gradePositions[product.grade]
        else { preconditionFailure("a product of an unknown class, zone or grade") }
        productPositions[product.code] = products.count
        products.append(product)
        productVersions.append(version)
        links.append(Link(computeClass: computeClass, zone: zone, grade: grade))
    }
}
