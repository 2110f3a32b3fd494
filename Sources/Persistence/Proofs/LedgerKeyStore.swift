import Cryptography
import Foundation
import Postgres
import Quantities

/// Where the ledger's signing key is: a file that its owner alone may read, or the environment.
package struct LedgerKeyStore: Sendable {
    /// The folder that holds `keys/ledger.key`.
    package let dataDirectory: String
    /// The seed from the environment instead of the file, 32 bytes.
    package let seed: [UInt8]?

    package init(dataDirectory: String, seed: [UInt8]? = nil) {
        self.dataDirectory = dataDirectory
        self.seed = seed
    }

    private var path: String { "\(dataDirectory)/keys/ledger.key" }
    /// Where a rotation keeps the new key until the database knows it.
    private var nextPath: String { "\(dataDirectory)/keys/ledger-next.key" }

    /// The key whose public half is `publicKey`. A rotation that was cut short is completed here.
    ///
    /// - Throws: `ProofFault` where the key at hand is another one, `KeyFileError`.
    func key(for publicKey: [UInt8]) throws -> SigningKey {
        // Nothing is made here: a key that is lost must be restored, not replaced.
        let own = try (seed ?? KeyFile.load(path)).flatMap { SigningKey(seed: $0) }
        if let own, own.verifyingKey.bytes == publicKey { return own }
        if seed == nil, let next = try KeyFile.load(nextPath), let key = SigningKey(seed: next),
            key.verifyingKey.bytes == publicKey
        {
            try promoteNext()
            return key
        }
        throw ProofFault(
            "the ledger's signing key (\(seed == nil ? path : "SUANPAN_LEDGER_KEY")) is not the one that this database's "
                + "checkpoints are signed with; restore it")
    }

    /// The key of the file or the environment; a fresh one in the file where there is none.
    func load() throws -> SigningKey {
        guard let key = SigningKey(seed: try seed ?? KeyFile.loadOrCreate(path)) else { throw KeyFileError.malformed(path: path) }
        return key
    }

    /// The key that a rotation leads to, made where there is none yet.
    func loadNext() throws -> SigningKey {
        guard let key = SigningKey(seed: try KeyFile.loadOrCreate(nextPath)) else { throw KeyFileError.malformed(path: nextPath) }
        return key
    }

    /// Puts the next key into the present one's place, which is gone then.
    func promoteNext() throws {
        guard rename(nextPath, path) == 0 else {
            // Whoever came first has done it.
            if errno == ENOENT { return }
            throw KeyFileError.unusable(path: nextPath, reason: String(cString: strerror(errno)))
        }
    }
}

/// The keys as the database lists them.
package enum LedgerKeyTable {
    /// All keys, not checked.
    package static func rows(_ connection: Connection) throws -> [LedgerKey] {
        let rows = try connection.query(
            "SELECT number, public_key, first_checkpoint, statement FROM ledger_keys ORDER BY number")
        var name: String?
        return try rows.map { row in
            let key = try row.bytes(1)
            let origin = name ?? LedgerKeyChain.origin(of: key)
            name = origin
            return LedgerKey(
                number: Int(try row.int64(0)), key: NoteKey(name: origin, key: key), firstCheckpoint: try row.int64(2),
                statement: try row.text(3))
        }
    }

    static func insert(_ key: LedgerKey, _ connection: Connection) throws {
        try connection.query(
            "INSERT INTO ledger_keys (number, public_key, first_checkpoint, statement) VALUES ($1, $2, $3, $4)",
            [.int64(Int64(key.number)), .bytes(key.key.key), .int64(key.firstCheckpoint), .text(key.statement)])
    }

    /// The newest key, with the secret half; a new database gets its first key.
    ///
    /// - Throws: `ProofFault` where the secret half at hand belongs to another key.
    static func current(_ connection: Connection, _ store: LedgerKeyStore) throws -> (LedgerKey, SigningKey) {
        if let newest = try rows(connection).last { return (newest, try store.key(for: newest.key.key)) }
        let secret = try store.load()
        let bytes = secret.verifyingKey.bytes
        let key = LedgerKey.signed(
            number: 1, key: NoteKey(name: LedgerKeyChain.origin(of: bytes), key: bytes), firstCheckpoint: 1,
            at: Timestamp(PostgresJournal.wallMicroseconds()), by: secret)
        try insert(key, connection)
        return (key, secret)
    }

    /// Number of the last checkpoint, 0 before the first.
    static func lastCheckpoint(_ connection: Connection) throws -> Int64 {
        try connection.query("SELECT coalesce(max(number), 0) FROM ledger_checkpoints").onlyRow().int64(0)
    }
}

/// Changes the key that signs checkpoints: the old one says in a signed statement that the new one follows.
package enum LedgerKeyRotation {
    /// Rotates. A server that runs meanwhile takes the new key at its next checkpoint.
    ///
    /// - Parameter next: The new key's seed where keys come from the environment; else it is made in the keys' folder, and the
    ///   old one's file is replaced.
    /// - Returns: The old and the new key.
    /// - Throws: `ProofFault`, `KeyFileError`, `PostgresError`.
    package static func rotate(
        _ target: ConnectionString, _ store: LedgerKeyStore, next seed: [UInt8]? = nil
    ) throws -> (old: LedgerKey, new: LedgerKey) {
        let connection = try Connection(to: target, applicationName: "suanpan rotate-ledger-key")
        guard (store.seed == nil) == (seed == nil) else {
            throw ProofFault(
                "a key from SUANPAN_LEDGER_KEY is followed by one from SUANPAN_NEXT_LEDGER_KEY, one in a file by a file")
        }
        let made = try seed.map { SigningKey(seed: $0) } ?? store.loadNext()
        guard let made else { throw ProofFault("SUANPAN_NEXT_LEDGER_KEY is no seed of 32 bytes") }
        let result = try connection.transaction {
            // The server signs with this row locked.
            try connection.query("SELECT 1 FROM ledger_tree FOR UPDATE")
            let (old, secret) = try LedgerKeyTable.current(connection, store)
            let new = LedgerKey.signed(
                number: old.number + 1, key: NoteKey(name: old.key.name, key: made.verifyingKey.bytes),
                firstCheckpoint: try LedgerKeyTable.lastCheckpoint(connection) + 1,
                at: Timestamp(PostgresJournal.wallMicroseconds()), by: secret)
            try LedgerKeyTable.insert(new, connection)
            return (old, new)
        }
        if seed == nil { try store.promoteNext() }
        return result
    }
}
