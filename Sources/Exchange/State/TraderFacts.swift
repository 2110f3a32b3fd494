import Quantities
import Registry

/// A participant as every order needs it: plain numbers beside the registry's record.
struct TraderFacts: BitwiseCopyable {
    /// The number that stands for its owner in the rules on self-dealing.
    var owner: UInt32
    /// A bit for each role, by its ordinal.
    var roles: UInt8
    var isActive: Bool

    init(_ participant: Participant) {
        owner = UInt32(truncatingIfNeeded: participant.ownerID.rawValue)
        roles = 0
        for role in participant.roles { roles |= Self.bit(role) }
        isActive = participant.status == .active
    }

    /// The bit of a role.
    static func bit(_ role: Role) -> UInt8 { 1 << role.ordinal }
}
