import Quantities
import Registry

/// `POST /v1/resources/{id}/certify`.
package struct CertifyResource: Record {
    package var resource = ResourceID.none
    package var certification = Certification()

    package init() {}
    package init(resource: ResourceID, certification: Certification) {
        self.resource = resource
        self.certification = certification
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource", &resource)
        coder.field("certification", &certification)
    }
}

/// `POST /v1/resources/{id}/outages`.
package struct DeclareOutage: Record {
    package var resource = ResourceID.none
    /// `units` are missing over `[start, end)`.
    package var body = OutageSpec()

    package init() {}
    package init(resource: ResourceID, body: OutageSpec) {
        self.resource = resource
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource", &resource)
        coder.field("body", &body)
    }
}

/// `PUT /v1/resources/{id}/site`.
package struct CorrectSite: Record {
    package var resource = ResourceID.none
    package var site = SiteFacts()

    package init() {}
    package init(resource: ResourceID, site: SiteFacts) {
        self.resource = resource
        self.site = site
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource", &resource)
        coder.field("site", &site)
    }
}

/// `DELETE /v1/resources/{id}`.
package struct RetireResource: Record {
    package var resource = ResourceID.none

    package init() {}
    package init(_ resource: ResourceID) { self.resource = resource }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("resource", &resource) }
}

/// What a hand-over record is: what the holder needs done, or how the provider lets it in.
package enum HandoverKind: String, Choice {
    /// `PUT /v1/allocations/{id}/request`, by the holder.
    case request
    /// `PUT /v1/allocations/{id}/access`, by the provider.
    case access
    /// `PUT /v1/contact`: a participant's own; its number stands where an allocation's does.
    case contact
}

/// Says that details were sealed in the vault; the journal keeps only their hash.
package struct RecordHandover: Record {
    package var allocation = AllocationID.none
    package var kind = HandoverKind.request
    /// SHA-256 of the sealed details.
    package var hash = Bytes()
    /// The number of the sealed row.
    package var version: Int64 = 0

    package init() {}
    package init(allocation: AllocationID, kind: HandoverKind, hash: Bytes, version: Int64) {
        self.allocation = allocation
        self.kind = kind
        self.hash = hash
        self.version = version
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("allocation", &allocation)
        coder.field("kind", &kind)
        coder.field("hash", &hash)
        coder.field("version", &version)
    }
}
