import NIOCore
import Quantities
import Registry

/// The limits on requests, where there are any: for each key and for each address.
struct RequestLimits: Sendable {
    let keys: TokenBuckets<APIKeyID>?
    let addresses: TokenBuckets<NetworkAddress>?

    init(perKey: RateLimit?, perAddress: RateLimit?) {
        keys = perKey.map { TokenBuckets($0) }
        addresses = perAddress.map { TokenBuckets($0) }
    }

    /// Takes a token of the caller's key and one of its address.
    ///
    /// - Throws: `rate_limited`, with the seconds until there is a token.
    func admit(_ key: APIKeyID, _ address: NetworkAddress?, _ note: RequestNote) throws(Problem) {
        guard keys != nil || addresses != nil else { return }
        let now = Int64(clamping: NIODeadline.now().uptimeNanoseconds)
        if let addresses, let address { try judge("address", addresses.take(address.ownerOfLimit, at: now), note) }
        if let keys, !key.isNone { try judge("key", keys.take(key, at: now), note) }
    }

    private func judge<Owner>(_ name: String, _ verdict: TokenBuckets<Owner>.Verdict, _ note: RequestNote) throws(Problem) {
        note.limits.append(
            (name, verdict.limit.quota, verdict.limit.windowSeconds, verdict.remaining, verdict.resetSeconds))
        guard !verdict.isAdmitted else { return }
        var problem = Problem(
            .rateLimited, "the \(name) made its \(verdict.limit.quota) requests in \(verdict.limit.windowSeconds) s")
        problem.retryAfter = Int(clamping: verdict.retrySeconds)
        throw problem
    }
}

extension NetworkAddress {
    /// Whose bucket it is: of IPv6 the network of 64 bits, which one subscriber has for himself.
    var ownerOfLimit: NetworkAddress { isVersion4 ? self : NetworkAddress(high: high, low: 0) }
}
