import Cryptography
import Quantities
import Synchronization

/// A signed request's `Authorization`: who, when, and the HMAC-SHA256 of the request.
///
///     Authorization: HMAC-SHA256 key=key_…, timestamp=1764072000.123456, signature=<64 hexadecimal digits>
///
/// What is signed: `timestamp`, method, target (path and query as sent) and body, divided by line feeds. The secret is the text that
/// came with the key.
struct RequestSignature: Sendable {
    var key: APIKeyID
    /// As it was sent: its digits are signed.
    var timestamp: String
    var time: Timestamp
    var code: [UInt8]

    static let scheme = "hmac-sha256 "
    /// How far a request's time may be from the server's.
    static let windowSeconds: Int64 = 30

    /// The parts of a header after its scheme; nil where they are not all there.
    init?(_ text: Substring) {
        var (key, timestamp, code) = (APIKeyID?.none, Substring?.none, [UInt8]?.none)
        for part in text.split(separator: ",") {
            let pieces = part.split(separator: "=", maxSplits: 1)
            guard pieces.count == 2 else { return nil }
            let value = pieces[1].drop { $0 == " " || $0 == "\"" }.prefix { $0 != " " && $0 != "\"" }
            switch pieces[0].drop(while: { $0 == " " }).prefix(while: { $0 != " " }) {
            case "key": key = APIKeyID(text: String(value))
            case "timestamp": timestamp = value
            case "signature": code = value.utf8.count == 64 ? Hexadecimal.bytes(value) : nil
            default: return nil
            }
        }
        guard let key, let timestamp, let code, let time = Self.time(timestamp) else { return nil }
        self.key = key
        self.timestamp = String(timestamp)
        self.time = time
        self.code = code
    }

    /// Seconds since 1970 with at most six decimals.
    private static func time(_ text: Substring) -> Timestamp? {
        let pieces = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard let whole = pieces.first, (1...10).contains(whole.utf8.count), whole.utf8.allSatisfy(isDigit),
            let seconds = Int64(whole)
        else { return nil }
        guard pieces.count == 2 else { return Timestamp(seconds * 1_000_000) }
        guard (1...6).contains(pieces[1].utf8.count), pieces[1].utf8.allSatisfy(isDigit), var micros = Int64(pieces[1])
        else { return nil }
        for _ in pieces[1].utf8.count..<6 { micros *= 10 }
        return Timestamp(seconds * 1_000_000 + micros)
    }

    /// Whether the request is the one that was signed.
    func covers(method: String, target: String, body: [UInt8], secret: String) -> Bool {
        var message = Array("\(timestamp)\n\(method)\n\(target)\n".utf8)
        message += body
        return MessageAuthentication.isValid(code, of: message, key: Array(secret.utf8))
    }
}

/// The secrets that requests are signed with: each follows from the server's key and from its API key's hash, so that none is stored.
package struct SigningSecrets: Sendable {
    private let key: [UInt8]

    /// - Parameter key: 32 bytes that the same server has at every start.
    package init(key: [UInt8]) { self.key = key }

    /// The secret that goes with the API key of a hash: `sps_` and 64 hexadecimal digits.
    package func secret(keyHash: [UInt8]) -> String {
        "sps_" + Hexadecimal.text(MessageAuthentication.code(of: Array("request signing secret\n".utf8) + keyHash, key: key))
    }
}

/// Remembers the signatures of the last minute, so that none is taken twice.
///
/// A signature is good for 30 seconds to either side of its time, so one that was taken cannot come again after 60. Two generations of
/// 60 seconds each remember it at least that long. What was signed before this server started may have been taken by the one before it,
/// and is refused.
package final class ReplayGuard: Sendable {
    /// What is made of a signature.
    enum Verdict {
        case fresh
        case seen
        /// More signatures in a minute than are remembered.
        case full
    }

    private struct Memory {
        var current: Set<[UInt8]> = []
        var previous: Set<[UInt8]> = []
        var turnsAt: Timestamp
    }

    let startedAt: Timestamp
    private let capacity: Int
    private let memory: Mutex<Memory>

    /// - Parameter capacity: How many signatures a generation remembers.
    package init(startedAt: Timestamp, capacity: Int = 500_000) {
        self.startedAt = startedAt
        self.capacity = capacity
        memory = Mutex(Memory(turnsAt: startedAt))
    }

    /// Notes a valid signature. Its first 16 bytes tell it apart.
    func admit(_ code: [UInt8], at now: Timestamp) -> Verdict {
        let span = 2 * RequestSignature.windowSeconds * 1_000_000
        return memory.withLock { memory in
            if now.microseconds - memory.turnsAt.microseconds >= span {
                let isRecent = now.microseconds - memory.turnsAt.microseconds < 2 * span
                memory.previous = isRecent ? memory.current : []
                memory.current = []
                memory.turnsAt = now
            }
            let code = Array(code.prefix(16))
            guard !memory.current.contains(code), !memory.previous.contains(code) else { return .seen }
            guard memory.current.count < capacity else { return .full }
            memory.current.insert(code)
            return .fresh
        }
    }
}
