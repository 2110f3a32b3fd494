import CZlib
import Cryptography
import HTTPTypes

/// The form in which an answer goes out: whether it goes at all, and whether it is compressed.
enum Representation {
    /// Smaller answers are sent as they are: compressing them costs more than it saves.
    static let compressionThreshold = 1_024

    /// Status and body for what the client asked for and has; adds the header fields that say so.
    static func chosen(for asked: HTTPFields, _ answer: Answer, _ headers: inout HTTPFields) -> (status: Int, body: [UInt8]) {
        guard answer.pieces == nil else { return (answer.status, []) }
        if answer.changesSlowly {
            let tag = answer.tag ?? tag(of: answer.body)
            headers[.eTag] = tag
            headers[.cacheControl] = "no-cache"
            if let known = asked.value(.ifNoneMatch), isKnown(tag, in: known) {
                headers[.contentType] = nil
                return (304, [])
            }
        }
        guard answer.body.count >= compressionThreshold, answer.contentType != "text/event-stream" else {
            return (answer.status, answer.body)
        }
        headers[.vary] = "Accept-Encoding"
        guard let accepted = asked.value(.acceptEncoding), acceptsGzip(accepted), let small = Gzip.compressed(answer.body) else {
            return (answer.status, answer.body)
        }
        headers[.contentEncoding] = "gzip"
        return (answer.status, small)
    }

    /// The name of a body for `ETag`: weak, because it names what was said and not whether it is compressed.
    static func tag(of body: [UInt8]) -> String { "W/\"" + Hexadecimal.text(Array(SHA256Digest.of(body).prefix(12))) + "\"" }

    /// Whether a list of `If-None-Match` has a tag, compared weakly (RFC 9110, 13.1.2).
    static func isKnown(_ tag: String, in list: String) -> Bool {
        let opaque = tag.dropFirst(2)
        return list.split(separator: ",").contains { part in
            let part = part.drop { $0 == " " }.prefix { $0 != " " }
            return part == "*" || part == opaque || part == tag
        }
    }

    /// Whether `Accept-Encoding` takes gzip: named with a weight that is not 0, or by `*`.
    static func acceptsGzip(_ list: String) -> Bool {
        var others: Bool?
        for part in list.lowercased().split(separator: ",") {
            let pieces = part.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let name = pieces.first else { continue }
            let isWanted = !pieces.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
            if name == "gzip" || name == "x-gzip" { return isWanted }
            if name == "*" { others = isWanted }
        }
        return others ?? false
    }
}

/// The format gzip (RFC 1952), by zlib.
enum Gzip {
    /// Level 1: on the exchange's JSON the higher ones cost a multiple of the time for a tenth of the size.
    private static let level: Int32 = 1

    /// The bytes compressed; nil where zlib has no memory, or where nothing is won.
    static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        guard let size = UInt32(exactly: bytes.count) else { return nil }
        var stream = z_stream()
        // 16 beyond the window's bits asks for gzip's head and foot.
        let opened = deflateInit2_(
            &stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else { return nil }
        defer { deflateEnd(&stream) }
        var input = bytes
        // No more room than the bytes themselves: what does not fit is not worth it.
        let result = [UInt8](unsafeUninitializedCapacity: bytes.count) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = size
                stream.next_out = output.baseAddress
                stream.avail_out = size
                count = deflate(&stream, Z_FINISH) == Z_STREAM_END ? bytes.count - Int(stream.avail_out) : 0
            }
        }
        return result.isEmpty ? nil : result
    }
}
