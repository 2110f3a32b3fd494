import Exchange
import Quantities

/// Why the vault cannot be used now.
package enum VaultError: Error, Equatable {
    case unavailable(String)
}

/// Sealed details that never enter the journal: written before the command that refers to them, erasable for ever.
package protocol Vault: Sendable {
    /// Seals and stores details; answers the row's number and the SHA-256 of what was sealed.
    func seal(_ details: [UInt8], kind: HandoverKind, allocation: AllocationID) async throws(VaultError) -> (
        version: Int64, hash: [UInt8]
    )

    /// Opens what was sealed under a number, or nil where it was erased.
    func open(kind: HandoverKind, allocation: AllocationID, version: Int64) async throws(VaultError) -> [UInt8]?

    /// Forgets all details of an allocation.
    func erase(allocation: AllocationID) async throws(VaultError)

    /// Allocations that something is sealed for, upwards from after one; contacts are not among them.
    func allocations(after: AllocationID, limit: Int) async throws(VaultError) -> [AllocationID]
}
