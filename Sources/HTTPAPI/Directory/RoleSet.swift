import Quantities
import Registry

/// Some of the roles.
package struct RoleSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package init(_ role: Role) { rawValue = 1 << role.ordinal }
    package init(_ roles: [Role]) { self = roles.reduce(into: []) { $0.insert(RoleSet($1)) } }

    package static let provider = RoleSet(.provider)
    package static let consumer = RoleSet(.consumer)
    package static let meter = RoleSet(.meter)
    package static let auditor = RoleSet(.auditor)
    package static let `operator` = RoleSet(.operator)
    /// Those who see everything.
    package static let overseers: RoleSet = [.auditor, .operator]

    /// The roles' names, in their order.
    package var names: [String] { Role.allCases.filter { contains(RoleSet($0)) }.map(\.rawValue) }
}
