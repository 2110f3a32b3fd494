import Cryptography
import Quantities
import Registry
import Sequencer

/// What stands between the network and the routes: who may come in, how often, from where.
package struct EdgeSettings: Sendable {
    package var rateLimitPerKey: RateLimit?
    package var rateLimitPerAddress: RateLimit?
    /// Commands of a key that are worked at once while other keys ask, and four times as many reads; 0 is without bounds.
    package var requestsPerKey = 2
    /// Whose `X-Forwarded-For` is believed.
    package var trustedProxies: [AddressRange] = []
    package var crossOrigin: CrossOrigin?
    /// Whether every request leaves a line in the log.
    package var logsAccess = false
    /// What signing secrets follow from: 32 bytes that the same exchange has at every start; drawn where nil, for tests.
    package var requestSigningKey: [UInt8]?
    /// The wall's time.
    package var wallTime: @Sendable () -> Timestamp = { ExchangeClock.real.now }

    package init() {}
}

/// The settings at work.
package final class EdgeServices: Sendable {
    let settings: EdgeSettings
    let authenticator: Authenticator
    let limits: RequestLimits
    let turns: KeyTurns
    let secrets: SigningSecrets
    let latencies = RouteLatencies()
    let connections = ConnectionCounts()
    let readiness = ReadinessProbe()
    /// Tells open streams that the server stops.
    package let shutdown = ShutdownNotice()

    package init(_ settings: EdgeSettings = EdgeSettings(), directory: Directory) {
        self.settings = settings
        secrets = SigningSecrets(key: settings.requestSigningKey ?? RandomBytes.drawn(32))
        authenticator = Authenticator(
            directory: directory, secrets: secrets, replays: ReplayGuard(startedAt: settings.wallTime()), wallTime: settings.wallTime)
        limits = RequestLimits(perKey: settings.rateLimitPerKey, perAddress: settings.rateLimitPerAddress)
        turns = KeyTurns(share: settings.requestsPerKey)
        // Whoever has not come to an end by then is not waited for.
        shutdown.onStop { [connections] in
            Task {
                try? await Task.sleep(for: ShutdownNotice.grace)
                connections.closeAll()
            }
        }
    }

    /// Figures of requests and connections.
    var samples: [MetricSample] { latencies.samples + connections.samples }
}
