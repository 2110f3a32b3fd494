import Quantities
import Registry

/// Energy certificates: registered by the operator, retired once by their holder or the operator.
extension Exchange {
    func registerEnergyCertificate(_ spec: EnergyCertificateSpec, _ issuer: ParticipantID) throws(Refusal) -> EnergyCertificate {
        _ = try actor(issuer, .operator)
        try spec.check()
        guard let holder = participants.participant(spec.participantID) else {
            throw Refusal(.notFound, "there is no such participant", field: "participant_id")
        }
        guard holder.has(.provider) else { throw .invalid("participant_id", "a certificate's holder must be a provider") }
        guard catalogue.zone(code: spec.zone) != nil else {
            throw Refusal(.notFound, "there is no zone \(spec.zone)", field: "zone")
        }
        guard !certificates.contains(registry: spec.registry, number: spec.number) else {
            throw Refusal(.conflict, "certificate \(spec.number) of \(spec.registry) is registered", field: "number")
        }
        guard certificates.all.count < CertificateStore.limit else {
            throw Refusal(.limitExceeded, "\(CertificateStore.limit) certificates are registered, which is the limit")
        }
        let id = EnergyCertificateID(Int64(certificates.all.count) + 1)
        let certificate = EnergyCertificate(id: id, spec: spec, createdAt: now)
        certificates.append(certificate)
        emit(.energyCertificate(certificate))
        return certificate
    }

    /// Retires a certificate for a resource: its energy covers that resource's metered hours, those reported already first.
    func retireEnergyCertificate(_ request: RetireEnergyCertificate, _ issuer: ParticipantID) throws(Refusal) -> EnergyCertificate {
        let participant = try actor(issuer, .provider, .operator)
        guard let certificate = certificates[request.certificate],
            certificate.spec.participantID == issuer || participant.has(.operator)
        else { throw Refusal(.notFound, "there is no such certificate of yours") }
        guard let resource = resource(request.body.resourceID), resource.providerID == certificate.spec.participantID else {
            throw Refusal(.unknownResource, "the certificate's holder has no such resource", field: "resource_id")
        }
        guard certificate.status == .registered else {
            throw Refusal(.conflict, "the certificate was retired; a certificate is retired once")
        }
        try check(request.body.matching, certificate.spec, resource)
        certificates.retire(request.certificate, for: request.body, at: now)
        let index = Int(resource.id.rawValue) - 1
        if meters.indices.contains(index) {
            let (from, to) = window(of: certificate.spec, request.body.matching)
            let hours = meters[index].hours.entries(from: from, to: to).filter { $0.value.sequence > 0 }.map(\.hour)
            for hour in hours { matchEnergy(of: resource.id, in: hour) }
        }
        guard let retired = certificates[request.certificate] else { preconditionFailure("a retired certificate is gone") }
        emit(.energyCertificate(retired))
        return retired
    }

    /// Hourly matching is of one hour and one zone's grid; annual matching of one country's.
    private func check(_ matching: EnergyMatching, _ spec: EnergyCertificateSpec, _ resource: Resource) throws(Refusal) {
        switch matching {
        case .hourly:
            guard spec.end - spec.start == 1 else {
                throw .invalid("matching", "hourly matching needs a certificate of one hour, not of \(spec.end - spec.start)")
            }
            guard spec.zone == resource.spec.zone else {
                throw .invalid("resource_id", "the energy is of \(spec.zone), the resource in \(resource.spec.zone)")
            }
        case .annual:
            let country = catalogue.zone(code: spec.zone)?.country
            guard let country, country == catalogue.zone(code: resource.spec.zone)?.country else {
                throw .invalid("resource_id", "the energy is of \(spec.zone), the resource of another country")
            }
        }
    }

    private func window(of spec: EnergyCertificateSpec, _ matching: EnergyMatching) -> (Hour, Hour) {
        if matching == .hourly { return (spec.start, spec.end) }
        return (Self.firstHour(of: spec.year), Self.firstHour(of: spec.year + 1))
    }

    func decodeCertificates(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let read = try Self.decode(EnergyCertificate.self, from: &decoder, "an energy certificate") { certificate, position in
            certificate.id.rawValue == Int64(position) + 1 && isKnown(certificate.spec.participantID) && certificate.isPossible
                && (certificate.resourceID.map { isKnown($0) } ?? true)
        }
        for certificate in read {
            guard !certificates.contains(registry: certificate.spec.registry, number: certificate.spec.number) else {
                throw decoder.damaged("a certificate twice")
            }
            certificates.append(certificate)
        }
    }

    package func energyCertificate(_ id: EnergyCertificateID) -> EnergyCertificate? { certificates[id] }

    /// Certificates by number: all, or those that a participant holds.
    package func energyCertificates(
        of participant: ParticipantID?, status: EnergyCertificateStatus?, after: EnergyCertificateID, limit: Int
    ) -> [EnergyCertificate] {
        var found: [EnergyCertificate] = []
        for certificate in certificates.all.dropFirst(Int(clamping: max(after.rawValue, 0))) {
            guard found.count < limit else { break }
            if let participant, certificate.spec.participantID != participant { continue }
            if let status, certificate.status != status { continue }
            found.append(certificate)
        }
        return found
    }
}
