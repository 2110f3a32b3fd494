import Exchange
import Ledger
import Quantities

/// A signed checkpoint as the API shows it.
package struct CheckpointView: Record, Equatable {
    package var number: Int64 = 0
    package var origin = ""
    package var treeSize: Int64 = 0
    package var rootHash = Bytes()
    package var journalSequence: Int64 = 0
    package var frameHash = Bytes()
    package var time = Timestamp()
    /// First four bytes of the key's hash, hexadecimal.
    package var keyID = ""
    /// Base 64.
    package var signature = ""
    /// The checkpoint with its signature as text: what is signed, byte by byte.
    package var note = ""

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("number", &number)
        coder.field("origin", &origin)
        coder.field("tree_size", &treeSize)
        coder.field("root_hash", &rootHash)
        coder.field("journal_sequence", &journalSequence)
        coder.field("frame_hash", &frameHash)
        coder.field("time", &time)
        coder.field("key_id", &keyID)
        coder.field("signature", &signature)
        coder.field("note", &note)
    }
}

/// That a transfer is in the tree of a size.
package struct InclusionProofView: Record, Equatable {
    package var transferID = TransferID()
    package var leafIndex: Int64 = 0
    /// The bytes that are hashed, in full.
    package var leaf = Bytes()
    package var leafHash = Bytes()
    package var treeSize: Int64 = 0
    package var rootHash = Bytes()
    /// From the leaf upwards.
    package var path: [Bytes] = []

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("transfer_id", &transferID)
        coder.field("leaf_index", &leafIndex)
        coder.field("leaf", &leaf)
        coder.field("leaf_hash", &leafHash)
        coder.field("tree_size", &treeSize)
        coder.field("root_hash", &rootHash)
        coder.field("path", &path)
    }
}

/// That the tree of one size begins the tree of another.
package struct ConsistencyProofView: Record, Equatable {
    package var first: Int64 = 0
    package var second: Int64 = 0
    package var firstRoot = Bytes()
    package var secondRoot = Bytes()
    package var path: [Bytes] = []

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("first", &first)
        coder.field("second", &second)
        coder.field("first_root", &firstRoot)
        coder.field("second_root", &secondRoot)
        coder.field("path", &path)
    }
}

/// A key that signs or signed checkpoints.
package struct LedgerKeyView: Record, Equatable {
    package var number: Int64 = 0
    package var keyID = ""
    /// 32 bytes.
    package var publicKey = Bytes()
    /// In the form of C2SP signed-note.
    package var verifierKey = ""
    /// The first and the last checkpoint that it signs; the newest key has no last one.
    package var firstCheckpoint: Int64 = 0
    package var lastCheckpoint: Int64?
    package var validFrom = Timestamp()
    /// The key before names this one; the first names itself.
    package var endorsement = ""

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("number", &number)
        coder.field("key_id", &keyID)
        coder.field("public_key", &publicKey)
        coder.field("verifier_key", &verifierKey)
        coder.field("first_checkpoint", &firstCheckpoint)
        coder.field("last_checkpoint", &lastCheckpoint)
        coder.field("valid_from", &validFrom)
        coder.field("endorsement", &endorsement)
    }
}

/// Which transfers are wanted. What is nil restricts nothing.
package struct TransferFilter: Sendable, Equatable {
    package var account: AccountID?
    /// Those of a participant's cash.
    package var participant: ParticipantID?
    package var kind: TransferKind?
    package var causeKind: CauseKind?
    /// The number of the cause's identifier.
    package var causeID: Int64?
    package var entrySet: EntrySetID?
    /// From this moment on.
    package var from: Timestamp?
    /// Before this moment.
    package var to: Timestamp?

    package init() {}
}

/// A moment of the past at which balances are asked for.
package enum LedgerMoment: Sendable, Equatable {
    /// After the command with this number.
    case sequence(Int64)
    /// After all that had happened by this time.
    case time(Timestamp)
}

/// What an account had been posted by a moment.
package struct PastBalance: Sendable {
    package var account = AccountOpened()
    package var debits: Int128 = 0
    package var credits: Int128 = 0

    package init() {}
}

/// Where the signed tree stands, without a question to the database.
package struct LedgerFigures: Sendable {
    package var treeSize: Int64 = 0
    /// Checkpoints that this process signed.
    package var checkpoints: Int64 = 0
    /// The last command that a checkpoint covers.
    package var signedSequence: Int64 = 0
    /// Committed commands that no checkpoint covers yet.
    package var unsigned: Int64 = 0
    /// Whether nothing can be signed because journal, tables or key are not what they were.
    package var isStopped = false

    package init() {}
}

/// The ledger's past: filtered transfers, balances of any moment, checkpoints and proofs.
///
/// Lists are ascending unless they say otherwise; `including` waits until the tables include what the caller was told (at
/// most 2 s).
package protocol LedgerArchive: Sendable {
    /// Transfers in the order of posting, after `after`.
    func transfers(
        _ filter: TransferFilter, after: TransferID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [PostedTransfer]

    /// What accounts had been posted by a moment: of one account, of a participant's cash, or all that were open then.
    func balances(
        at moment: LedgerMoment, account: AccountID?, participant: ParticipantID?, after: AccountID, limit: Int,
        including sequence: Int64
    ) async throws(HistoryError) -> [PastBalance]

    /// The last signed checkpoint; nil before the first.
    func latestCheckpoint() async throws(HistoryError) -> CheckpointView?

    /// Checkpoints with numbers below `before` (none: the newest), the newest first.
    func checkpoints(before: Int64?, limit: Int) async throws(HistoryError) -> [CheckpointView]

    /// That a transfer is in the tree of `size` leaves (none: of the latest checkpoint, once that covers the transfer); of a
    /// participant, only of its own transfers. nil where there is no such transfer or size.
    func inclusion(
        of transfer: TransferID, size: Int64?, participant: ParticipantID?, including sequence: Int64
    ) async throws(HistoryError) -> InclusionProofView?

    /// That the tree of `first` leaves begins the one of `second` (none: of the latest checkpoint). nil where there are no
    /// such sizes.
    func consistency(first: Int64, second: Int64?) async throws(HistoryError) -> ConsistencyProofView?

    /// All keys, the first one first.
    func keys() async throws(HistoryError) -> [LedgerKeyView]

    /// For `GET /metrics`; nil where nothing is signed.
    var figures: LedgerFigures? { get }
}

/// The archive of an exchange that keeps none, as in tests without a database: every read says so.
package struct NoLedgerArchive: LedgerArchive {
    private static let reason = HistoryError.unavailable("this server keeps no archive of the ledger")

    package init() {}
    package func transfers(
        _ filter: TransferFilter, after: TransferID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [PostedTransfer] { throw Self.reason }
    package func balances(
        at moment: LedgerMoment, account: AccountID?, participant: ParticipantID?, after: AccountID, limit: Int,
        including sequence: Int64
    ) async throws(HistoryError) -> [PastBalance] { throw Self.reason }
    package func latestCheckpoint() async throws(HistoryError) -> CheckpointView? { throw Self.reason }
    package func checkpoints(before: Int64?, limit: Int) async throws(HistoryError) -> [CheckpointView] { throw Self.reason }
    package func inclusion(
        of transfer: TransferID, size: Int64?, participant: ParticipantID?, including sequence: Int64
    ) async throws(HistoryError) -> InclusionProofView? { throw Self.reason }
    package func consistency(first: Int64, second: Int64?) async throws(HistoryError) -> ConsistencyProofView? {
        throw Self.reason
    }
    package func keys() async throws(HistoryError) -> [LedgerKeyView] { throw Self.reason }
    package var figures: LedgerFigures? { nil }
}
