package import Quantities

/// A security fact whose cases stand in rising order: what offers more meets what asks for less.
package protocol SecurityLevel: Choice, Comparable {}

extension SecurityLevel {
    package static func < (left: Self, right: Self) -> Bool { left.ordinal < right.ordinal }
}

/// What separates a tenant from the others on the same machine, from least to most.
package enum Isolation: String, SecurityLevel {
    /// Processes of several tenants share one system.
    case shared
    /// A container of its own.
    case container
    /// A virtual machine of its own.
    case virtualMachine = "virtual_machine"
    /// The whole machine.
    case bareMetal = "bare_metal"
}

/// What a resource can prove about itself, from least to most.
package enum AttestationLevel: String, SecurityLevel {
    /// Nothing.
    case none
    /// Which firmware and system were booted (TPM quote).
    case measuredBoot = "measured_boot"
    /// That the job runs in a confidential environment, processor and accelerator.
    case confidential
}

/// The class of data that may be processed, from least to most sensitive; names and order follow GB/T 43697.
package enum DataClass: String, SecurityLevel {
    case general
    case important
    case core
}
