import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a request's body within bounds.
enum BodyCollector {
    /// The largest body that is taken: 1 MiB.
    static let limit = 1 << 20
    /// How much of a larger one is read and thrown away before the answer, so that a client that only listens after it has
    /// sent everything sees it: 8 MiB.
    static let discardLimit = 8 << 20

    /// What came.
    enum Collected {
        case body([UInt8])
        /// Over the limit; everything was read.
        case tooLarge
        /// Over the limit, and more is coming than is worth reading.
        case endless
    }

    /// - Throws: what the connection throws: malformed chunks, a connection that ended.
    static func collect(_ request: Request) async throws -> Collected {
        var bytes: [UInt8] = []
        if let length = request.headers.value(.contentLength).flatMap({ Int($0) }) { bytes.reserveCapacity(min(max(length, 0), limit)) }
        var total = 0
        for try await buffer in request.body {
            total += buffer.readableBytes
            if total <= limit {
                bytes.append(contentsOf: buffer.readableBytesView)
            } else {
                bytes = []
                if total > discardLimit { return .endless }
            }
        }
        return total <= limit ? .body(bytes) : .tooLarge
    }
}
