import Foundation
import Synchronization

/// A TCP relay before a PostgreSQL's socket that loses what it is told to lose.
///
/// The server under test connects to it as to any PostgreSQL on the network, all its connections at once. Each connection has
/// two threads, one a direction.
final class FaultRelay: @unchecked Sendable {
    /// What gets lost with a connection.
    enum Loss: String, CaseIterable, Sendable {
        /// What the server under test sends: PostgreSQL never sees it.
        case request
        /// PostgreSQL's answer; PostgreSQL learns at once that the client is gone.
        case reply
        /// PostgreSQL's answer, and PostgreSQL does not learn that the client is gone: its session stays.
        case replyAndFarewell
    }

    /// One client's connection and the one behind it.
    private struct Pair {
        var client: Int32
        var upstream: Int32
    }

    private struct State {
        var pairs: [Int: Pair] = [:]
        var next = 0
        /// The loss that strikes the next chunk of a commit.
        var loss: Loss?
        var isStalled = false
        /// Sessions of PostgreSQL whose client was cut off, kept open.
        var kept: [Int32] = []
        var isClosed = false
    }

    let port: Int
    private let listener: Int32
    private let upstreamPath: Mutex<String>
    private let state = Mutex(State())
    /// A statement with a frame in it is longer.
    private static let longestQuiet = 256

    struct Fault: Error { var what: String }

    /// - Parameter path: PostgreSQL's socket.
    init(to path: String) throws {
        upstreamPath = Mutex(path)
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = listener
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 64) == 0 && getsockname(descriptor, address, &length) == 0
            }
        }
        guard bound else { throw Fault(what: "the relay cannot listen") }
        port = Int(UInt16(bigEndian: address.sin_port))
        Thread { [self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                open(client)
            }
        }.start()
    }

    /// Leads new connections to another place: PostgreSQL was started anew.
    func redirect(to path: String) { upstreamPath.withLock { $0 = path } }

    /// Ends every connection that is open now; new ones are taken.
    func cut() {
        let pairs = state.withLock { Array($0.pairs.values) }
        for pair in pairs { end(pair) }
    }

    /// Loses the next commit, or its answer, once.
    func lose(_ loss: Loss) { state.withLock { $0.loss = loss } }

    /// Whether a loss that was asked for has struck.
    var hasStruck: Bool { state.withLock { $0.loss == nil } }

    /// Passes nothing on, and cuts nothing, until `resume`.
    func stall() { state.withLock { $0.isStalled = true } }
    /// Passes on what waited.
    func resume() { state.withLock { $0.isStalled = false } }

    /// Ends the sessions of PostgreSQL that were kept.
    func dropKept() {
        let kept = state.withLock { state in
            defer { state.kept = [] }
            return state.kept
        }
        for descriptor in kept { Glibc.close(descriptor) }
    }

    func close() {
        state.withLock {
            $0.isClosed = true
            $0.isStalled = false
        }
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
        cut()
        dropKept()
    }

    // MARK: Connections

    private func open(_ client: Int32) {
        let upstream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        let path = upstreamPath.withLock { $0 }
        guard Self.connect(upstream, path), !state.withLock({ $0.isClosed }) else {
            Glibc.close(upstream)
            Glibc.close(client)
            return
        }
        var noDelay: Int32 = 1
        setsockopt(client, Int32(IPPROTO_TCP), TCP_NODELAY, &noDelay, socklen_t(MemoryLayout<Int32>.size))
        let pair = Pair(client: client, upstream: upstream)
        let number = state.withLock { state in
            state.next += 1
            state.pairs[state.next] = pair
            return state.next
        }
        let halves = DispatchGroup()
        halves.enter()
        halves.enter()
        let shared = Halves()
        Thread { [self] in
            pass(client, upstream, pair, isRequest: true, shared)
            halves.leave()
        }.start()
        Thread { [self] in
            pass(upstream, client, pair, isRequest: false, shared)
            halves.leave()
            halves.wait()
            state.withLock { $0.pairs[number] = nil }
            Glibc.close(client)
            if shared.keepsUpstream { state.withLock { $0.kept.append(upstream) } } else { Glibc.close(upstream) }
        }.start()
    }

    /// What the two halves of a connection know of each other.
    private final class Halves: Sendable {
        private let struck = Atomic(false)
        private let keeps = Atomic(false)
        /// Whether the reply that comes next is to be lost.
        var losesReply: Bool {
            get { struck.load(ordering: .acquiring) }
            set { struck.store(newValue, ordering: .releasing) }
        }
        var keepsUpstream: Bool {
            get { keeps.load(ordering: .acquiring) }
            set { keeps.store(newValue, ordering: .releasing) }
        }
    }

    private func pass(_ from: Int32, _ to: Int32, _ pair: Pair, isRequest: Bool, _ shared: Halves) {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = recv(from, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            while state.withLock({ $0.isStalled }) { usleep(1_000) }
            if isRequest, let loss = takeLoss(count, buffer) {
                if loss == .request { break }
                shared.keepsUpstream = loss == .replyAndFarewell
                shared.losesReply = true
            }
            if !isRequest, shared.losesReply { break }
            guard Self.sendAll(to, buffer, count) else { break }
        }
        // A session that is kept hears nothing of its client's end.
        if shared.keepsUpstream { shutdown(pair.client, Int32(SHUT_RDWR)) } else { end(pair) }
    }

    /// The loss, where one waits and these bytes are a frame's statement: a bind message with parameters.
    private func takeLoss(_ count: Int, _ buffer: [UInt8]) -> Loss? {
        guard count > Self.longestQuiet, buffer[0] == UInt8(ascii: "B") else { return nil }
        return state.withLock { state in
            defer { state.loss = nil }
            return state.loss
        }
    }

    private func end(_ pair: Pair) {
        shutdown(pair.client, Int32(SHUT_RDWR))
        shutdown(pair.upstream, Int32(SHUT_RDWR))
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: [UInt8], _ count: Int) -> Bool {
        var sent = 0
        while sent < count {
            let step = bytes.withUnsafeBytes {
                send(descriptor, $0.baseAddress.map { $0 + sent }, count - sent, Int32(MSG_NOSIGNAL))
            }
            guard step > 0 else { return false }
            sent += step
        }
        return true
    }

    private static func connect(_ descriptor: Int32, _ path: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        guard path.utf8.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }
}
