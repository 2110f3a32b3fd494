import Cryptography
import Exchange
import Quantities
import Registry
import Sequencer
import Synchronization

/// Who may call, and how products are called: the shell's index of keys, participants and product codes.
///
/// Filled once from the recovered exchange, then fed by its committed events before any answer of the same frame
/// leaves, so a revocation or a suspension counts from the moment it is acknowledged. Keys are known by the SHA-256 of their
/// text only.
package final class Directory: EventListener {
    private struct Key {
        var hash: [UInt8]
        var participant: ParticipantID
        var scopes: RoleSet
        var expiresAt: Timestamp?
        var isRevoked: Bool
    }

    private struct Standing {
        var roles: RoleSet
        var isSuspended: Bool
    }

    private struct State {
        /// By the hash's first 64 bits: the way to a candidate, which is then compared whole.
        var keys: [UInt64: [Key]] = [:]
        var participants: [ParticipantID: Standing] = [:]
        var products = ProductIndex()
    }

    private let state = Mutex(State())

    package init() {}

    /// Takes in everything that a recovered exchange knows; before the sequencer owns it.
    package func load(from exchange: Exchange) {
        state.withLock { state in
            var last = ParticipantID.none
            while true {
                let page = exchange.participants(after: last, limit: 1_000)
                guard let final = page.last else { break }
                for participant in page { Self.note(participant, in: &state) }
                last = final.id
            }
            for record in exchange.apiKeyRecords() { Self.note(record, in: &state) }
            state.products = ProductIndex(codes: exchange.catalogue.products.map(\.code))
        }
    }

    package func committed(_ notices: [RecordedEvent]) {
        guard !notices.isEmpty else { return }
        state.withLock { state in
            for notice in notices {
                switch notice.event {
                case .participant(let participant): Self.note(participant, in: &state)
                case .apiKey(let record): Self.note(record, in: &state)
                case .product(let product):
                    if state.products.code(of: product.id) != product.code {
                        state.products = state.products.adding(product.id, code: product.code)
                    }
                default: break
                }
            }
        }
    }

    /// The codes of all listed products, as they are now.
    package var products: ProductIndex { state.withLock { $0.products } }

    /// The caller behind a key's text, or nil where the key is unknown, revoked or expired at `time`.
    package func caller(key text: String, at time: Timestamp) -> Caller? {
        let hash = SHA256Digest.of(text)
        return state.withLock { state in
            for key in state.keys[Self.prefix(of: hash)] ?? [] where ConstantTime.equal(key.hash, hash) {
                guard !key.isRevoked, key.expiresAt.map({ time < $0 }) ?? true,
                    let standing = state.participants[key.participant]
                else { return nil }
                return Caller(
                    participant: key.participant, roles: key.scopes.intersection(standing.roles),
                    isSuspended: standing.isSuspended
                )
            }
            return nil
        }
    }

    private static func note(_ participant: Participant, in state: inout State) {
        state.participants[participant.id] = Standing(
            roles: RoleSet(participant.roles), isSuspended: participant.status == .suspended
        )
    }

    private static func note(_ record: APIKeyRecord, in state: inout State) {
        let key = Key(
            hash: record.hash.value, participant: record.view.participantID, scopes: RoleSet(record.view.scopes),
            expiresAt: record.view.expiresAt, isRevoked: record.view.revoked
        )
        let prefix = prefix(of: key.hash)
        var candidates = state.keys[prefix] ?? []
        if let known = candidates.firstIndex(where: { $0.hash == key.hash }) {
            candidates[known] = key
        } else {
            candidates.append(key)
        }
        state.keys[prefix] = candidates
    }

    private static func prefix(of hash: [UInt8]) -> UInt64 { hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
