import Exchange
import Quantities

/// Changes as they are committed, as Server-Sent Events.
enum StreamRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/stream", .everyone, query: ["channels", "last_event_id"], stream).streaming()
    ]

    @Sendable static func stream(_ call: Call) async throws(Problem) -> Answer {
        let hub = call.services.streams
        let products = call.products
        var channels: [StreamChannel] = []
        let names = (call.query["channels"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
        guard let named = call.query["channels"], !named.isEmpty else {
            throw .invalid("channels", "channels names what to tell of, such as book:{symbol},trades:{product},orders")
        }
        guard names.count <= hub.settings.channelsPerStream else {
            throw .invalid("channels", "a stream has at most \(hub.settings.channelsPerStream) channels")
        }
        for name in names {
            let channel = try StreamChannel(String(name), products: products)
            guard !channels.contains(channel) else { throw .invalid("channels", "\(channel.name(products)) is named twice") }
            channels.append(channel)
        }
        let isPrivate = channels.contains { $0.isPrivate }
        if isPrivate {
            guard !call.caller.key.isNone else {
                throw Problem(.unauthenticated, "the channels orders, fills, balances and bids need an API key: Authorization: Bearer <key>")
            }
            guard !call.caller.isSuspended else { throw Problem(.forbidden, "the participant is suspended") }
        }
        let contracts = channels.compactMap(\.contract)
        if !contracts.isEmpty {
            let areKnown = try await call.query { exchange in contracts.allSatisfy { exchange.contract($0) != nil } }
            guard areKnown else { throw Problem(.unknownContract, "there is no such contract", field: "channels") }
        }
        let session = try hub.open(
            StreamFeedKey(participant: isPrivate ? call.caller.participant : .none, channels: channels),
            resume: (call.query["last_event_id"] ?? call.lastEventID).map { Int64($0) },
            caller: isPrivate ? call.caller : .nobody, address: call.address)
        var answer = Answer(body: [])
        answer.contentType = "text/event-stream"
        answer.isSecret = true
        answer.stream = session
        return answer
    }
}
