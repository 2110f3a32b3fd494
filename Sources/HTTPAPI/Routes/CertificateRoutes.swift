import Exchange
import Quantities
import Registry

/// Energy certificates: registered by the operator, retired once.
enum CertificateRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/energy_certificates", .roles(.operator), body: EnergyCertificateSpec.self, register),
        Route(.get, "/v1/energy_certificates", .participants, query: Page.parameters + ["participant_id", "status"], list),
        Route(.get, "/v1/energy_certificates/{id}", .participants, get),
        Route(
            .post, "/v1/energy_certificates/{id}/retire", .roles([.provider, .operator]), body: EnergyRetirement.self, retire),
    ]

    @Sendable static func register(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(EnergyCertificateSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        return try await call.perform(.registerEnergyCertificate(spec), status: 201)
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(EnergyCertificateID.self)
        let participant = try call.listed()
        let status = try call.query.choice("status", EnergyCertificateStatus.self)
        let found = try await call.query {
            $0.energyCertificates(of: participant, status: status, after: after, limit: page.limit + 1)
        }
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(EnergyCertificateID.self)
        guard let certificate = try await call.query({ $0.energyCertificate(id) }),
            call.caller.seesEverything || certificate.spec.participantID == call.caller.participant
        else { throw .notFound("energy certificate") }
        return call.json(certificate)
    }

    @Sendable static func retire(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(EnergyRetirement.self)
        return try await call.perform(
            .retireEnergyCertificate(RetireEnergyCertificate(certificate: call.id(EnergyCertificateID.self), body: body)))
    }
}
