import Quantities

/// One movement of money: one debit and one credit account, one asset, an amount above zero, a kind and a cause.
///
/// The debit account is the one that money leaves, the credit account the one that it reaches.
package struct Transfer: Record, Equatable {
    /// 1, 2, 3 … without gaps; the leaf of the Merkle tree is `id - 1`.
    package var id = TransferID()
    /// The transfers of one command share it.
    package var entrySet = EntrySetID()
    package var debit = AccountID()
    package var credit = AccountID()
    package var asset = Currency()
    package var amount = Micros.zero
    package var kind = TransferKind.deposit
    package var cause = Cause()

    package init() {}
    package init(
        id: TransferID, entrySet: EntrySetID, debit: AccountID, credit: AccountID, asset: Currency, amount: Micros,
        kind: TransferKind, cause: Cause
    ) {
        self.id = id
        self.entrySet = entrySet
        self.debit = debit
        self.credit = credit
        self.asset = asset
        self.amount = amount
        self.kind = kind
        self.cause = cause
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("entry_set", &entrySet)
        coder.field("debit", &debit)
        coder.field("credit", &credit)
        coder.field("asset", &asset)
        coder.field("amount", &amount)
        coder.field("kind", &kind)
        coder.field("cause", &cause)
    }
}

extension Transfer {
    /// The version byte that leads every leaf.
    package static let leafVersion: UInt8 = 1

    /// Appends the transfer's leaf in the Merkle tree: the bytes that RFC 9162 calls a tree's entry, before its hashing.
    ///
    /// Integers are big-endian, names are the API's, so an auditor needs no table of ours:
    ///
    /// | bytes | field |
    /// |---|---|
    /// | 1 | the number 1, the version of this form |
    /// | 8 | `id` |
    /// | 8 | `entry_set` |
    /// | 8 | `debit` account |
    /// | 8 | `credit` account |
    /// | 1 + n | length and ASCII of the `asset` code |
    /// | 8 | `amount` in micros |
    /// | 1 + n | length and ASCII of the `kind` |
    /// | 1 + n | length and ASCII of the cause's kind |
    /// | 8 | the number of the cause's identifier |
    package func appendLeaf(to bytes: inout [UInt8]) {
        bytes.append(Self.leafVersion)
        Self.append(id.rawValue, to: &bytes)
        Self.append(entrySet.rawValue, to: &bytes)
        Self.append(debit.rawValue, to: &bytes)
        Self.append(credit.rawValue, to: &bytes)
        Self.append(asset.code, to: &bytes)
        Self.append(amount.rawValue, to: &bytes)
        Self.append(kind.rawValue, to: &bytes)
        Self.append(cause.kind.rawValue, to: &bytes)
        Self.append(cause.id, to: &bytes)
    }

    /// The leaf as `appendLeaf(to:)` writes it.
    package var leaf: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(96)
        appendLeaf(to: &bytes)
        return bytes
    }

    private static func append(_ value: Int64, to bytes: inout [UInt8]) {
        var shift = 56
        while shift >= 0 {
            bytes.append(UInt8(truncatingIfNeeded: value >> Int64(shift)))
            shift -= 8
        }
    }

    /// - Precondition: at most 255 bytes; asset codes and names are far below.
    private static func append(_ text: String, to bytes: inout [UInt8]) {
        precondition(text.utf8.count <= 255, "a name too long for a leaf")
        bytes.append(UInt8(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }
}
