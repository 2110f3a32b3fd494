import ArgumentParser
import HTTPAPI
import Logging
import Registry

extension RateLimit: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

extension AddressRange: ExpressibleByArgument {
    package init?(argument: String) { self.init(argument) }
}

/// Options of `suanpan serve` about who may come in, how often, over what, and what is written about it.
package struct EdgeOptions: ParsableArguments {
    @Option(help: "A certificate chain in PEM: serves TLS (1.2 or later) with HTTP/2 and HTTP/1.1. SIGHUP reads it again.")
    var tlsCert: String?
    @Option(help: "The certificate's private key in PEM.")
    var tlsKey: String?
    @Option(help: "Requests of a key: N (a second), or N/SECONDS. No limit where it is not given.")
    var rateLimitPerKey: RateLimit?
    @Option(help: "Requests of an address (of IPv6: of a /64): N (a second), or N/SECONDS. No limit where it is not given.")
    var rateLimitPerAddress: RateLimit?
    @Option(help: "Commands of a key that are worked at once while other keys ask, and four times as many reads; the next ones wait. 0 is without bounds.")
    var requestsPerKey = 2
    @Option(help: "Connections of an address beyond are closed at once.")
    var connectionsPerAddress = 2_048
    @Option(help: "Connections in all; beyond, those without a request give way, and where each has one, new ones wait.")
    var maxConnections = 4_096
    @Option(help: "Seconds after which a connection without a request is closed.")
    var idleTimeout: Int64 = 60
    @Option(help: "Seconds from a request's first byte to the end of its header fields.")
    var headTimeout: Int64 = 20
    @Option(help: "Seconds from the header fields to the end of the body.")
    var bodyTimeout: Int64 = 60
    @Option(help: "Seconds that a client may read nothing of its answer.")
    var readerTimeout: Int64 = 30
    @Option(help: "An origin whose pages may call the API from a browser, or *; may be repeated.")
    var corsOrigin: [String] = []
    @Option(help: "Addresses of proxies whose X-Forwarded-For is believed, such as 10.0.0.0/8; may be repeated.")
    var trustedProxy: [AddressRange] = []
    @Option(help: "How the log is written: text or json (an object a line).")
    var logFormat = LogFormat.text
    @Option(help: "What is logged: trace, debug, info, notice, warning, error or critical.")
    var logLevel = Logger.Level.notice
    @Flag(help: "Log a line for every request.")
    var accessLog = false

    package init() {}

    package func validate() throws {
        guard (tlsCert == nil) == (tlsKey == nil) else { throw ValidationError("--tls-cert and --tls-key go together") }
        guard (1...1_000_000).contains(connectionsPerAddress), (1...1_000_000).contains(maxConnections) else {
            throw ValidationError("--connections-per-address and --max-connections are 1 to 1000000")
        }
        guard (0...10_000).contains(requestsPerKey) else { throw ValidationError("--requests-per-key is 0 to 10000") }
        for seconds in [idleTimeout, headTimeout, bodyTimeout, readerTimeout] where !(1...86_400).contains(seconds) {
            throw ValidationError("time-outs are 1 to 86400 seconds")
        }
        for origin in corsOrigin where origin != "*" && !(origin.hasPrefix("https://") || origin.hasPrefix("http://")) {
            throw ValidationError("--cors-origin is * or an origin such as https://app.example")
        }
    }

    /// The server's configuration as the options say, without its address.
    ///
    /// - Throws: `TransportSecurity.Fault`.
    package func configuration() throws -> HTTPServerConfiguration {
        var configuration = HTTPServerConfiguration()
        if let tlsCert, let tlsKey { configuration.security = try TransportSecurity(certificate: tlsCert, key: tlsKey) }
        configuration.connectionLimit = maxConnections
        configuration.connectionsPerAddress = connectionsPerAddress
        configuration.idleTimeoutSeconds = idleTimeout
        configuration.headTimeoutSeconds = headTimeout
        configuration.bodyTimeoutSeconds = bodyTimeout
        configuration.readerTimeoutSeconds = readerTimeout
        configuration.edge.rateLimitPerKey = rateLimitPerKey
        configuration.edge.rateLimitPerAddress = rateLimitPerAddress
        configuration.edge.requestsPerKey = requestsPerKey
        configuration.edge.trustedProxies = trustedProxy
        if !corsOrigin.isEmpty { configuration.edge.crossOrigin = CrossOrigin(origins: corsOrigin) }
        configuration.edge.logsAccess = accessLog
        return configuration
    }
}
