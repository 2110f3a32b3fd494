import Foundation

extension SuanpanClient {
    /// Sends a request without a body and reads the answer.
    func fetch<Answer: Decodable>(
        _ path: String, _ query: [Query] = [], method: String = "GET", idempotencyKey: String? = nil
    ) async throws -> Answer {
        let path = Query.append(query, to: path)
        let answer = try await send(method, path, idempotencyKey: idempotencyKey)
        return try Self.read(answer, method: method, path: path)
    }

    /// Sends `body` and reads the answer.
    func submit<Body: Encodable, Answer: Decodable>(
        _ method: String, _ path: String, _ body: Body, idempotencyKey: String? = nil, timeoutSeconds: Int = 60
    ) async throws -> Answer {
        let bytes: [UInt8]
        do {
            bytes = try Array(Wire.encoder().encode(body))
        } catch {
            throw ClientFault.malformedRequest(method: method, path: path, reason: String(describing: error))
        }
        let answer = try await send(
            method, path, body: bytes, idempotencyKey: idempotencyKey, timeoutSeconds: timeoutSeconds
        )
        return try Self.read(answer, method: method, path: path)
    }

    /// Sends any JSON and returns any JSON: for what has no method of its own. An empty answer is null.
    ///
    /// - Throws: `Problem` for a problem answer, else `ClientFault`.
    package func call(
        _ method: String, _ path: String, body: JSONValue? = nil, idempotencyKey: String? = nil
    ) async throws -> JSONValue {
        let answer = try await send(method, path, body: try body?.serialized(), idempotencyKey: idempotencyKey)
        if answer.body.isEmpty, (200..<300).contains(answer.status) { return .null }
        return try Self.read(answer, method: method, path: path)
    }

    /// Every element of a list, page by page.
    ///
    /// - Complexity: one request per 1,000 elements; all of them are held in memory.
    func fetchAll<Element: Decodable & Sendable>(_ path: String, _ query: [Query] = []) async throws -> [Element] {
        var elements: [Element] = []
        var cursor: String?
        repeat {
            let page: Page<Element> = try await fetch(
                path, query + [Query("limit", "1000"), Query("cursor", cursor)]
            )
            elements += page.data
            cursor = page.data.isEmpty ? nil : page.nextCursor
        } while cursor != nil
        return elements
    }

    /// The payload of a 2xx answer.
    ///
    /// - Throws: `Problem` for an error status with a problem body, else `ClientFault`.
    static func read<Answer: Decodable>(_ answer: RawAnswer, method: String, path: String) throws -> Answer {
        guard (200..<300).contains(answer.status) else {
            if let problem = try? Wire.decoder().decode(Problem.self, from: Data(answer.body)) { throw problem }
            throw ClientFault.unexpectedStatus(answer.status, method: method, path: path, body: answer.text)
        }
        if answer.body.isEmpty, let nothing = Nothing() as? Answer { return nothing }
        do {
            return try Wire.decoder().decode(Answer.self, from: Data(answer.body))
        } catch {
            throw ClientFault.malformedAnswer(method: method, path: path, reason: String(describing: error))
        }
    }
}

/// One page of a list.
package struct Page<Element: Decodable & Sendable>: Decodable, Sendable {
    package var data: [Element]
    /// Names the next page; nil on the last one.
    package var nextCursor: String?
}

/// An answer or a body without content; reading it accepts anything.
package struct Nothing: Codable, Sendable {
    package init() {}
    package init(from decoder: any Decoder) throws {}
    package func encode(to encoder: any Encoder) throws { _ = encoder.container(keyedBy: NoKey.self) }

    private enum NoKey: CodingKey {}
}

/// One parameter of a query; without a value it is left out.
struct Query: Sendable {
    var name: String
    var value: String?

    init(_ name: String, _ value: String?) {
        self.name = name
        self.value = value
    }

    /// `path` with the parameters that have a value.
    static func append(_ query: [Query], to path: String) -> String {
        let present = query.compactMap { parameter in
            parameter.value.map { parameter.name + "=" + escape($0) }
        }
        return present.isEmpty ? path : path + "?" + present.joined(separator: "&")
    }

    /// Percent-encodes all but RFC 3986's unreserved characters and the colon, so that the text is safe in a path's segment
    /// and in a query's value.
    static func escape(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
