import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// A certificate chain and its key in files (PEM), which can be read again while connections are served.
///
/// TLS 1.2 or later; HTTP/2 and HTTP/1.1 by ALPN. A connection keeps the certificate that it began with.
package final class TransportSecurity: Sendable {
    private let certificate: String
    private let key: String
    private struct State {
        var configuration: TLSConfiguration
        var channel: HTTP2UpgradeChannel?
        var build: (@Sendable (TLSConfiguration) throws -> HTTP2UpgradeChannel)?
    }
    private let state: Mutex<State>

    /// Why certificate and key cannot be used.
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// - Throws: `Fault`, with the file at fault.
    package init(certificate: String, key: String) throws {
        self.certificate = certificate
        self.key = key
        state = Mutex(State(configuration: try Self.read(certificate, key)))
    }

    /// Reads both files again; new connections get what is in them. Nothing changes where they cannot be used.
    package func reload() throws {
        let configuration = try Self.read(certificate, key)
        try state.withLock { state in
            state.channel = try state.build?(configuration) ?? state.channel
            state.configuration = configuration
        }
    }

    private static func read(_ certificate: String, _ key: String) throws -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch {
            throw Fault(description: "\(certificate) holds no certificate in PEM: \(error)")
        }
        let privateKey: NIOSSLPrivateKey
        do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
            throw Fault(description: "\(key) holds no private key in PEM: \(error)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        // A key that is not the certificate's shows here, and not at the first handshake.
        do { _ = try NIOSSLContext(configuration: configuration) } catch {
            throw Fault(description: "\(certificate) and \(key) do not belong together: \(error)")
        }
        return configuration
    }

    /// The server's way to serve connections with this certificate, whichever it is at their time.
    func channel(_ configuration: HTTP2UpgradeChannel.Configuration, _ responder: @escaping HTTPChannelHandler.Responder) throws
        -> ReloadingChannel
    {
        let build: @Sendable (TLSConfiguration) throws -> HTTP2UpgradeChannel = { tls in
            try HTTP2UpgradeChannel(tlsConfiguration: tls, configuration: configuration, responder: responder)
        }
        try state.withLock { state in
            state.channel = try build(state.configuration)
            state.build = build
        }
        return ReloadingChannel(security: self)
    }

    fileprivate var current: HTTP2UpgradeChannel {
        state.withLock { state in
            guard let channel = state.channel else { preconditionFailure("no channel was made of the certificate") }
            return channel
        }
    }
}

/// Serves each connection with the certificate of its time.
struct ReloadingChannel: ServerChildChannel {
    typealias Value = HTTP2UpgradeChannel.Value

    fileprivate let security: TransportSecurity

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        security.current.setup(channel: channel, logger: logger)
    }

    func handle(value: Value, logger: Logger) async { await security.current.handle(value: value, logger: logger) }
}
