import Exchange
import NIOCore
import Quantities

/// Events as they are written: `id:`, `event:` and `data:` of Server-Sent Events.
enum StreamText {
    /// One event; `data` is JSON and has no line breaks.
    static func event(_ name: StaticString, id: Int64?, data: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(data.count + 64)
        if let id { buffer.writeString("id: \(id)\n") }
        buffer.writeString("event: ")
        buffer.writeStaticString(name)
        buffer.writeString("\ndata: ")
        buffer.writeBytes(data)
        buffer.writeString("\n\n")
        return buffer
    }

    /// What keeps a connection from looking dead.
    static let heartbeat = ByteBuffer(string: ": heartbeat\n\n")

    /// The last event of a stream that the server ends.
    static func end(_ reason: StreamEnd) -> ByteBuffer {
        var writer = JSONFieldWriter(products: ProductIndex(), capacity: 128)
        writer.object { writer in
            writer.member("reason", reason.rawValue)
            writer.member("detail", reason.detail)
        }
        return event("end", id: nil, data: writer.bytes)
    }

    /// One object that begins with the channel and the sequence.
    static func data(
        _ channel: String, _ sequence: Int64, _ products: ProductIndex, _ members: (inout JSONFieldWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONFieldWriter(products: products, capacity: 512)
        writer.object { writer in
            writer.member("channel", channel)
            writer.member("sequence", sequence)
            members(&writer)
        }
        return writer.bytes
    }
}

/// Why the server ends a stream.
enum StreamEnd: String, Sendable {
    case slowConsumer = "slow_consumer"
    case shutdown
    case suspended
    case keyRevoked = "key_revoked"
    case keyExpired = "key_expired"
    case failure

    var detail: String {
        switch self {
        case .slowConsumer: "changes came faster than they were read; come back with Last-Event-ID"
        case .shutdown: "the server is stopping; come back with Last-Event-ID"
        case .suspended: "the participant is suspended"
        case .keyRevoked: "the API key was revoked"
        case .keyExpired: "the API key expired"
        case .failure: "the server lost its place; come back with Last-Event-ID"
        }
    }

    /// Whether what waits may still be sent: not to whom it may no longer be told.
    var keepsWaiting: Bool { self == .slowConsumer || self == .shutdown || self == .failure }
}
