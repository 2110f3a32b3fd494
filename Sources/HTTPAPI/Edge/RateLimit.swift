import Registry
import Synchronization

/// How many requests somebody may make: `quota` at once, and `quota` again in each window of `windowSeconds`.
package struct RateLimit: Sendable, Equatable {
    package var quota: Int64
    package var windowSeconds: Int64

    /// - Precondition: both in 1...1,000,000.
    package init(quota: Int64, windowSeconds: Int64 = 1) {
        self.quota = quota
        self.windowSeconds = windowSeconds
    }

    /// A limit as the command line writes it: `100` (a second) or `600/60` (in 60 seconds); nil where it is none.
    package init?(_ text: String) {
        let pieces = text.split(separator: "/", omittingEmptySubsequences: false).map { Int64($0) }
        guard (1...2).contains(pieces.count), let quota = pieces[0], (1...1_000_000).contains(quota) else { return nil }
        guard pieces.count == 1 || pieces[1].map({ (1...86_400).contains($0) }) == true else { return nil }
        self.init(quota: quota, windowSeconds: pieces.count == 2 ? pieces[1] ?? 1 : 1)
    }

    /// How long one token takes to come back.
    var nanosecondsPerToken: Int64 { max(1, windowSeconds * 1_000_000_000 / quota) }
}

/// Token buckets, one for each caller, of which the memory is bounded.
///
/// A bucket is one number: when it would be full again. A caller without a bucket has a full one, so those that are full may be
/// forgotten at any time.
package final class TokenBuckets<Owner: Hashable & Sendable>: Sendable {
    /// What a request was told.
    package struct Verdict: Sendable, Equatable {
        package var isAdmitted: Bool
        package var limit: RateLimit
        package var remaining: Int64
        /// Until the bucket is full again.
        package var resetSeconds: Int64
        /// Until there is a token; 0 where the request was admitted.
        package var retrySeconds: Int64
    }

    package let limit: RateLimit
    private let capacity: Int
    /// By owner: when the bucket is full again, in nanoseconds of the caller's clock.
    private let fullAt = Mutex<[Owner: Int64]>([:])

    /// - Parameter capacity: How many buckets are kept at most.
    package init(_ limit: RateLimit, capacity: Int = 65_536) {
        self.limit = limit
        self.capacity = capacity
    }

    /// Takes a token, where there is one.
    ///
    /// - Parameter now: A clock that never goes back, in nanoseconds.
    package func take(_ owner: Owner, at now: Int64) -> Verdict {
        let (token, whole) = (limit.nanosecondsPerToken, limit.nanosecondsPerToken * limit.quota)
        return fullAt.withLock { fullAt in
            let full = max(fullAt[owner] ?? now, now)
            let next = full + token
            guard next - now <= whole else {
                return Verdict(
                    isAdmitted: false, limit: limit, remaining: 0, resetSeconds: Self.seconds(full - now),
                    retrySeconds: max(1, Self.seconds(next - now - whole)))
            }
            if fullAt[owner] == nil, fullAt.count >= capacity { makeRoom(&fullAt, at: now) }
            fullAt[owner] = next
            return Verdict(
                isAdmitted: true, limit: limit, remaining: (whole - (next - now)) / token, resetSeconds: Self.seconds(next - now),
                retrySeconds: 0)
        }
    }

    /// How many buckets are kept.
    package var count: Int { fullAt.withLock { $0.count } }

    /// Forgets the full buckets; where that is not half of them, the fullest, whose owners gain least by it.
    private func makeRoom(_ fullAt: inout [Owner: Int64], at now: Int64) {
        fullAt = fullAt.filter { $0.value > now }
        guard fullAt.count > capacity / 2, let median = fullAt.values.sorted().dropFirst(fullAt.count / 2).first else { return }
        fullAt = fullAt.filter { $0.value > median }
    }

    private static func seconds(_ nanoseconds: Int64) -> Int64 { (max(0, nanoseconds) + 999_999_999) / 1_000_000_000 }
}
