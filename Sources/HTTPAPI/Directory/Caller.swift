import Quantities

/// Who makes a request: the participant behind its key and what the key may do.
package struct Caller: Sendable, Equatable {
    package var participant: ParticipantID
    /// The key's scopes, as far as the participant still holds the roles.
    package var roles: RoleSet
    /// A suspended participant may look and do nothing.
    package var isSuspended = false
    /// The key that was used; none for the public.
    package var key = APIKeyID.none
    /// Whether the key can only look.
    package var isReadOnly = false

    package init(
        participant: ParticipantID, roles: RoleSet, isSuspended: Bool = false, key: APIKeyID = .none, isReadOnly: Bool = false
    ) {
        self.participant = participant
        self.roles = roles
        self.isSuspended = isSuspended
        self.key = key
        self.isReadOnly = isReadOnly
    }

    /// Whoever calls a public route.
    package static let nobody = Caller(participant: .none, roles: [])

    /// Auditors and operators see what belongs to others.
    package var seesEverything: Bool { !roles.isDisjoint(with: .overseers) }
}
