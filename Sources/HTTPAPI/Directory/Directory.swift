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
    private struct Standing {
        var roles: RoleSet
        var isSuspended: Bool
        var requiresSignature: Bool
    }

    private struct State {
        /// By the hash's first 64 bits: the way to a candidate, which is then compared whole.
        var prefixes: [UInt64: [APIKeyID]] = [:]
        /// What is to be said of a key but for its participant: with all of its scopes.
        var keys: [APIKeyID: KeyFacts] = [:]
        var observers: [@Sendable ([DirectoryChange]) -> Void] = []
        var participants: [ParticipantID: Standing] = [:]
        var products = ProductIndex()
        /// By meter: the keys that its reports may be signed with.
        var signingKeys: [ParticipantID: [(id: SigningKeyID, key: VerifyingKey)]] = [:]
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
            for key in exchange.signingKeys(of: nil, after: .none, limit: .max) { Self.note(key, in: &state) }
        }
    }

    package func committed(_ notices: [RecordedEvent]) {
        guard !notices.isEmpty else { return }
        var changes: [DirectoryChange] = []
        let observers = state.withLock { state in
            for notice in notices {
                switch notice.event {
                case .participant(let participant):
                    Self.note(participant, in: &state)
                    changes.append(.participant(participant.id))
                case .apiKey(let record):
                    Self.note(record, in: &state)
                    changes.append(.key(record.view.id))
                case .product(let product):
                    if state.products.code(of: product.id) != product.code {
                        state.products = state.products.adding(product.id, code: product.code)
                    }
                case .signingKey(let key): Self.note(key, in: &state)
                default: break
                }
            }
            return state.observers
        }
        if !changes.isEmpty { for observer in observers { observer(changes) } }
    }

    /// Tells `body` of every change of a participant or a key from now on, once the directory knows it and before the change is
    /// answered. On the writer's thread: it must be quick.
    package func observe(_ body: @escaping @Sendable ([DirectoryChange]) -> Void) { state.withLock { $0.observers.append(body) } }

    /// The codes of all listed products, as they are now.
    package var products: ProductIndex { state.withLock { $0.products } }

    /// The caller behind a key's text, or nil where the key is unknown, revoked or expired at `time`.
    package func caller(key text: String, at time: Timestamp) -> Caller? {
        key(text: text).flatMap { $0.isLive(at: time) ? $0.caller : nil }
    }

    /// The key of a text, whatever its state; nil where there is none.
    package func key(text: some StringProtocol) -> KeyFacts? {
        let hash = SHA256Digest.of(text)
        return state.withLock { state in
            for id in state.prefixes[Self.prefix(of: hash)] ?? [] {
                if let key = state.keys[id], ConstantTime.equal(key.hash, hash) { return Self.facts(key, state) }
            }
            return nil
        }
    }

    /// The key of an identifier, whatever its state; nil where there is none.
    package func key(id: APIKeyID) -> KeyFacts? {
        state.withLock { state in state.keys[id].flatMap { Self.facts($0, state) } }
    }

    /// The key of a meter under which `signature` is right for `message`; nil where there is none.
    func signer(of message: [UInt8], signature: [UInt8], by meter: ParticipantID) -> SigningKeyID? {
        let keys = state.withLock { $0.signingKeys[meter] ?? [] }
        return keys.first { $0.key.isValid(signature, of: message) }?.id
    }

    /// Whether a caller may still look: its key lives and its participant is not suspended. For what is kept open.
    package func isWelcome(_ caller: Caller, at time: Timestamp) -> Bool {
        guard let key = key(id: caller.key) else { return false }
        return key.isLive(at: time) && !key.isSuspended
    }

    private static func facts(_ key: KeyFacts, _ state: State) -> KeyFacts? {
        guard let standing = state.participants[key.participant] else { return nil }
        var facts = key
        facts.roles = key.roles.intersection(standing.roles)
        facts.isSuspended = standing.isSuspended
        facts.requiresSignature = key.requiresSignature || standing.requiresSignature
        return facts
    }

    private static func note(_ participant: Participant, in state: inout State) {
        state.participants[participant.id] = Standing(
            roles: RoleSet(participant.roles), isSuspended: participant.status == .suspended,
            requiresSignature: participant.requireSignature
        )
    }

    private static func note(_ view: SigningKeyView, in state: inout State) {
        var keys = state.signingKeys[view.participantID] ?? []
        keys.removeAll { $0.id == view.id }
        if view.revokedAt == nil, let key = VerifyingKey(bytes: view.publicKey.value) { keys.append((view.id, key)) }
        state.signingKeys[view.participantID] = keys
    }

    private static func note(_ record: APIKeyRecord, in state: inout State) {
        let id = record.view.id
        if state.keys[id] == nil { state.prefixes[prefix(of: record.hash.value), default: []].append(id) }
        // A range that cannot be read lets nobody in; the exchange takes none.
        state.keys[id] = KeyFacts(
            id: id, participant: record.view.participantID, roles: RoleSet(record.view.scopes), isSuspended: false,
            isRevoked: record.view.revoked, expiresAt: record.view.expiresAt, isReadOnly: record.view.readOnly,
            allowedAddresses: record.view.allowedAddresses.map { $0.compactMap { AddressRange($0) } },
            requiresSignature: record.view.requireSignature, hash: record.hash.value)
    }

    private static func prefix(of hash: [UInt8]) -> UInt64 { hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
