import Ledger

/// What an audit found.
package struct AuditReport: Sendable {
    /// What was recomputed from the journal.
    package var frames: Int64 = 0
    package var commands: Int64 = 0
    package var events: Int64 = 0
    package var sequence: Int64 = 0
    /// Of the state at `sequence`, hexadecimal.
    package var stateHash = ""
    package var notedStatesConfirmed = 0
    /// Snapshots whose bytes are what was written and whose state was met again.
    package var snapshotsConfirmed = 0
    /// The sequence number that the projections include; rows are compared up to here.
    package var projectedSequence: Int64 = 0
    /// Rows that were compared and equal, by table.
    package var accounts: Int64 = 0
    package var transfers: Int64 = 0
    package var trades: Int64 = 0
    package var orders: Int64 = 0
    /// Trades whose fees and units were held against the rules, apart from the replay.
    package var sales: Int64 = 0
    /// Summed from the rows of `transfers`.
    package var trialBalance: [TrialBalanceLine] = []
    /// The first thing that is wrong, naming the row; nil when everything is right.
    package var fault: String?

    package init() {}

    package var isSound: Bool { fault == nil }
}

/// The first thing that an audit found wrong.
struct AuditFault: Error {
    let description: String
    init(_ description: String) { self.description = description }
}
