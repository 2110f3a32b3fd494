import Quantities

/// Where one resource's chain of meter reports stands: reports are numbered from 1, and each names the hash of the one before.
package struct MeterReportState: Record, Equatable {
    /// The last report's number; 0 before the first.
    package private(set) var lastSequence: Int64 = 0
    /// The last report's hash; nil before the first.
    package private(set) var lastHash: Bytes?

    /// Why a report does not continue the chain. Nothing was changed.
    package enum Fault: Error, Equatable {
        /// A number was skipped or used before.
        case sequence(expected: Int64)
        /// The previous hash is another than the last report's.
        case brokenChain(expected: Bytes?)
    }

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("last_sequence", &lastSequence)
        coder.field("last_hash", &lastHash)
    }

    /// Whether a report continues the chain; the number is checked before the hash.
    package func check(sequence: Int64, previousHash: Bytes?) throws(Fault) {
        guard sequence == lastSequence + 1 else { throw .sequence(expected: lastSequence + 1) }
        guard previousHash == lastHash else { throw .brokenChain(expected: lastHash) }
    }

    /// Takes a report that `check` let pass into the chain.
    ///
    /// - Precondition: `sequence` is the next number.
    package mutating func accept(sequence: Int64, hash: Bytes) {
        precondition(sequence == lastSequence + 1, "a meter report out of sequence")
        lastSequence = sequence
        lastHash = hash
    }
}
