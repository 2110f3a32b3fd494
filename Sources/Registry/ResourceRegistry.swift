package import Quantities

/// Every resource that was ever registered, numbered 1, 2, 3 … in the order of registration; retired ones stay, so that
/// their identifiers resolve for ever.
///
/// What is sold or on offer is the exchange's to know; the registry says what may be sold.
package struct ResourceRegistry: Sendable {
    /// One resource with all that was said about its hours.
    package struct Entry: Equatable, Sendable {
        package internal(set) var resource: Resource
        /// In the order in which they were made.
        package internal(set) var certifications: [IssuedCertification] = []
        /// In the order in which they were made.
        package internal(set) var outages: [DeclaredOutage] = []
        /// The first resource that was registered at the same site: what stands for the site.
        package internal(set) var siteLeader = ResourceID.none
    }

    /// In the order of the resources' numbers.
    package internal(set) var entries: [Entry] = []
    var certificationCount: Int64 = 0
    var outageCount: Int64 = 0
    private var byCRI: [CRI: ResourceID] = [:]
    /// Last serial by everything before it in the identifier.
    private var serials: [String: UInt64] = [:]
    /// A provider's automatic site code by zone and name, and its codes in use.
    private var siteCodes: [SiteName: String] = [:]
    private var usedSiteCodes: Set<SiteCode> = []
    private var siteLeaders: [Site: ResourceID] = [:]
    /// By resource: the one that took its place.
    private var successors: [ResourceID: ResourceID] = [:]

    private struct SiteName: Hashable {
        var provider: ParticipantID
        var zone: String
        var name: String
    }

    private struct Site: Hashable {
        var provider: ParticipantID
        var zone: String
        var code: String
    }

    private struct SiteCode: Hashable {
        var provider: ParticipantID
        var code: String
    }

    /// The most resources that one exchange registers.
    package static let limit = 1_000_000

    package init() {}

    /// The resource of a number with its certifications and outages, or nil where there is none.
    package func entry(_ id: ResourceID) -> Entry? { position(of: id).map { entries[$0] } }

    /// The resource of a number, or nil where there is none.
    package func resource(_ id: ResourceID) -> Resource? { position(of: id).map { entries[$0].resource } }

    /// The first resource that was registered at a resource's site: equal for two resources exactly where they stand at one
    /// site. O(1).
    ///
    /// - Precondition: the number names a resource.
    package func siteLeader(of id: ResourceID) -> ResourceID { entries[Int(id.rawValue) - 1].siteLeader }

    /// The resource that an identifier was issued to, retired ones included; nil for an identifier never issued.
    package func resolve(_ cri: CRI) -> Resource? { byCRI[cri].flatMap { resource($0) } }

    /// The resource that took a resource's place, if one did.
    package func successor(of id: ResourceID) -> Resource? { successors[id].flatMap { resource($0) } }

    func position(of id: ResourceID) -> Int? {
        id.rawValue >= 1 && id.rawValue <= entries.count ? Int(id.rawValue) - 1 : nil
    }

    /// Registers a resource, issues its identifier and takes its maintenance windows off sale. Hardware is changed by
    /// registering anew: only figures and certificates of the site change, so an identifier means one hardware for ever.
    ///
    /// - Precondition: `provider` holds the role provider; the caller checks roles.
    /// - Throws: `invalid_request` for facts out of form, `not_found` for an unknown class or zone. Nothing changes then.
    @discardableResult
    package mutating func register(_ spec: ResourceSpec, provider: Participant, catalogue: Catalogue) throws(Refusal) -> Resource {
        guard let providerCode = provider.providerCode else { preconditionFailure("a provider without its code") }
        try spec.check()
        guard let computeClass = catalogue.computeClass(code: spec.computeClass), let classCode = computeClass.criCode else {
            throw Refusal(.notFound, "there is no compute class \(spec.computeClass)", field: "class")
        }
        guard let zone = catalogue.zone(code: spec.zone) else {
            throw Refusal(.notFound, "there is no zone \(spec.zone)", field: "zone")
        }
        guard entries.count < Self.limit else {
            throw Refusal(.limitExceeded, "\(Self.limit) resources are registered, which is the limit")
        }
        var site = spec.site ?? SiteFacts(name: zone.name)
        let siteCode = try siteCode(of: site, in: zone, provider: provider.id)
        site.code = siteCode
        var parts = CRI.Parts(
            country: zone.country, provider: providerCode, site: siteCode, kind: spec.kind ?? .intelligent, computeClass: classCode,
            serial: ""
        )
        guard let serial = CRI.counterText((serials[parts.prefix] ?? 0) + 1, width: 6) else {
            throw Refusal(.limitExceeded, "no serial is left for this class at this site")
        }
        parts.serial = serial
        guard let cri = CRI(parts) else { preconditionFailure("checked parts make no identifier") }

        var resource = Resource()
        resource.id = ResourceID(Int64(entries.count) + 1)
        resource.cri = cri
        resource.providerID = provider.id
        resource.spec = spec
        resource.spec.site = site
        resource.facilityGrade = .derived(from: site.pue)
        insert(Entry(resource: resource))
        for window in site.maintenance ?? [] { append(window.outage(of: spec.units), at: entries.count - 1) }
        return resource
    }

    /// A resource as it would be with other figures and certificates of its site.
    ///
    /// - Parameter site: name and code as they are, the code may be absent; maintenance as it was registered, or absent.
    /// - Throws: `unknown_resource`, `conflict` for a retired one, `invalid_request` for figures out of form, another name or code,
    ///   and for maintenance, which is declared.
    package func corrected(_ id: ResourceID, site: SiteFacts) throws(Refusal) -> Resource {
        var resource = entries[try livePosition(of: id)].resource
        try site.check(nil)
        let before = resource.spec.site ?? SiteFacts()
        guard site.name == before.name else { throw .invalid("name", "the site's name cannot change: it is \(before.name)") }
        guard site.code == nil || site.code == before.code else {
            throw .invalid("code", "the site's code stands in the identifier and cannot change")
        }
        guard site.maintenance == nil || site.maintenance == before.maintenance else {
            throw .invalid("maintenance", "maintenance is declared as an outage of the kind maintenance")
        }
        var corrected = site
        corrected.code = before.code
        corrected.maintenance = before.maintenance
        resource.spec.site = corrected
        resource.facilityGrade = .derived(from: corrected.pue)
        return resource
    }

    /// Puts a resource in its place as `corrected(_:site:)` answered it.
    package mutating func setSite(_ corrected: Resource) {
        guard let position = position(of: corrected.id) else { preconditionFailure("a corrected resource is gone") }
        entries[position].resource.spec.site = corrected.spec.site
        entries[position].resource.facilityGrade = corrected.facilityGrade
    }

    /// Takes a resource out of the market from an hour on; its earlier hours stay as they were.
    ///
    /// - Throws: `unknown_resource`; `conflict` for one that is retired already.
    @discardableResult
    package mutating func retire(_ id: ResourceID, from hour: Hour) throws(Refusal) -> Resource {
        let position = try livePosition(of: id)
        entries[position].resource.status = .retired
        entries[position].resource.retiredFrom = hour
        return entries[position].resource
    }

    func livePosition(of id: ResourceID) throws(Refusal) -> Int {
        guard let position = position(of: id) else { throw Refusal(.unknownResource, "there is no such resource") }
        guard entries[position].resource.status != .retired else {
            throw Refusal(.conflict, "resource \(entries[position].resource.cri) is retired")
        }
        return position
    }

    private func siteCode(of site: SiteFacts, in zone: Zone, provider: ParticipantID) throws(Refusal) -> String {
        if let code = site.code { return code }
        if let known = siteCodes[SiteName(provider: provider, zone: zone.code, name: site.name)] { return known }
        var number: UInt64 = 1
        while let digits = CRI.counterText(number, width: 3) {
            if !usedSiteCodes.contains(SiteCode(provider: provider, code: digits)) { return digits }
            number += 1
        }
        throw Refusal(.limitExceeded, "no site code is left for this provider", field: "site.code")
    }

    mutating func insert(_ entry: Entry) {
        let resource = entry.resource
        let standing = Site(provider: resource.providerID, zone: resource.spec.zone, code: resource.spec.site?.code ?? "")
        let leader = siteLeaders[standing] ?? resource.id
        siteLeaders[standing] = leader
        entries.append(entry)
        entries[entries.count - 1].siteLeader = leader
        byCRI[resource.cri] = resource.id
        if let replaced = resource.spec.replaces { successors[replaced] = resource.id }
        if let parts = resource.cri.parts, let serial = UInt64(parts.serial, radix: 36) {
            serials[parts.prefix] = max(serials[parts.prefix] ?? 0, serial)
        }
        guard let site = resource.spec.site, let code = site.code else { return }
        usedSiteCodes.insert(SiteCode(provider: resource.providerID, code: code))
        let name = SiteName(provider: resource.providerID, zone: resource.spec.zone, name: site.name)
        if siteCodes[name] == nil { siteCodes[name] = code }
    }
}
