import Foundation
import TestSupport

/// A connection on which many requests are sent before their answers are read.
final class Pipeline {
    /// An answer, as far as fuzzing looks at it.
    struct Answer {
        var status: Int
        var head: String
        /// The first bytes of the body.
        var body: [UInt8]
        var isLast: Bool { head.contains("connection: close") }
    }

    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0

    struct Fault: Error { var what: String }

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var wait = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let descriptor = descriptor
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Fault(what: "cannot connect") }
    }

    deinit { close(descriptor) }

    /// Sends everything; what is not taken any more is lost, as the answers will tell.
    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { part in
                RawConnection.again {
                    Foundation.send(descriptor, part.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
            }
            guard count > 0 else { return }
            sent += count
        }
    }

    /// Says that nothing more comes.
    func finish() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// The next answer; nil where the other side has closed.
    func receive() throws -> Answer? {
        guard let end = try find([0x0D, 0x0A, 0x0D, 0x0A]) else { return nil }
        let head = String(decoding: buffer[start..<end], as: UTF8.self).lowercased()
        guard head.hasPrefix("http/1.1 "), let status = Int(head.dropFirst(9).prefix(3)) else { throw Fault(what: "no HTTP: \(head.prefix(100))") }
        start = end + 4
        if status == 100 { return try receive() }
        var answer = Answer(status: status, head: head, body: [])
        if let length = Self.length(in: head) {
            answer.body = Array(try take(length).prefix(4_096))
        } else if head.contains("transfer-encoding: chunked") {
            while true {
                guard let line = try find([0x0D, 0x0A]) else { throw Fault(what: "a chunk was cut short") }
                let size = Int(String(decoding: buffer[start..<line], as: UTF8.self), radix: 16) ?? 0
                start = line + 2
                _ = try take(size + 2)
                if size == 0 { break }
            }
        }
        if start > 1 << 16 {
            buffer.removeFirst(start)
            start = 0
        }
        return answer
    }

    private static func length(in head: String) -> Int? {
        guard let range = head.range(of: "content-length: ") else { return nil }
        return Int(head[range.upperBound...].prefix(while: \.isNumber))
    }

    private func take(_ count: Int) throws -> ArraySlice<UInt8> {
        while buffer.count - start < count {
            guard fill() else { throw Fault(what: "an answer was cut short") }
        }
        defer { start += count }
        return buffer[start..<(start + count)]
    }

    private func find(_ end: [UInt8]) throws -> Int? {
        var position = start
        while true {
            while position + end.count <= buffer.count {
                if buffer[position] == end[0], buffer[position..<(position + end.count)].elementsEqual(end) { return position }
                position += 1
            }
            guard fill() else {
                if buffer.count > start { throw Fault(what: "an answer was cut short") }
                return nil
            }
        }
    }

    private func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 65_536)
        let count = RawConnection.again { recv(descriptor, &piece, piece.count, 0) }
        guard count > 0 else { return false }
        buffer += piece[..<count]
        return true
    }
}
