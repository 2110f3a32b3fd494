import Foundation

/// A bare TCP connection to this machine, for requests that no HTTP client would send.
///
/// Blocking, so that its use needs no event loop; every wait is bounded by the socket's own time-out.
package final class RawConnection {
    private let descriptor: Int32

    package struct Fault: Error {
        package var what: String
    }

    /// - Parameter source: The address of this machine's own network that it comes from; the system's choice where nil.
    package init(port: Int, from source: String? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Fault(what: "socket") }
        var wait = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        func onAddress(_ text: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = inet_addr(text)
            return withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
            }
        }
        let descriptor = descriptor
        if let source {
            guard onAddress(source, 0, { bind(descriptor, $0, $1) }) == 0 else { throw Fault(what: "bind to \(source)") }
        }
        guard onAddress("127.0.0.1", port, { connect(descriptor, $0, $1) }) == 0 else { throw Fault(what: "connect") }
    }

    deinit { close(descriptor) }

    /// Calls again what a stop and a continuation of this process interrupted: a socket with a time-out says so.
    package static func again(_ call: () -> Int) -> Int {
        while true {
            let count = call()
            if count >= 0 || errno != EINTR { return count }
        }
    }

    /// Sends bytes; false once the other side does not take them any more.
    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { part in
                Self.again { Foundation.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL)) }
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// As `send`, but gives up where the other side takes nothing for so many seconds.
    package func send(_ text: String, patience seconds: Int) -> Bool {
        var wait = timeval(tv_sec: seconds, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        return send(text)
    }

    /// Says that nothing more is sent; what comes is still received.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Whether the other side closed, without waiting.
    package func isClosedByPeer() -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
    }

    /// Whether something has come that was not received, without waiting.
    package func hasBytes() -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    /// What comes next; empty once the other side closed.
    package func receiveSome() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = Self.again { recv(descriptor, &buffer, buffer.count, 0) }
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// What comes until a text has come, or the other side closes.
    package func receive(until end: String? = nil) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Self.again { recv(descriptor, &buffer, buffer.count, 0) }
            guard count > 0 else { break }
            bytes += buffer[..<count]
            if let end, String(decoding: bytes, as: UTF8.self).contains(end) { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
