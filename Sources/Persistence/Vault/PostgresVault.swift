import Cryptography
import Exchange
import Postgres
import Quantities
import Sequencer

/// The key in hand is not the one that the vault's rows were sealed with.
package struct VaultKeyMismatch: Error, Equatable, CustomStringConvertible {
    package var description: String {
        "the vault of this database was sealed with another key; restore keys/vault.key, or give that key by environment"
    }
}

/// The vault in PostgreSQL: details sealed by AES-256-GCM, each bound to its row.
///
/// A row's seal covers its kind, its allocation and its number, so that no row can stand in for another. The hash that goes
/// into the journal is the one of the sealed bytes, number and all: it tells nothing about what is inside, not even to one
/// who guesses.
package final class PostgresVault: Vault {
    private let key: SealingKey
    private let pool: ConnectionPool
    private let threads: ReaderThreads

    private static let connections = 2

    package init(_ target: ConnectionString, key: SealingKey) {
        self.key = key
        pool = ConnectionPool(
            to: target, limit: Self.connections, applicationName: "suanpan vault", access: .readWrite)
        threads = ReaderThreads(name: "suanpan.vault", count: Self.connections)
    }

    /// Closes the connections.
    package func close() { pool.close() }

    package func seal(_ details: [UInt8], kind: HandoverKind, allocation: AllocationID) async throws(VaultError) -> (
        version: Int64, hash: [UInt8]
    ) {
        let key = key
        return try await run { connection in
            try connection.query("SET synchronous_commit = on")
            let version = try connection.query("SELECT nextval('vault_versions')").onlyRow().int64(0)
            let sealed = key.seal(details, context: Self.context(kind, allocation, version))
            try connection.query(
                "INSERT INTO vault (subject, kind, version, sealed, sealed_at_micros) VALUES ($1, $2, $3, $4, $5)",
                [
                    .int64(allocation.rawValue), .text(kind.rawValue), .int64(version), .bytes(sealed),
                    .int64(PostgresJournal.wallMicroseconds()),
                ])
            return (version, SHA256Digest.of(sealed))
        }
    }

    package func open(kind: HandoverKind, allocation: AllocationID, version: Int64) async throws(VaultError) -> [UInt8]? {
        let sealed: [UInt8]? = try await run { connection in
            try connection.query(
                "SELECT sealed FROM vault WHERE subject = $1 AND kind = $2 AND version = $3",
                [.int64(allocation.rawValue), .text(kind.rawValue), .int64(version)]
            ).first?.bytes(0)
        }
        guard let sealed else { return nil }
        do throws(SealingKey.Fault) {
            return try key.open(sealed, context: Self.context(kind, allocation, version))
        } catch {
            throw .unavailable("vault, row \(version): it was altered, or sealed with another key")
        }
    }

    package func erase(allocation: AllocationID) async throws(VaultError) {
        try await run { connection in
            _ = try connection.query("DELETE FROM vault WHERE subject = $1 AND kind <> 'contact'", [.int64(allocation.rawValue)])
        }
    }

    package func allocations(after: AllocationID, limit: Int) async throws(VaultError) -> [AllocationID] {
        try await run { connection in
            try connection.query(
                "SELECT DISTINCT subject FROM vault WHERE subject > $1 AND kind <> 'contact' ORDER BY subject LIMIT $2",
                [.int64(after.rawValue), .int64(Int64(limit))]
            ).map { AllocationID(try $0.int64(0)) }
        }
    }

    /// Makes sure that `key` is the one that this database's rows are sealed with; the first one ever is remembered by
    /// something sealed with it.
    ///
    /// - Throws: `VaultKeyMismatch`.
    static func confirm(_ key: SealingKey, _ connection: Connection) throws {
        let mark = Hexadecimal.text(key.seal(checkText, context: checkText))
        try connection.query(
            "INSERT INTO meta (key, value) VALUES ('vault_key_check', $1) ON CONFLICT (key) DO NOTHING", [.text(mark)])
        let kept = try connection.query("SELECT value FROM meta WHERE key = 'vault_key_check'").onlyRow().text(0)
        guard let sealed = Hexadecimal.bytes(kept), (try? key.open(sealed, context: checkText)) == checkText else {
            throw VaultKeyMismatch()
        }
    }

    private static let checkText = Array("suanpan vault".utf8)

    /// What a seal is bound to: the kind's name, a zero byte, the allocation, the version (big-endian).
    private static func context(_ kind: HandoverKind, _ allocation: AllocationID, _ version: Int64) -> [UInt8] {
        var bytes = Array(kind.rawValue.utf8) + [0]
        for number in [allocation.rawValue, version] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> Int64(shift)))
            }
        }
        return bytes
    }

    /// Runs on a connection; once more where it was lost. A row that is written twice so has two numbers, of which the
    /// first is never named.
    private func run<Value: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws(VaultError) -> Value {
        let pool = pool
        do {
            return try await threads.run {
                do {
                    return try pool.withConnection(body)
                } catch let error as PostgresError where error.kind == .connectionLost || error.kind == .ambiguousCommit {
                    return try pool.withConnection(body)
                }
            }
        } catch {
            throw .unavailable("\(error)")
        }
    }
}
