import Quantities

/// What one settlement run did.
package struct SettlementRun: Codable, Sendable {
    package var id: String
    package var through: Timestamp?
    package var hours: Int
    package var deliveries: Int
    package var paid: Micros
    package var refunded: Micros
    package var compensation: Micros
    package var fees: Micros
    /// The four amounts of each currency.
    package var currencies: [Sum]?

    /// One currency of a run.
    package struct Sum: Codable, Sendable, Equatable {
        package var currency: String
        package var paid: Micros
        package var refunded: Micros
        package var compensation: Micros
        package var fees: Micros
    }
}

/// An account of the ledger.
package struct LedgerAccount: Codable, Sendable {
    package var id: String
    package var kind: String?
    package var participantId: String?
    package var contract: String?
    package var asset: String?
    /// Sums of all postings and their difference; 128 bits wide, hence text.
    package var debits: String?
    package var credits: String?
    package var balance: String?
}

/// One transfer of the ledger: one debit, one credit.
package struct LedgerTransfer: Codable, Sendable {
    package var id: String
    package var entrySetId: String?
    package var debitAccount: String?
    package var creditAccount: String?
    package var asset: String?
    package var amount: Micros?
    package var kind: String?
}

/// One asset of the trial balance.
package struct TrialBalanceLine: Codable, Sendable, Equatable {
    package var asset: String
    package var debits: String
    package var credits: String
    package var balanced: Bool
}
