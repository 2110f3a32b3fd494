import Exchange
import Quantities
import Sequencer

/// Health, figures and time.
enum SystemRoutes {
    static let routes: [Route] = [
        Route(.get, "/healthz", .everyone, health), Route(.get, "/readyz", .everyone, readiness),
        Route(.get, "/metrics", .everyone, metrics), Route(.get, "/v1/time", .everyone, time),
        Route(.post, "/v1/clock/advance", .roles(.operator), body: ClockAdvance.self, advance),
    ]

    /// `POST /v1/clock/advance`.
    struct ClockAdvance: Record {
        var to = Timestamp()
        init() {}
        mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("to", &to) }
    }

    /// Answers while the process lives, whatever else is the matter.
    @Sendable static func health(_ call: Call) async throws(Problem) -> Answer {
        Answer(body: Array("{\"status\":\"ok\"}".utf8))
    }

    /// Answers 200 while commands are taken and the record can be written: the exchange is asked, and asks PostgreSQL. A market that the
    /// operator halted is ready all the same, because whoever wants to cancel must reach it; the answer says so.
    @Sendable static func readiness(_ call: Call) async throws(Problem) -> Answer {
        let gateway = call.services.gateway
        guard gateway.isTrading else { throw Problem(.databaseUnavailable, "no commands are taken now") }
        switch await call.services.edge.readiness.ask(gateway) {
        case .trading(let isHalted):
            return .object(products: call.products) { writer in
                writer.member("status", "trading")
                writer.member("market", isHalted ? "halted" : "open")
            }
        case .failed(let error): throw Problem(error)
        case .silent:
            throw Problem(
                .databaseUnavailable,
                "the exchange has not answered for a second: PostgreSQL does not answer and is being looked for, or the queue is long")
        }
    }

    @Sendable static func metrics(_ call: Call) async throws(Problem) -> Answer {
        let services = call.services
        let ready = MetricSample("suanpan_trading", .gauge, services.gateway.isTrading ? 1 : 0, help: "Whether commands are taken.")
        let samples =
            [ready] + services.requestCounts.samples + services.edge.samples + services.gateway.samples + services.figures()
            + (services.archive.figures.map(ProofRoutes.samples) ?? []) + ProcessFigures.samples
        var answer = Answer(body: MetricsText.text(samples))
        answer.contentType = MetricsText.contentType
        return answer
    }

    @Sendable static func time(_ call: Call) async throws(Problem) -> Answer { clock(call, call.services.gateway.now) }

    /// Lets the simulated clock run: all that falls due until then happens before the answer.
    @Sendable static func advance(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(ClockAdvance.self)
        let gateway = call.services.gateway
        guard gateway.clockMode == .simulated else { throw Problem(.conflict, "the clock is the real one and cannot be set") }
        guard body.to >= gateway.now else { throw .invalid("to", "to lies before the exchange's time \(gateway.now)") }
        do throws(SubmissionError) {
            return clock(call, try await gateway.advance(to: body.to))
        } catch {
            throw Problem(error)
        }
    }

    private static func clock(_ call: Call, _ now: Timestamp) -> Answer {
        .object(products: call.products) { writer in
            writer.member("now", now)
            writer.member("mode", call.services.gateway.clockMode)
        }
    }
}
