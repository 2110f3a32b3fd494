import Cryptography
import Exchange
import Ledger
import Quantities
import Sequencer

/// Proves a ledger from its record: builds the tree again from the journal's transfers and holds every checkpoint against it.
///
/// Where frames come from is the caller's: the database or a bundle. Frames must be checked and come in order; each is followed
/// by the checkpoints that cover it.
struct ProofAudit {
    let chain: LedgerKeyChain
    let hasher = TreeHasher()
    private(set) var tree = TileTree()
    private(set) var link = ChainLink.start
    private(set) var checkpoints: Int64 = 0
    private(set) var rememberedConfirmed = 0
    private(set) var lastCheckpoint: Checkpoint?
    /// Checkpoints that somebody kept outside, ascending by sequence.
    private var remembered: [SignedCheckpoint]

    /// - Throws: `AuditFault` where the keys are no chain or a remembered checkpoint is of another log.
    init(keys: [LedgerKey], remembered: [SignedCheckpoint]) throws {
        do throws(LedgerKeyChain.Fault) {
            chain = try LedgerKeyChain(keys)
        } catch {
            throw AuditFault("ledger_keys: \(error)")
        }
        self.remembered = remembered.sorted { $0.checkpoint.journalSequence < $1.checkpoint.journalSequence }
        for signed in remembered {
            guard signed.checkpoint.origin == chain.origin else {
                throw AuditFault(
                    "the remembered checkpoint \(signed.checkpoint.number) is of the log \(signed.checkpoint.origin), this record "
                        + "is \(chain.origin): the key was replaced (only the remembered checkpoint shows it)")
            }
            if let reason = chain.fault(in: signed) {
                throw AuditFault("the remembered checkpoint \(signed.checkpoint.number) cannot be believed: \(reason)")
            }
        }
    }

    /// Takes the transfers of a frame in.
    ///
    /// - Parameters:
    ///   - leaf: Called with each transfer's number while `hasher` holds its leaf.
    ///   - tile: Called with each full tile.
    mutating func take(
        _ stored: StoredFrame, leaf: (_ number: Int64, _ events: [UInt8], _ payload: Range<Int>) throws -> Void,
        tile: (Tile) throws -> Void
    ) throws {
        let events = stored.frame.events
        do {
            var walker = EventWalker(events)
            while let entry = try walker.next() {
                guard entry.tag == .transfer else { continue }
                hasher.setLeaf(journal: events, entry.payload)
                let number = Self.number(events, entry.payload.lowerBound)
                guard number == tree.size + 1 else {
                    throw AuditFault("the journal goes from transfer \(tree.size) to \(number)")
                }
                try leaf(number, events, entry.payload)
                tree.appendLeaf(of: hasher)
            }
        } catch let failure as BinaryDecoder.Failure {
            throw AuditFault(
                "journal_frames, row with first_sequence \(stored.frame.firstSequence): its events cannot be read: \(failure)")
        }
        if !tree.filled.isEmpty {
            for filled in tree.filled { try tile(filled) }
            tree.removeFilled()
        }
        link = stored.link
        try confirmRemembered()
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> Int64 {
        (0..<8).reduce(Int64(0)) { $0 | Int64(bytes[offset + $1]) << Int64(8 * $1) }
    }

    /// Holds a published checkpoint that covers the last frame against the tree.
    mutating func confirm(_ signed: SignedCheckpoint) throws {
        let checkpoint = signed.checkpoint
        guard checkpoint.number == checkpoints + 1 else {
            throw AuditFault("ledger_checkpoints: row \(checkpoints + 1) is missing; \(checkpoint.number) follows \(checkpoints)")
        }
        func fault(_ reason: String) -> AuditFault { AuditFault("ledger_checkpoints: row \(checkpoint.number): \(reason)") }
        if let reason = chain.fault(in: signed) { throw fault(reason) }
        guard checkpoint.journalSequence == link.sequence else {
            throw fault("no frame ends with its sequence \(checkpoint.journalSequence)")
        }
        if let reason = difference(checkpoint) { throw fault(reason) }
        if let last = lastCheckpoint, checkpoint.time < last.time { throw fault("it was signed before the one before it") }
        checkpoints = checkpoint.number
        lastCheckpoint = checkpoint
    }

    /// What a checkpoint says of the last frame that is not so.
    private func difference(_ checkpoint: Checkpoint) -> String? {
        guard checkpoint.frameHash == link.frameHash else {
            return "its frame hash is not the one of the frame that ends with sequence \(link.sequence)"
        }
        guard checkpoint.treeSize == tree.size else {
            return "it says \(checkpoint.treeSize) transfers, the journal has \(tree.size) up to sequence \(link.sequence)"
        }
        guard checkpoint.rootHash == tree.root(hasher) else {
            return "its root is not the one of the tree of \(tree.size) transfers"
        }
        return nil
    }

    private mutating func confirmRemembered() throws {
        while let signed = remembered.first, signed.checkpoint.journalSequence <= link.sequence {
            remembered.removeFirst()
            let name = "the remembered checkpoint \(signed.checkpoint.number) (sequence \(signed.checkpoint.journalSequence))"
            guard signed.checkpoint.journalSequence == link.sequence else {
                throw AuditFault("\(name): no frame ends there: the record was rewritten since")
            }
            if let reason = difference(signed.checkpoint) {
                throw AuditFault("\(name): \(reason): the record was rewritten since")
            }
            rememberedConfirmed += 1
        }
    }

    /// Makes sure that nothing that was signed lies beyond the record's end.
    ///
    /// - Parameter unseen: The next published checkpoint that no frame was met for.
    mutating func confirmEnd(unseen: SignedCheckpoint?) throws {
        if let unseen {
            let checkpoint = unseen.checkpoint
            if checkpoint.journalSequence > link.sequence {
                throw AuditFault(
                    "ledger_checkpoints: row \(checkpoint.number) covers sequence \(checkpoint.journalSequence), journal_frames "
                        + "ends with \(link.sequence): rows were removed from its end")
            }
            throw AuditFault(
                "ledger_checkpoints: row \(checkpoint.number): no frame ends with its sequence \(checkpoint.journalSequence)")
        }
        if let signed = remembered.first {
            throw AuditFault(
                "the remembered checkpoint \(signed.checkpoint.number) covers sequence \(signed.checkpoint.journalSequence), the "
                    + "record ends with \(link.sequence): it was cut back since (only the remembered checkpoint shows it)")
        }
    }
}

/// What the proof of a ledger came to.
package struct ProofReport: Sendable {
    package var frames: Int64 = 0
    package var sequence: Int64 = 0
    package var transfers: Int64 = 0
    /// Transfers that a table or a bundle's rows were compared for.
    package var rows: Int64 = 0
    package var tiles: Int64 = 0
    package var keys = 0
    package var checkpoints: Int64 = 0
    package var rememberedConfirmed = 0
    /// Name of the log, made of its first key.
    package var origin = ""
    /// The newest checkpoint as a note: what to remember.
    package var latestNote: String?
    /// Of the tree's root at the end, hexadecimal.
    package var rootHash = ""
    package var duration: Duration = .zero
    /// Where money rules were checked anew.
    package var sales: Int64 = 0
    /// From a bundle: what the replay came to.
    package var stateHash: String?
    package var trialBalance: [TrialBalanceLine] = []
    /// The first thing that is wrong; nil when everything is right.
    package var fault: String?

    package init() {}
    package var isSound: Bool { fault == nil }
}
