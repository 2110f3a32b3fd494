import ArgumentParser
import Cryptography
import Foundation
import Persistence

/// `suanpan export`: the record as one file for auditors and strangers.
struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the record to one file that `suanpan audit --bundle` and strangers can verify.")

    @OptionGroup var database: DatabaseOptions
    @Option(help: "The file; a folder gets ledger.bundle.")
    var to: String

    func run() async throws {
        try withDatabase(database) { target in
            let report = try BundleWriter.export(target, to: to)
            print(
                "exported \(Bundle.file(at: to)): \(report.frames) frames, \(report.transfers) transfers, "
                    + "\(report.checkpoints) checkpoints, \(report.bytes) bytes")
        }
    }
}

/// `suanpan rotate-ledger-key`: a new key signs from now on, and the old one says so.
struct RotateLedgerKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-ledger-key",
        abstract: "Let a new key sign the ledger's checkpoints; the old one signs that it follows.",
        discussion: """
            A server that runs on the same data directory takes the new key at its next checkpoint. Where keys come from the \
            environment, SUANPAN_NEXT_LEDGER_KEY names the new one (64 hexadecimal digits), and the server is started with it.
            """)

    @OptionGroup var database: DatabaseOptions

    func run() async throws {
        let store = LedgerKeyStore(
            dataDirectory: database.dataDir, seed: try LedgerKeyEnvironment.seed("SUANPAN_LEDGER_KEY"))
        let next = try LedgerKeyEnvironment.seed("SUANPAN_NEXT_LEDGER_KEY")
        try withDatabase(database) { target in
            let (old, new) = try LedgerKeyRotation.rotate(target, store, next: next)
            print("key \(new.number)  \(new.key)")
            print("signs from checkpoint \(new.firstCheckpoint) on; key \(old.number), \(old.key.identifier), says so:")
            print(new.statement, terminator: "")
        }
    }
}

/// Seeds of signing keys in the environment.
enum LedgerKeyEnvironment {
    /// The seed that a variable holds, 64 hexadecimal digits; nil where it is not set.
    static func seed(_ name: String) throws -> [UInt8]? {
        guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else { return nil }
        guard let bytes = Hexadecimal.bytes(text), bytes.count == 32 else {
            throw ValidationError("\(name) must be 64 hexadecimal digits")
        }
        return bytes
    }
}
