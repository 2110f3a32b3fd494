import Foundation
import Postgres

/// A relay before a PostgreSQL that passes everything on until a client sends `needle`; that it passes on too, waits
/// for the server's reply, and cuts the client off without it: the commit whose reply is lost.
final class ReplySwallower: @unchecked Sendable {
    private let listener: Int32
    private let folder: String
    private let server: String
    private let needle: [UInt8]

    /// Relays to the socket folder in `server`.
    init(server: String, needle: String) throws {
        self.server = server
        self.needle = Array(needle.utf8)
        folder = "/tmp/relay-\(UInt32.random(in: .min ... .max))"
        mkdir(folder, 0o700)
        listener = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let bound = Self.withAddress("\(folder)/.s.PGSQL.5432") { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 1) == 0 else { throw POSIXError(.EADDRINUSE) }
        Thread { self.relayOneClient() }.start()
    }

    /// The connection string through the relay to a database of the same name.
    func target(database: String) throws -> ConnectionString {
        try ConnectionString("host=\(folder) port=5432 user=postgres dbname=\(database)")
    }

    func close() {
        Glibc.close(listener)
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func relayOneClient() {
        let client = accept(listener, nil, nil)
        let upstream = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer {
            Glibc.close(client)
            Glibc.close(upstream)
        }
        guard Self.withAddress("\(server)/.s.PGSQL.5432", { connect(upstream, $0, $1) }) == 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var files = [pollfd(fd: client, events: Int16(POLLIN), revents: 0), pollfd(fd: upstream, events: Int16(POLLIN), revents: 0)]
        while poll(&files, 2, -1) > 0 {
            if files[0].revents != 0 {
                let count = recv(client, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                send(upstream, buffer, count, 0)
                if buffer[..<count].contains(needle) {
                    _ = recv(upstream, &buffer, buffer.count, 0)
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

    private static func withAddress<R>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(_ needle: [UInt8]) -> Bool {
        guard count >= needle.count else { return false }
        return (startIndex...(endIndex - needle.count)).contains { self[$0...].starts(with: needle) }
    }
}
