import Cryptography
import Exchange
import Foundation
import Ledger
import Quantities

/// What a server says of itself, taken from its API as bytes of text; nothing of it is believed.
package struct RemoteClaims: Sendable {
    /// Statements of the keys, in order.
    package var keyStatements: [String]
    /// The latest checkpoint as a note.
    package var latestNote: String
    /// The checkpoint of the remembered one's number as the server shows it now; nil where it shows none.
    package var noteOfRemembered: String?
    /// The path of a consistency proof from the remembered size to the latest one; nil where the server gave none.
    package var path: [[UInt8]]?

    package init(keyStatements: [String], latestNote: String) {
        self.keyStatements = keyStatements
        self.latestNote = latestNote
    }
}

/// Holds a server against a checkpoint that somebody remembers: whoever cut the record back, rewrote it or shows others another
/// one cannot prove that the remembered tree begins the present one.
package enum RemoteAudit {
    /// What is wrong, in words; nil when the server continues what is remembered.
    ///
    /// - Parameter remembered: nil proves only that the latest checkpoint is signed by the key chain.
    package static func fault(in claims: RemoteClaims, remembered: SignedCheckpoint?) -> String? {
        let keys = claims.keyStatements.compactMap(LedgerKey.init(statement:))
        guard keys.count == claims.keyStatements.count else { return "keys: one is no statement of a key" }
        let chain: LedgerKeyChain
        do throws(LedgerKeyChain.Fault) {
            chain = try LedgerKeyChain(keys)
        } catch {
            return "keys: \(error)"
        }
        guard let latest = SignedCheckpoint(note: claims.latestNote) else { return "the latest checkpoint is none" }
        if let reason = chain.fault(in: latest) { return "the latest checkpoint cannot be believed: \(reason)" }
        guard let remembered else { return nil }
        return fault(chain, remembered, latest, claims)
    }

    private static func fault(
        _ chain: LedgerKeyChain, _ remembered: SignedCheckpoint, _ latest: SignedCheckpoint, _ claims: RemoteClaims
    ) -> String? {
        let (old, new) = (remembered.checkpoint, latest.checkpoint)
        guard old.origin == chain.origin else {
            return "key replaced: the remembered checkpoint is of the log \(old.origin), the server is \(chain.origin)"
        }
        if let reason = chain.fault(in: remembered) { return "key replaced: the remembered checkpoint \(old.number): \(reason)" }
        guard new.number >= old.number, new.treeSize >= old.treeSize, new.journalSequence >= old.journalSequence else {
            return "truncated: the server's latest checkpoint \(new.number) has \(new.treeSize) transfers and sequence "
                + "\(new.journalSequence), the remembered one \(old.number) has \(old.treeSize) and \(old.journalSequence)"
        }
        if old.treeSize == new.treeSize {
            guard old.rootHash == new.rootHash else { return "split view: two roots of one size, \(old.treeSize)" }
        } else if old.treeSize > 0 {
            let path = claims.path?.compactMap { MerkleDigest($0) } ?? []
            guard let first = MerkleDigest(old.rootHash), let second = MerkleDigest(new.rootHash), path.count == claims.path?.count,
                MerkleProof<TreeSHA256>.verifyConsistency(
                    first: Int(old.treeSize), second: Int(new.treeSize), firstRoot: first, secondRoot: second, path: path)
            else {
                return "rewritten: the server cannot prove that its \(new.treeSize) transfers begin with the \(old.treeSize) of "
                    + "the remembered checkpoint \(old.number)"
            }
        }
        // The tree covers transfers; the journal's frame hash covers the rest, and stands in the checkpoint itself.
        guard claims.noteOfRemembered.flatMap(SignedCheckpoint.init(note:))?.checkpoint == old else {
            return "split view: the server shows another checkpoint \(old.number) than the remembered one"
        }
        return nil
    }
}

/// SHA-256 for the proofs of the core.
package enum TreeSHA256: MerkleHash {
    package static func digest(_ message: [UInt8]) -> MerkleDigest {
        guard let digest = MerkleDigest(SHA256Digest.of(message)) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }
}
