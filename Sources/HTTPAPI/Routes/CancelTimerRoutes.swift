import Exchange
import Quantities

/// The dead-man switch.
enum CancelTimerRoutes {
    static let routes: [Route] = [
        Route(.post, "/v1/cancel_all_after", .roles([.provider, .consumer]), body: CancelAllAfter.self, set)
    ]

    /// Arms, refreshes or disarms the caller's switch.
    @Sendable static func set(_ call: Call) async throws(Problem) -> Answer {
        let request = try call.read(CancelAllAfter.self)
        try call.check { () throws(Refusal) in try request.check() }
        return try await call.perform(.cancelAllAfter(request))
    }
}
