import EmbeddedPostgres
import Foundation
import Postgres
import Synchronization

/// A relay before a PostgreSQL for any number of clients that breaks one connection at a chosen moment: when a client sends
/// certain bytes for the first time.
final class LossyRelay: @unchecked Sendable {
    /// What gets lost with the connection.
    enum Loss {
        /// The request: the server never sees it.
        case request
        /// The reply: the server has done it, and learns at once that the client is gone.
        case reply
        /// The reply, and the server does not learn that the client is gone: its session stays.
        case replyAndFarewell
    }

    private let listener: Int32
    private let folder: String
    private let server: String
    private let needle: [UInt8]
    private let loss: Loss
    private let isArmed = Atomic<Bool>(true)
    /// Sessions of the server whose client was cut off, kept open.
    private let kept = Mutex<[Int32]>([])

    init(_ loss: Loss, at text: String) throws {
        self.loss = loss
        needle = Array(text.utf8)
        server = try TemporaryPostgres.shared.get().server.socketDirectory
        folder = "/tmp/lossy-\(getpid())-\(UInt32.random(in: .min ... .max))"
        mkdir(folder, 0o700)
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = Self.withAddress("\(folder)/.s.PGSQL.5432") { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 8) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                Thread { self.relay(client) }.start()
            }
        }.start()
    }

    /// The same database, through the relay.
    func target(_ database: ConnectionString) throws -> ConnectionString {
        let name = database.description.split(separator: " ").first { $0.hasPrefix("dbname=") } ?? "dbname=postgres"
        return try ConnectionString("host=\(folder) port=5432 user=postgres \(name)")
    }

    /// Whether the moment came.
    var hasStruck: Bool { !isArmed.load(ordering: .acquiring) }

    func close() {
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        for session in kept.withLock({ $0 }) { Glibc.close(session) }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func relay(_ client: Int32) {
        let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var keepsUpstream = false
        defer {
            Glibc.close(client)
            if keepsUpstream { kept.withLock { $0.append(upstream) } } else { Glibc.close(upstream) }
        }
        guard Self.withAddress("\(server)/.s.PGSQL.5432", { connect(upstream, $0, $1) }) == 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var files = [client, upstream].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while poll(&files, 2, -1) > 0 {
            if files[0].revents != 0 {
                let count = recv(client, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                let strikes = holdsNeedle(buffer[..<count]) && isArmed.exchange(false, ordering: .acquiringAndReleasing)
                if strikes, loss == .request { return }
                send(upstream, buffer, count, 0)
                if strikes {
                    _ = recv(upstream, &buffer, buffer.count, 0)
                    keepsUpstream = loss == .replyAndFarewell
                    return
                }
            }
            if files[1].revents != 0 {
                let count = recv(upstream, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                send(client, buffer, count, 0)
            }
        }
    }

    private func holdsNeedle(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count >= needle.count else { return false }
        return (bytes.startIndex...(bytes.endIndex - needle.count)).contains { bytes[$0...].starts(with: needle) }
    }

    private static func withAddress<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}
