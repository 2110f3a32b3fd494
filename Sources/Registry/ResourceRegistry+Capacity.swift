package import Quantities

extension ResourceRegistry {
    /// Certifies units of a resource for a run of hours.
    ///
    /// - Throws: `unknown_resource`, `conflict` for a retired one, `invalid_request` for a body out of form, more units than
    ///   are registered, or a sparse figure; `not_found` for an unknown meter. Nothing changes then.
    @discardableResult
    package mutating func certify(
        _ id: ResourceID, _ spec: Certification, catalogue: Catalogue, participants: ParticipantRegistry
    ) throws(Refusal) -> IssuedCertification {
        let position = try livePosition(of: id)
        try spec.check()
        let resource = entries[position].resource
        guard spec.units <= resource.spec.units else {
            throw .invalid("units", "units \(spec.units) exceed the \(resource.spec.units) registered")
        }
        if let computeClass = catalogue.computeClass(code: resource.spec.computeClass) {
            try spec.acceptance?.check(against: computeClass)
            // Nothing need be measured of units that are taken off sale.
            if spec.units > 0 { try AcceptanceResults.check(spec.acceptance, floorOf: computeClass) }
        }
        if let meterID = spec.meterID {
            guard let meter = participants.participant(meterID) else {
                throw Refusal(.notFound, "meter_id names no participant", field: "meter_id")
            }
            guard meter.has(.meter) else { throw .invalid("meter_id", "meter_id names no meter") }
            guard !participants.areOne(meterID, resource.providerID) else {
                throw .invalid("meter_id", "a meter never reports for its own owner's resources")
            }
        }
        certificationCount += 1
        var certification = IssuedCertification()
        certification.id = CertificationID(certificationCount)
        certification.resourceID = id
        certification.terms = spec
        entries[position].certifications.append(certification)
        entries[position].resource.status = .certified
        return certification
    }

    /// Takes units of a resource off a run of hours.
    ///
    /// - Throws: `unknown_resource`, `conflict` for a retired one, `invalid_request` for a body out of form or more units
    ///   than are registered. Nothing changes then.
    @discardableResult
    package mutating func addOutage(_ id: ResourceID, _ spec: OutageSpec) throws(Refusal) -> DeclaredOutage {
        let position = try livePosition(of: id)
        try spec.check()
        let registered = entries[position].resource.spec.units
        guard spec.units <= registered else {
            throw .invalid("units", "units \(spec.units) exceed the \(registered) registered")
        }
        return append(spec, at: position)
    }

    /// Notes a checked outage.
    @discardableResult
    mutating func append(_ spec: OutageSpec, at position: Int) -> DeclaredOutage {
        outageCount += 1
        var outage = DeclaredOutage()
        outage.id = OutageID(outageCount)
        outage.resourceID = entries[position].resource.id
        outage.spec = spec
        entries[position].outages.append(outage)
        return outage
    }

    /// Units of a resource that may be sold in an hour: those of the latest-made certification that covers it less all
    /// outages in it, never below 0; 0 for an unknown resource and from retirement on.
    ///
    /// - Complexity: O(certifications and outages of the resource), no allocation.
    package func certifiedUnits(_ id: ResourceID, in hour: Hour) -> Quantity {
        guard let position = position(of: id) else { return 0 }
        return entries[position].certifiedUnits(in: hour)
    }

    /// The certification that counts for a resource in an hour, or nil; it names the meter.
    package func certification(_ id: ResourceID, in hour: Hour) -> IssuedCertification? {
        guard let position = position(of: id) else { return nil }
        return entries[position].certification(in: hour)
    }

    /// Whether `meter` may report for a resource in an hour: the meter that the hour's certification names, or any of
    /// another owner where it names none.
    package func accepts(meter: Participant, for id: ResourceID, in hour: Hour, participants: ParticipantRegistry) -> Bool {
        guard meter.has(.meter), let resource = resource(id), !participants.areOne(meter.id, resource.providerID) else {
            return false
        }
        guard let named = certification(id, in: hour)?.terms.meterID else { return true }
        return named == meter.id
    }
}

extension ResourceRegistry.Entry {
    /// As `ResourceRegistry.certifiedUnits(_:in:)`.
    package func certifiedUnits(in hour: Hour) -> Quantity {
        if let retired = resource.retiredFrom, hour >= retired { return 0 }
        guard let certified = certification(in: hour)?.terms.units else { return 0 }
        // At most 10⁶ an outage, and saturating at what is certified: no sum can overflow.
        var left = certified
        for outage in outages where outage.covers(hour) {
            guard outage.spec.units < left else { return 0 }
            left -= outage.spec.units
        }
        return left
    }

    /// The latest-made certification that covers an hour.
    package func certification(in hour: Hour) -> IssuedCertification? {
        var position = certifications.count
        while position > 0 {
            position -= 1
            if certifications[position].covers(hour) { return certifications[position] }
        }
        return nil
    }
}
