import Foundation
import Quantities

/// The API's JSON: snake_case names, decimals as strings, RFC 3339 times.
package enum Wire {
    /// A writer of request bodies; names are sorted, so one request is one text.
    package static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// A reader of answers; unknown names are ignored.
    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return decoder
    }

    /// Millionths of a decimal string.
    fileprivate static func millionths(_ decoder: any Decoder) throws -> Int64 {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
            return try DecimalText.parse(text)
        } catch {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is no decimal figure: \(error)"
            )
        }
    }

    fileprivate static func write(_ text: String, _ encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Price: Codable {
    /// Reads a decimal string, exactly.
    @usableFromInline package init(from decoder: any Decoder) throws { self.init(try Wire.millionths(decoder)) }
    /// Writes a decimal string of at least four decimals.
    @usableFromInline package func encode(to encoder: any Encoder) throws { try Wire.write(description, encoder) }
}

extension Micros: Codable {
    /// Reads a decimal string, exactly.
    @usableFromInline package init(from decoder: any Decoder) throws { self.init(try Wire.millionths(decoder)) }
    /// Writes a decimal string of six decimals.
    @usableFromInline package func encode(to encoder: any Encoder) throws { try Wire.write(description, encoder) }
}

extension Measure: Codable {
    /// Reads a decimal string, exactly.
    @usableFromInline package init(from decoder: any Decoder) throws { self.init(try Wire.millionths(decoder)) }
    /// Writes a decimal string of as many decimals as it needs.
    @usableFromInline package func encode(to encoder: any Encoder) throws { try Wire.write(description, encoder) }
}

extension Timestamp: Codable {
    /// Reads RFC 3339 in UTC.
    @usableFromInline package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let time = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is no time in UTC")
        }
        self = time
    }
    /// Writes RFC 3339 in UTC.
    @usableFromInline package func encode(to encoder: any Encoder) throws { try Wire.write(description, encoder) }
}
