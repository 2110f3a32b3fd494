import Cryptography
import Exchange
import Foundation
import Persistence
import Postgres
import Quantities
import Sequencer
import Testing

@Suite("PostgresVault")
struct PostgresVaultTests {
    private let details = Array("ssh root@node-7".utf8)

    private func scene() throws -> Scene {
        let scene = try Scene()
        try scene.journal().close()
        return scene
    }

    @Test("what is sealed opens again, is not readable in the table, and its hash is the one of the row")
    func sealing() async throws {
        let scene = try scene()
        let vault = PostgresVault(scene.database, key: SealingKey())
        let (version, hash) = try await vault.seal(details, kind: .access, allocation: AllocationID(5))
        #expect(try await vault.open(kind: .access, allocation: AllocationID(5), version: version) == details)
        let row = try scene.connect().query("SELECT sealed, sha256(sealed) FROM vault").onlyRow()
        let sealed = String(decoding: try row.bytes(0), as: UTF8.self)
        #expect(!sealed.contains("node-7"))
        #expect(try row.bytes(1) == hash)
        let (next, _) = try await vault.seal(details, kind: .access, allocation: AllocationID(5))
        #expect(next > version)
        #expect(try await vault.open(kind: .access, allocation: AllocationID(5), version: version) == details)
        vault.close()
    }

    @Test("erasing an allocation's details forgets all of them, and no others")
    func erasing() async throws {
        let vault = try PostgresVault(scene().database, key: SealingKey())
        let first = try await vault.seal(details, kind: .access, allocation: AllocationID(5)).version
        let second = try await vault.seal(details, kind: .request, allocation: AllocationID(5)).version
        let other = try await vault.seal(details, kind: .access, allocation: AllocationID(6)).version
        try await vault.erase(allocation: AllocationID(5))
        #expect(try await vault.open(kind: .access, allocation: AllocationID(5), version: first) == nil)
        #expect(try await vault.open(kind: .request, allocation: AllocationID(5), version: second) == nil)
        #expect(try await vault.open(kind: .access, allocation: AllocationID(6), version: other) == details)
        vault.close()
    }

    @Test("what is sealed is listed by allocation; contacts are neither listed nor erased with an allocation of the same number")
    func listing() async throws {
        let vault = try PostgresVault(scene().database, key: SealingKey())
        for id in [Int64(7), 5, 5] { _ = try await vault.seal(details, kind: .access, allocation: AllocationID(id)) }
        let contact = try await vault.seal(details, kind: .contact, allocation: AllocationID(5)).version
        _ = try await vault.seal(details, kind: .contact, allocation: AllocationID(6))
        #expect(try await vault.allocations(after: .none, limit: 9) == [AllocationID(5), AllocationID(7)])
        #expect(try await vault.allocations(after: AllocationID(5), limit: 9) == [AllocationID(7)])
        try await vault.erase(allocation: AllocationID(5))
        #expect(try await vault.allocations(after: .none, limit: 9) == [AllocationID(7)])
        #expect(try await vault.open(kind: .contact, allocation: AllocationID(5), version: contact) == details)
        vault.close()
    }

    @Test(
        "a row does not open in another's place, nor after a change",
        arguments: [
            "UPDATE vault SET subject = 6", "UPDATE vault SET kind = 'request'", "UPDATE vault SET version = version + 1",
            "UPDATE vault SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)",
        ])
    func bound(sql: String) async throws {
        let scene = try scene()
        let vault = PostgresVault(scene.database, key: SealingKey())
        _ = try await vault.seal(details, kind: .access, allocation: AllocationID(5))
        try scene.execute(sql)
        let row = try scene.connect().query("SELECT subject, kind, version FROM vault").onlyRow()
        let (subject, kind, version) = (try row.int64(0), try row.text(1), try row.int64(2))
        await #expect(throws: VaultError.self) {
            try await vault.open(
                kind: kind == "access" ? .access : .request, allocation: AllocationID(subject), version: version)
        }
        vault.close()
    }

    @Test("another key opens nothing")
    func otherKey() async throws {
        let scene = try scene()
        let vault = PostgresVault(scene.database, key: SealingKey())
        let version = try await vault.seal(details, kind: .access, allocation: AllocationID(5)).version
        let other = PostgresVault(scene.database, key: SealingKey())
        await #expect(throws: VaultError.self) {
            try await other.open(kind: .access, allocation: AllocationID(5), version: version)
        }
        vault.close()
        other.close()
    }

    @Test("a lost connection is replaced")
    func lostConnection() async throws {
        let scene = try scene()
        let vault = PostgresVault(scene.database, key: SealingKey())
        let version = try await vault.seal(details, kind: .access, allocation: AllocationID(5)).version
        #expect(try scene.terminate("suanpan vault") == 1)
        #expect(try await vault.open(kind: .access, allocation: AllocationID(5), version: version) == details)
        vault.close()
    }
}

@Suite("KeyFile")
struct KeyFileTests {
    /// Runs `body` with the path of a key file in a folder of its own.
    private func withPath(_ body: (String) throws -> Void) throws {
        let folder = "/tmp/suanpan-key-\(getpid())-\(UInt32.random(in: .min ... .max))"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body("\(folder)/keys/vault.key")
    }

    @Test("a key is made once, for its owner alone, and read again")
    func made() throws {
        try withPath { path in
            #expect(try KeyFile.load(path) == nil)
            let key = try KeyFile.loadOrCreate(path)
            #expect(key.count == 32)
            #expect(try KeyFile.loadOrCreate(path) == key)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let folder = (path as NSString).deletingLastPathComponent
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["vault.key"])
        }
    }

    @Test("a file that others may read, or that holds no key, is refused")
    func refused() throws {
        try withPath { path in
            _ = try KeyFile.loadOrCreate(path)
            chmod(path, 0o640)
            #expect(throws: KeyFileError.readable(path: path, mode: "640")) { try KeyFile.loadOrCreate(path) }
            chmod(path, 0o600)
            for (digit, count) in [("", 1), ("a", 3), ("0", 62), ("0", 66), ("g", 64)] {
                try String(repeating: digit, count: count).write(toFile: path, atomically: false, encoding: .utf8)
                #expect(throws: KeyFileError.malformed(path: path)) { try KeyFile.loadOrCreate(path) }
            }
        }
    }
}
