import Exchange
import Quantities
import Registry

/// How reliable a provider was: for everybody who trades to read.
enum ReliabilityRoutes {
    static let routes: [Route] = [Route(.get, "/v1/participants/{id}/reliability", .participants, get)]

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(ParticipantID.self)
        let found = try await call.query { exchange in
            exchange.participant(id).flatMap { $0.has(.provider) ? exchange.reliability(of: id) : nil }
        }
        guard let found else { throw .notFound("provider") }
        return call.json(found)
    }
}
