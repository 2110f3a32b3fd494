package import Quantities

/// The body that registers a resource: a number of accelerators of one class at one site. What is not said is unknown.
package struct ResourceSpec: Record, Equatable {
    package var computeClass = ""
    package var zone = ""
    /// Accelerators.
    package var units: Quantity = 0
    package var node: NodeFacts?
    /// The zone itself where absent.
    package var site: SiteFacts?
    package var network: NetworkFacts?
    package var security: SecurityFacts?
    package var green: GreenFacts?
    /// The provider's own names for the resource.
    package var externalIDs: [String]?
    /// What kind of computing it does; `I`, intelligent, where absent.
    package var kind: CRI.Kind?
    /// The resource whose hardware this one takes the place of: that one retires, and its identifier with it.
    package var replaces: ResourceID?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("class", &computeClass)
        coder.field("zone", &zone)
        coder.field("units", &units)
        coder.field("node", &node)
        coder.field("site", &site)
        coder.field("network", &network)
        coder.field("security", &security)
        coder.field("green", &green)
        coder.field("external_ids", &externalIDs)
        coder.field("kind", &kind)
        coder.field("replaces", &replaces)
    }

    /// The most entries in a list of certificates or external ids.
    package static let listLimit = 64

    /// Refuses facts that cannot be; whether class and zone exist is the catalogue's question.
    package func check() throws(Refusal) {
        try TextRule.checkCode(computeClass, "class")
        try TextRule.checkCode(zone, "zone")
        try Bounds.check(units, Bounds.devices, "units")
        try node?.check()
        try site?.check()
        try network?.check()
        try green?.check()
        if let externalIDs {
            try TextRule.checkList(externalIDs, "external_ids", maximum: Self.listLimit)
            for (index, id) in externalIDs.enumerated() { try TextRule.check(id, "external_ids[\(index)]") }
        }
        for (index, window) in (site?.maintenance ?? []).enumerated() {
            guard let away = window.units, away > units else { continue }
            throw .invalid("site.maintenance[\(index)].units", "units \(away) exceed the \(units) registered")
        }
    }
}

/// The machines that the accelerators stand in.
package struct NodeFacts: Record, Equatable {
    package var devicesPerNode: UInt32?
    /// Accelerators that share one scale-up fabric.
    package var scaleUpDomain: UInt32?
    /// Scale-out network per device in Gbps.
    package var fabricGigabitsPerDevice: Measure?
    package var vcpus: UInt32?
    /// Host memory of a node in GB.
    package var memoryGigabytes: WholeMeasure?
    /// Local disk of a node in GB.
    package var diskGigabytes: WholeMeasure?
    /// The host's processor, as its maker names it.
    package var processor: String?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("devices_per_node", &devicesPerNode)
        coder.field("scale_up_domain", &scaleUpDomain)
        coder.field("fabric_gbps_per_device", &fabricGigabitsPerDevice)
        coder.field("vcpus", &vcpus)
        coder.field("memory_gb", &memoryGigabytes)
        coder.field("disk_gb", &diskGigabytes)
        coder.field("cpu", &processor)
    }

    /// Refuses figures out of range.
    package func check(_ parent: String = "node") throws(Refusal) {
        try Bounds.check(devicesPerNode, Bounds.devices, parent + ".devices_per_node")
        try Bounds.check(scaleUpDomain, Bounds.devices, parent + ".scale_up_domain")
        try Bounds.check(fabricGigabitsPerDevice, Bounds.gigabitsPerSecond, parent + ".fabric_gbps_per_device")
        try Bounds.check(vcpus, Bounds.devices, parent + ".vcpus")
        try Bounds.check(memoryGigabytes, Bounds.gigabytes, parent + ".memory_gb")
        try Bounds.check(diskGigabytes, Bounds.gigabytes, parent + ".disk_gb")
        try TextRule.check(processor, parent + ".cpu")
    }
}

/// The building and its figures.
package struct SiteFacts: Record, Equatable {
    package var name = ""
    /// The site's three characters in compute resource identifiers; given by a counter where absent.
    package var code: String?
    /// Total over IT energy, never below 1 (ISO/IEC 30134-2).
    package var pue: Measure?
    /// Where PUE is measured: 1 at the UPS, 2 at the PDU, 3 at the equipment (ISO/IEC 30134-2); 0 is estimated from power.
    package var pueCategory: WholeMeasure?
    /// Water usage effectiveness in litres per kWh (ISO/IEC 30134-9).
    package var wue: Measure?
    package var certificates: [SiteCertificate]?
    /// What the site can feed to its IT, in kW.
    package var powerKilowatts: Measure?
    /// Hours in which units are away by plan: they are not for sale.
    package var maintenance: [MaintenanceWindow]?

    package init() {}
    package init(name: String) { self.name = name }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("name", &name)
        coder.field("code", &code)
        coder.field("pue", &pue)
        coder.field("pue_category", &pueCategory)
        coder.field("wue", &wue)
        coder.field("certificates", &certificates)
        coder.field("power_kw", &powerKilowatts)
        coder.field("maintenance", &maintenance)
    }

    /// Refuses figures that cannot be, a PUE below 1 among them.
    ///
    /// - Parameter parent: the request's field that holds the site; nil where the site is the request.
    package func check(_ parent: String? = "site") throws(Refusal) {
        let prefix = parent.map { $0 + "." } ?? ""
        try TextRule.check(name, prefix + "name")
        if let code { try TextRule.checkIdentifierPart(code, prefix + "code", length: 3) }
        if let pue, pue < Bounds.pue.lowerBound {
            throw .invalid(prefix + "pue", "\(prefix)pue \(pue) is below 1: a site cannot use less than its IT (ISO/IEC 30134-2)")
        }
        try Bounds.check(pue, Bounds.pue, prefix + "pue")
        try Bounds.check(pueCategory, 0...3, prefix + "pue_category")
        if pueCategory != nil, pue == nil {
            throw .invalid(prefix + "pue_category", "\(prefix)pue_category says how a pue was measured, and there is none")
        }
        try Bounds.check(wue, Measure(0)...Measure(100_000_000), prefix + "wue")
        if let certificates {
            guard certificates.count <= ResourceSpec.listLimit else {
                throw .invalid(prefix + "certificates", "\(prefix)certificates must have at most \(ResourceSpec.listLimit) entries")
            }
            for (index, certificate) in certificates.enumerated() { try certificate.check(prefix + "certificates[\(index)]") }
        }
        try Bounds.check(powerKilowatts, Bounds.kilowatts, prefix + "power_kw")
        if let maintenance {
            guard maintenance.count <= ResourceSpec.listLimit else {
                throw .invalid(prefix + "maintenance", "\(prefix)maintenance must have at most \(ResourceSpec.listLimit) entries")
            }
            for (index, window) in maintenance.enumerated() { try window.check(prefix + "maintenance[\(index)]") }
        }
    }
}

/// A run of hours in which units of a site are away by plan.
package struct MaintenanceWindow: Record, Equatable {
    package var start = Hour()
    /// The first hour after it.
    package var end = Hour()
    /// All units where absent.
    package var units: Quantity?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("start", &start)
        coder.field("end", &end)
        coder.field("units", &units)
    }

    /// Refuses hours out of order and units out of range.
    package func check(_ parent: String) throws(Refusal) {
        try Bounds.check(start, end, parent + ".start", parent + ".end")
        try Bounds.check(units, Bounds.devices, parent + ".units")
    }

    /// The window as what takes its units off sale.
    func outage(of units: Quantity) -> OutageSpec {
        var spec = OutageSpec()
        spec.start = start
        spec.end = end
        spec.units = self.units ?? units
        spec.reason = "maintenance"
        spec.kind = .maintenance
        return spec
    }
}

/// A certificate of a site's resilience; it stops counting in the hour in which it expires.
package struct SiteCertificate: Record, Equatable {
    /// Who certifies by what: `Uptime Institute Tier`, `GB 50174`, `ISO/IEC 22237`.
    package var scheme = ""
    /// `III`, `A`, `Class 3`.
    package var level: String?
    package var number: String?
    package var expiresAt = Timestamp()

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("scheme", &scheme)
        coder.field("level", &level)
        coder.field("number", &number)
        coder.field("expires_at", &expiresAt)
    }

    /// Refuses texts out of form and an expiry outside 1970...2199.
    package func check(_ parent: String) throws(Refusal) {
        try TextRule.check(scheme, parent + ".scheme")
        try TextRule.check(level, parent + ".level")
        try TextRule.check(number, parent + ".number")
        guard expiresAt > Timestamp(), expiresAt < Timestamp.limit else {
            throw .invalid(parent + ".expires_at", "\(parent).expires_at must lie in 1970...2199")
        }
    }

    /// Whether the certificate counts in an hour: it is valid to the hour's end.
    package func counts(in hour: Hour) -> Bool { hour.end <= expiresAt }
}

/// The way from and to the outside.
package struct NetworkFacts: Record, Equatable {
    package var gigabitsPerSecond: Measure?
    /// Price of moving one GB out, in the currency of the product that the resource is sold in.
    package var egressPricePerGigabyte: Price?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("gbps", &gigabitsPerSecond)
        coder.field("egress_per_gb", &egressPricePerGigabyte)
    }

    /// Refuses figures out of range; an egress price of 0 is one.
    package func check(_ parent: String = "network") throws(Refusal) {
        try Bounds.check(gigabitsPerSecond, Bounds.gigabitsPerSecond, parent + ".gbps")
        if let price = egressPricePerGigabyte, price < Price(0) || price > Price.limit {
            throw .invalid(parent + ".egress_per_gb", "\(parent).egress_per_gb must lie in 0...\(Price.limit), not \(price)")
        }
    }
}

/// What protects a tenant.
package struct SecurityFacts: Record, Equatable {
    package var isolation: Isolation?
    package var attestation: AttestationLevel?
    package var dataClass: DataClass?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("isolation", &isolation)
        coder.field("attestation", &attestation)
        coder.field("data_class", &dataClass)
    }
}

/// Evidence of the energy used.
package struct GreenFacts: Record, Equatable {
    /// Energy certificates by their registry's numbers.
    package var certificateIDs: [String]?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("certificate_ids", &certificateIDs)
    }

    /// Refuses overlong lists, repeated and malformed numbers.
    package func check(_ parent: String = "green") throws(Refusal) {
        guard let certificateIDs else { return }
        try TextRule.checkList(certificateIDs, parent + ".certificate_ids", maximum: ResourceSpec.listLimit)
        for (index, id) in certificateIDs.enumerated() { try TextRule.check(id, parent + ".certificate_ids[\(index)]") }
    }
}
