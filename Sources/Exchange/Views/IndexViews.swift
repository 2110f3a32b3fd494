import Pricing
import Quantities

/// What an index is over.
package enum IndexKind: String, Choice {
    case product
    case computeClass = "class"
}

/// A moment at which more became known of a contract's sales.
package struct IndexRevisionView: Record, Equatable {
    package var contract = ContractKey()
    /// From 1.
    package var revision: Int64 = 0
    package var knownAt = Timestamp()
    /// `settled` of the first.
    package var reason = ""

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("revision", &revision)
        coder.field("known_at", &knownAt)
        coder.field("reason", &reason)
    }
}
