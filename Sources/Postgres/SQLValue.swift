/// A value that goes to the server as a parameter, in PostgreSQL's binary format.
///
/// Money, quantities and times are all `int64`; there is no floating point on purpose.
package enum SQLValue: Equatable, Sendable {
    case int64(Int64)
    case bytes([UInt8])
    case text(String)
    case bool(Bool)
    case null

    /// The type of a parameter, which a prepared statement fixes once.
    package enum Kind: Equatable, Sendable {
        case int64, bytes, text, bool

        /// The type's number in `pg_type`; fixed for built-in types.
        var oid: UInt32 {
            switch self {
            case .bool: 16
            case .bytes: 17
            case .int64: 20
            case .text: 25
            }
        }
    }

    /// `null` fits every type and has none of its own.
    package var kind: Kind? {
        switch self {
        case .int64: .int64
        case .bytes: .bytes
        case .text: .text
        case .bool: .bool
        case .null: nil
        }
    }
}

/// Parameters in the arrays that libpq wants.
///
/// Byte strings are pinned where they are and not copied; the scalars of a statement share one small buffer. The
/// pointers are valid only inside `withPointers`, which is why nothing here can be stored.
struct ParameterArrays {
    private(set) var types: [UInt32]
    private var values: [UnsafePointer<CChar>?]
    private var lengths: [Int32]
    private let formats: [Int32]

    private init(count: Int) {
        types = Array(repeating: 0, count: count)
        values = Array(repeating: nil, count: count)
        lengths = Array(repeating: 0, count: count)
        formats = Array(repeating: 1, count: count)
    }

    /// The arrays as libpq's calls take them: count, types, values, lengths, formats (1 is binary).
    typealias Body<R> = (
        Int32, UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
        UnsafePointer<Int32>?
    ) -> R

    /// Calls `body` with `parameters` encoded.
    ///
    /// - Precondition: at most 65,535 parameters, each under 1 GiB, the limits of the protocol.
    static func withPointers<R>(to parameters: [SQLValue], _ body: Body<R>) -> R {
        precondition(parameters.count <= 65_535, "the protocol allows 65,535 parameters")
        var arrays = ParameterArrays(count: parameters.count)
        return arrays.pin(parameters, from: 0, body)
    }

    /// Pins parameter `index`, then the ones after it, then calls `body`: one stack frame each.
    private mutating func pin<R>(_ parameters: [SQLValue], from index: Int, _ body: Body<R>) -> R {
        guard index < parameters.count else {
            return body(Int32(parameters.count), types, values, lengths, formats)
        }
        types[index] = parameters[index].kind?.oid ?? 0
        switch parameters[index] {
        case .null:
            values[index] = nil
            return pin(parameters, from: index + 1, body)
        case .int64(let value):
            return withUnsafeBytes(of: value.bigEndian) { bytes in
                set(index, to: bytes)
                return pin(parameters, from: index + 1, body)
            }
        case .bool(let value):
            return withUnsafeBytes(of: UInt8(value ? 1 : 0)) { bytes in
                set(index, to: bytes)
                return pin(parameters, from: index + 1, body)
            }
        case .bytes(let value):
            return value.withUnsafeBytes { bytes in
                set(index, to: bytes)
                return pin(parameters, from: index + 1, body)
            }
        case .text(let value):
            return Array(value.utf8).withUnsafeBytes { bytes in
                set(index, to: bytes)
                return pin(parameters, from: index + 1, body)
            }
        }
    }

    /// What an empty byte string points at: libpq takes a null pointer for SQL's NULL.
    private static let empty: StaticString = ""

    private mutating func set(_ index: Int, to bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count < 1 << 30, "a parameter must be under 1 GiB")
        let address = bytes.baseAddress ?? UnsafeRawPointer(Self.empty.utf8Start)
        values[index] = address.assumingMemoryBound(to: CChar.self)
        lengths[index] = Int32(bytes.count)
    }
}
