import Exchange
import Quantities
import Registry

/// What the shell knows of a key and of its participant.
package struct KeyFacts: Sendable {
    package var id: APIKeyID
    package var participant: ParticipantID
    /// The key's scopes, as far as the participant still holds the roles.
    package var roles: RoleSet
    package var isSuspended: Bool
    package var isRevoked: Bool
    package var expiresAt: Timestamp?
    package var isReadOnly: Bool
    package var allowedAddresses: [AddressRange]?
    package var requiresSignature: Bool
    /// SHA-256 of the key's text.
    var hash: [UInt8]

    /// Whether the key is neither revoked nor expired. Only of a key that expires the time is looked up.
    package func isLive(at time: @autoclosure () -> Timestamp) -> Bool { !isRevoked && expiresAt.map { time() < $0 } ?? true }

    package var caller: Caller {
        Caller(participant: participant, roles: roles, isSuspended: isSuspended, key: id, isReadOnly: isReadOnly)
    }

    /// Whether another key can do nothing that this one cannot, and for no longer.
    package func covers(_ other: KeyFacts) -> Bool {
        guard roles.isSuperset(of: other.roles), !isReadOnly || other.isReadOnly, !requiresSignature || other.requiresSignature
        else { return false }
        if let end = expiresAt {
            guard let otherEnd = other.expiresAt, otherEnd <= end else { return false }
        }
        guard let allowedAddresses else { return true }
        guard let others = other.allowedAddresses else { return false }
        return others.allSatisfy { range in allowedAddresses.contains { $0.contains(range) } }
    }
}

/// What changed in the directory: for those who keep something open for a caller.
package enum DirectoryChange: Sendable, Equatable {
    /// A participant was added, suspended or reinstated.
    case participant(ParticipantID)
    /// A key was made, revoked, or its end set.
    case key(APIKeyID)
}
