import Foundation
import TestSupport

/// One event of a stream, as a client sees it.
struct ServerEvent {
    var id: Int64?
    var name = ""
    var data: [String: Any] = [:]

    var channel: String { data["channel"] as? String ?? "" }
    var isReset: Bool { (data["reset"] as? NSNumber)?.boolValue ?? false }
}

/// A client of `GET /v1/stream` over a socket of its own: reads chunks and events, knows nothing of the server's code.
final class EventStream {
    private let connection: RawConnection
    private var bytes: [UInt8] = []
    private(set) var head = ""

    /// Connects and reads the head of the answer.
    init(port: Int, _ query: String, key: String? = nil, lastEventID: String? = nil) throws {
        connection = try RawConnection(port: port)
        var request = "GET /v1/stream?\(query) HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        if let key { request += "Authorization: Bearer \(key)\r\n" }
        if let lastEventID { request += "Last-Event-ID: \(lastEventID)\r\n" }
        connection.send(request + "\r\n")
        while head.isEmpty, fill() {
            let text = String(decoding: raw, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            head = String(text[..<end.lowerBound])
            raw.removeFirst(text[..<end.upperBound].utf8.count)
        }
    }

    private var raw: [UInt8] = []
    private(set) var isOver = false

    private func fill() -> Bool {
        let some = connection.receiveSome()
        raw += some
        return !some.isEmpty
    }

    /// Takes whole chunks out of what came.
    private func unchunk() {
        while let end = raw.firstIndex(of: 13), end + 1 < raw.count {
            guard let size = Int(String(decoding: raw[..<end], as: UTF8.self), radix: 16), raw.count >= end + 2 + size + 2 else { return }
            if size == 0 { isOver = true }
            bytes += raw[(end + 2)..<(end + 2 + size)]
            raw.removeFirst(end + 2 + size + 2)
        }
    }

    /// The next block: an event, or a comment with the name `:`; nil once the stream is over.
    func nextBlock() -> ServerEvent? {
        while true {
            unchunk()
            if let end = blockEnd() {
                let block = String(decoding: bytes[..<end], as: UTF8.self)
                bytes.removeFirst(end + 2)
                return Self.event(block)
            }
            if isOver || !fill() { return nil }
        }
    }

    /// The next event, past comments.
    func next() -> ServerEvent? {
        while let event = nextBlock() { if event.name != ":" { return event } }
        return nil
    }

    private func blockEnd() -> Int? {
        bytes.indices.dropLast().first { bytes[$0] == 10 && bytes[$0 + 1] == 10 }
    }

    private static func event(_ block: String) -> ServerEvent {
        var event = ServerEvent()
        for line in block.split(separator: "\n") {
            if line.hasPrefix(":") { event.name = ":" }
            if line.hasPrefix("id: ") { event.id = Int64(line.dropFirst(4)) }
            if line.hasPrefix("event: ") { event.name = String(line.dropFirst(7)) }
            if line.hasPrefix("data: ") {
                event.data = (try? JSONSerialization.jsonObject(with: Data(line.dropFirst(6).utf8))) as? [String: Any] ?? [:]
            }
        }
        return event
    }
}

/// A book kept by a client: a snapshot, then deltas. Its checksum is written by the text of API.md, apart from the server's code.
struct ClientBook: Equatable {
    struct Level: Equatable {
        var quantity: Int
        var orders: Int
    }

    var bids: [String: Level] = [:]
    var asks: [String: Level] = [:]

    init() {}

    /// A book from an answer's or a snapshot's lists.
    init(_ object: [String: Any]) { apply(object) }

    mutating func apply(_ object: [String: Any]) {
        Self.apply(object["bids"], to: &bids)
        Self.apply(object["asks"], to: &asks)
    }

    private static func apply(_ list: Any?, to side: inout [String: Level]) {
        for level in list as? [[String: Any]] ?? [] {
            guard let price = level["price"] as? String, let quantity = level["quantity"] as? Int, let orders = level["orders"] as? Int
            else { continue }
            side[price] = quantity == 0 ? nil : Level(quantity: quantity, orders: orders)
        }
    }

    /// Bitwise, without a table.
    var checksum: Int {
        func number(_ price: String) -> Double { Double(price) ?? 0 }
        let best = bids.sorted { number($0.key) > number($1.key) }.prefix(10).map { "b\($0.key):\($0.value.quantity)" }
            + asks.sorted { number($0.key) < number($1.key) }.prefix(10).map { "a\($0.key):\($0.value.quantity)" }
        var remainder: UInt32 = 0xFFFF_FFFF
        for byte in best.joined(separator: ",").utf8 {
            remainder ^= UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1 }
        }
        return Int(remainder ^ 0xFFFF_FFFF)
    }
}
