import Cryptography
import Exchange
import Ledger
import Quantities
import Sequencer

/// Proves a bundle without any database: every frame's hashes, every row, the tree, every checkpoint and signature; and, if
/// asked, replays the journal, compares events and results, and sums the books.
package enum BundleAudit {
    /// Audits; a fault is in the report.
    ///
    /// - Throws: `Bundle.Fault` where the file cannot be read.
    package static func run(
        _ path: String, remembered: [SignedCheckpoint] = [], replaying: Bool = true,
        progress: (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws -> ProofReport {
        let clock = ContinuousClock()
        let began = clock.now
        var report = ProofReport()
        do {
            try prove(try BundleReader(path), remembered, replaying, progress, &report)
        } catch let fault as AuditFault {
            report.fault = fault.description
        } catch let fault as ReplayFault {
            report.fault = fault.description
        } catch let fault as BinaryDecoder.Failure {
            report.fault = "bundle: \(fault)"
        }
        report.duration = clock.now - began
        return report
    }

    private static func prove(
        _ reader: BundleReader, _ remembered: [SignedCheckpoint], _ replaying: Bool, _ progress: (Int64, Int64) -> Void,
        _ report: inout ProofReport
    ) throws {
        guard let head = try reader.next(), head.part == .start, head.bytes == Array(Bundle.heading.utf8) else {
            throw AuditFault("bundle: it does not begin with \"suanpan bundle 1\"")
        }
        var keys: [LedgerKey] = []
        var part = try reader.next()
        while let found = part, found.part == .key {
            guard let key = LedgerKey(statement: String(decoding: found.bytes, as: UTF8.self)) else {
                throw AuditFault("bundle: key \(keys.count + 1) is no statement of a key")
            }
            keys.append(key)
            part = try reader.next()
        }
        var audit = try ProofAudit(keys: keys, remembered: remembered)
        report.keys = keys.count
        report.origin = audit.chain.origin
        let replay = FrameReplay(Exchange())
        var rules = RuleAudit()
        var balances = BalanceAudit()
        var pending: [[UInt8]] = []
        var counts: [Int64]?
        defer {
            report.sequence = audit.link.sequence
            report.transfers = audit.tree.size
            report.checkpoints = audit.checkpoints
            report.rememberedConfirmed = audit.rememberedConfirmed
            report.rootHash = Hexadecimal.text(audit.tree.root(audit.hasher))
            report.sales = rules.sales
        }
        while let found = part {
            guard counts == nil else { throw AuditFault("bundle: something follows its end") }
            switch found.part {
            case .start, .key: throw AuditFault("bundle: a part out of its place at byte \(reader.offset)")
            case .frame:
                try confirmAllMatched(pending)
                let stored = try BundleReader.frame(found.bytes, after: audit.link)
                let hasher = audit.hasher
                var leaves: [[UInt8]] = []
                try audit.take(stored) { _, _, _ in leaves.append(hasher.withLeaf { Array($0) }) } tile: { _ in }
                pending = leaves
                report.frames += 1
                if replaying {
                    try replay.apply(stored.frame)
                    try rules.confirm(stored.frame, replay.exchange)
                    try post(stored.frame, &balances)
                }
                if report.frames % 64 == 0 { progress(reader.offset, reader.size) }
            case .transfers:
                try compare(found.bytes, with: pending, endingAt: audit.tree.size)
                report.rows += Int64(pending.count)
                pending = []
            case .checkpoint:
                let text = String(decoding: found.bytes, as: UTF8.self)
                guard let signed = SignedCheckpoint(note: text) else {
                    throw AuditFault("ledger_checkpoints: row \(audit.checkpoints + 1): it is no checkpoint")
                }
                try audit.confirm(signed)
                report.latestNote = text
            case .end:
                var reader = BigEndianReader(found.bytes)
                counts = [reader.integer(), reader.integer(), reader.integer()]
                guard reader.isAtEnd else { throw AuditFault("bundle: its end has not the form of one") }
            }
            part = try reader.next()
        }
        progress(reader.size, reader.size)
        try confirmAllMatched(pending)
        guard counts == [report.frames, report.rows, audit.checkpoints] else {
            throw AuditFault("bundle: it ends early, or its end counts other parts")
        }
        try audit.confirmEnd(unseen: nil)
        guard replaying else { return }
        try balances.confirmEnd(replay.exchange)
        if let broken = replay.exchange.firstBrokenInvariant() { throw AuditFault(broken) }
        report.stateHash = StateHash.of(replay.exchange)
        report.trialBalance = balances.trialBalance
    }

    private static func confirmAllMatched(_ pending: [[UInt8]]) throws {
        if let leaf = pending.first { throw AuditFault("transfers: row \(number(leaf)) is missing") }
    }

    /// The number in a leaf; 0 where there is none.
    private static func number(_ leaf: some Collection<UInt8>) -> Int64 {
        leaf.count < 9 ? 0 : leaf.dropFirst().prefix(8).reduce(Int64(0)) { $0 &<< 8 | Int64($1) }
    }

    private static func compare(_ rows: [UInt8], with expected: [[UInt8]], endingAt last: Int64) throws {
        var offset = 0
        for (position, leaf) in expected.enumerated() {
            let number = last - Int64(expected.count - 1 - position)
            guard offset + 2 <= rows.count else { throw AuditFault("transfers: row \(number) is missing") }
            let length = Int(rows[offset]) << 8 | Int(rows[offset + 1])
            guard offset + 2 + length <= rows.count else { throw AuditFault("transfers: row \(number) is cut short") }
            let row = rows[offset + 2..<offset + 2 + length]
            guard row.elementsEqual(leaf) else {
                if Self.number(row) > number { throw AuditFault("transfers: row \(number) is missing") }
                if Self.number(row) < number {
                    throw AuditFault("transfers: row \(Self.number(row)) is in no event of the journal")
                }
                throw AuditFault("transfers: row \(number) is not what the journal says")
            }
            offset += 2 + length
        }
        guard offset == rows.count else { throw AuditFault("transfers: a row after \(last) is in no event of the journal") }
    }

    private static func post(_ frame: Frame, _ balances: inout BalanceAudit) throws {
        var rows = ProjectedRows()
        try rows.add(frame.events)
        for account in rows.accounts { balances.open(account) }
        for transfer in rows.transfers { try balances.post(transfer) }
    }
}
