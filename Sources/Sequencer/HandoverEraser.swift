import Exchange
import Quantities

/// Forgets what was sealed for allocations whose last delivery was settled 30 days ago. It can stop anywhere: the next pass finds what is left.
package struct HandoverEraser: Sendable {
    private let sequencer: Sequencer
    private let vault: any Vault

    private static let page = 500

    package init(_ sequencer: Sequencer, _ vault: any Vault) {
        self.sequencer = sequencer
        self.vault = vault
    }

    /// Looks at everything that is sealed, once; answers for how many allocations details were erased.
    package func pass() async throws -> Int {
        var erased = 0
        var last = AllocationID.none
        while !Task.isCancelled {
            let sealed = try await vault.allocations(after: last, limit: Self.page)
            guard let final = sealed.last else { break }
            last = final
            let over = try await sequencer.read { exchange in sealed.filter { exchange.isErasable($0) } }
            for allocation in over {
                try await vault.erase(allocation: allocation)
                erased += 1
            }
        }
        return erased
    }
}
