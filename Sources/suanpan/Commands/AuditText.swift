import Foundation
import Ledger
import Persistence

/// The reports as a person reads them.
enum AuditText {
    static func describe(_ report: ProofReport, rowsOf place: String) -> String {
        let seconds = max(report.duration.seconds, 0.000_001)
        var lines = [
            "log          \(report.origin), \(report.keys) keys",
            "journal      \(report.frames) frames up to sequence \(report.sequence): chained, hashes as recorded",
            "transfers    \(report.transfers) in the journal, \(report.rows) rows of \(place) equal; root \(report.rootHash)",
            "checkpoints  \(report.checkpoints) signed and true, \(report.rememberedConfirmed) remembered ones met, "
                + "\(report.tiles) tiles as stored",
            "proofs took  \(report.duration.formatted(.units(allowed: [.seconds, .milliseconds]))), "
                + "\(Int(Double(report.transfers) / seconds)) transfers/s",
        ]
        if let fault = report.fault { lines.append("FAULT        \(fault)") }
        return lines.joined(separator: "\n")
    }

    static func describe(_ report: AuditReport, _ duration: Duration) -> String {
        var text = [
            "replay       \(report.frames) frames, \(report.commands) commands, \(report.events) events as recorded, in "
                + "\(duration.formatted(.units(allowed: [.seconds, .milliseconds]))), "
                + "\(Int(Double(report.commands) / max(duration.seconds, 0.000_001))) commands/s",
            "state        \(report.stateHash), \(report.notedStatesConfirmed) noted hashes and \(report.snapshotsConfirmed) snapshots met",
            "projections  up to command \(report.projectedSequence) of \(report.sequence): \(report.accounts) accounts, "
                + "\(report.transfers) transfers, \(report.trades) trades, \(report.orders) closed orders",
            "rules        \(report.sales) trades held against fees and certified units",
        ]
        text += lines(report.trialBalance)
        if let fault = report.fault { text.append("FAULT        \(fault)") }
        return text.joined(separator: "\n")
    }

    static func lines(_ balance: [TrialBalanceLine]) -> [String] {
        balance.map { line in
            let word = line.balanced ? "balanced" : "NOT BALANCED"
            return "\(line.asset)          debits \(line.debits), credits \(line.credits), \(word)"
        }
    }
}
