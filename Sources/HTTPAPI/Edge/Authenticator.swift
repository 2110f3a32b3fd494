import HTTPTypes
import Quantities
import Registry
import Sequencer

/// Finds out who makes a request and whether its key may make it from there, in this way and now.
struct Authenticator: Sendable {
    let directory: Directory
    let secrets: SigningSecrets
    let replays: ReplayGuard
    /// The wall's time, which signatures are held against; also where the exchange's clock is simulated.
    let wallTime: @Sendable () -> Timestamp

    /// A caller, and the signature that is still to be held against the body.
    struct Identity {
        var caller: Caller
        var signature: RequestSignature?
        var secret = ""
    }

    static let challenge = "Bearer, HMAC-SHA256"

    /// The caller of a route that needs one.
    ///
    /// - Throws: `unauthenticated`, or `forbidden` where the address is not one of the key's.
    func identify(
        _ headers: HTTPFields, at now: @autoclosure () -> Timestamp, from address: () -> NetworkAddress?
    ) throws(Problem) -> Identity {
        guard let header = headers.value(.authorization) else {
            throw Problem(.unauthenticated, "an API key is needed: Authorization: Bearer <key>")
        }
        if let rest = Self.rest(of: header, after: RequestSignature.scheme) {
            return try signed(rest, at: now(), from: address)
        }
        guard let rest = Self.rest(of: header, after: "bearer ") else {
            throw Problem(.unauthenticated, "Authorization must be Bearer and an API key, or HMAC-SHA256 and a signature")
        }
        guard let key = directory.key(text: rest), key.isLive(at: now()) else {
            throw Problem(.unauthenticated, "the API key is unknown, revoked or expired")
        }
        guard !key.requiresSignature else {
            throw Problem(.unauthenticated, "this key signs its requests: Authorization: HMAC-SHA256 key=…, timestamp=…, signature=…")
        }
        try confirm(key, from: address)
        return Identity(caller: key.caller)
    }

    private func signed(
        _ text: Substring, at now: Timestamp, from address: () -> NetworkAddress?
    ) throws(Problem) -> Identity {
        guard let signature = RequestSignature(text) else {
            throw Problem(
                .unauthenticated, "Authorization must be HMAC-SHA256 key=…, timestamp=<seconds since 1970>, signature=<64 hexadecimal digits>")
        }
        guard let key = directory.key(id: signature.key), key.isLive(at: now) else {
            throw Problem(.unauthenticated, "the API key is unknown, revoked or expired")
        }
        let wall = wallTime()
        let distance = abs(wall.microseconds - signature.time.microseconds)
        guard distance <= RequestSignature.windowSeconds * 1_000_000 else {
            throw Problem(
                .unauthenticated, "the timestamp is more than \(RequestSignature.windowSeconds) s from the server's clock, which shows \(wall)")
        }
        guard signature.time >= replays.startedAt else {
            throw Problem(.unauthenticated, "this was signed before the server started; sign it anew")
        }
        try confirm(key, from: address)
        return Identity(caller: key.caller, signature: signature, secret: secrets.secret(keyHash: key.hash))
    }

    /// Holds a signature against the request, and remembers it.
    func confirm(_ identity: Identity, method: String, target: String, body: [UInt8]) throws(Problem) {
        guard let signature = identity.signature else { return }
        guard signature.covers(method: method, target: target, body: body, secret: identity.secret) else {
            throw Problem(.unauthenticated, "the signature is not the one of this request")
        }
        switch replays.admit(signature.code, at: wallTime()) {
        case .fresh: return
        case .seen: throw Problem(.unauthenticated, "this signature was used before; sign each request anew")
        case .full: throw Problem(.overloaded, "too many signed requests at the moment")
        }
    }

    /// That the key works from where it is used.
    private func confirm(_ key: KeyFacts, from address: () -> NetworkAddress?) throws(Problem) {
        guard let ranges = key.allowedAddresses else { return }
        guard let address = address(), ranges.contains(where: { $0.contains(address) }) else {
            throw Problem(.forbidden, "the key does not work from this address")
        }
    }

    /// What follows a scheme, which is written in small letters, whatever its case; nil for another one.
    private static func rest(of header: String, after scheme: String) -> Substring? {
        let text = header.utf8
        guard text.count > scheme.utf8.count, zip(text, scheme.utf8).allSatisfy({ lowercased($0) == $1 }) else { return nil }
        return Substring(text.dropFirst(scheme.utf8.count).drop { $0 == UInt8(ascii: " ") })
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
