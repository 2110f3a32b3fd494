import ArgumentParser
import Client
import Foundation
import Persistence

/// `suanpan audit`: proves a record: a database, a bundle, or a server against a remembered checkpoint.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Prove the ledger and everything else of a record; names the first bad row and exits non-zero.",
        discussion: """
            Without --bundle and --url: the database. Every frame's hashes, every transfer against the journal, the tree, every \
            checkpoint and signature; then the journal is replayed and every projection compared.
            With --bundle: the same for a file that `suanpan export` wrote, without any database.
            With --url: a server's latest checkpoint, its key chain, and that it continues the one in --checkpoint.
            A record that was cut back or rewritten as a whole and signed anew shows only against a checkpoint kept outside.
            """)

    @OptionGroup var database: DatabaseOptions
    @Option(help: "A bundle, or the folder that holds it.")
    var bundle: String?
    @Option(help: "A server.")
    var url: String?
    @Option(help: "For --url: an auditor's API key; SUANPAN_API_KEY, then SUANPAN_OPERATOR_KEY where it is not given.")
    var key: String?
    @Option(help: "A file with a checkpoint that was remembered earlier; with --url it is made where there is none.")
    var checkpoint: String?
    @Flag(help: "Write the newest checkpoint to the file of --checkpoint when everything is sound.")
    var remember = false
    @Flag(help: "Prove the ledger only; do not replay the journal.")
    var proofsOnly = false

    func validate() throws {
        if bundle != nil, url != nil { throw ValidationError("--bundle and --url exclude each other") }
        if remember, checkpoint == nil { throw ValidationError("--remember needs --checkpoint") }
    }

    func run() async throws {
        let sound: Bool
        if let url {
            sound = try await auditServer(url)
        } else if let bundle {
            sound = try auditBundle(bundle)
        } else {
            sound = try auditDatabase()
        }
        if !sound { throw ExitCode.failure }
    }

    // MARK: Database and bundle

    private func auditDatabase() throws -> Bool {
        let remembered = try CheckpointFile.read(checkpoint)
        return try withDatabase(database) { target in
            var bar = AuditBar("proofs")
            let proof = try DatabaseProofAudit.run(target, remembered: remembered) { bar.show($0, $1) }
            bar.finish()
            print(AuditText.describe(proof, rowsOf: "the table"))
            guard proof.isSound else { return false }
            if proofsOnly { return try conclude(proof) }
            var second = AuditBar("replay")
            let began = ContinuousClock.now
            let report = try ProjectionAudit.run(target) { second.show($0, $1) }
            second.finish()
            print(AuditText.describe(report, ContinuousClock.now - began))
            return report.isSound ? try conclude(proof) : false
        }
    }

    private func auditBundle(_ path: String) throws -> Bool {
        var bar = AuditBar("bundle")
        let report = try BundleAudit.run(
            path, remembered: try CheckpointFile.read(checkpoint), replaying: !proofsOnly
        ) { bar.show($0, $1) }
        bar.finish()
        print(AuditText.describe(report, rowsOf: "the bundle"))
        if let state = report.stateHash {
            print("state        \(state), \(report.sales) trades held against fees and certified units")
            print(AuditText.lines(report.trialBalance).joined(separator: "\n"))
        }
        return report.isSound ? try conclude(report) : false
    }

    private func conclude(_ report: ProofReport) throws -> Bool {
        print("sound        everything is what the journal says")
        if report.rememberedConfirmed == 0 {
            print("note         a record replaced as a whole shows only against a checkpoint kept outside: --checkpoint FILE")
        }
        if remember, let checkpoint, let note = report.latestNote { try CheckpointFile.write(note, to: checkpoint) }
        return true
    }

    // MARK: Server

    private func auditServer(_ url: String) async throws -> Bool {
        let environment = ProcessInfo.processInfo.environment
        guard let key = key ?? environment["SUANPAN_API_KEY"] ?? environment["SUANPAN_OPERATOR_KEY"] else {
            throw ValidationError("an API key is missing: --key or SUANPAN_API_KEY")
        }
        let isKnown = checkpoint.map { FileManager.default.fileExists(atPath: $0) } ?? false
        let remembered = isKnown ? try CheckpointFile.read(checkpoint).last : nil
        let client = try SuanpanClient(url: url, key: key)
        let claims = try await RemoteClaims.fetch(client, remembered: remembered)
        if let fault = RemoteAudit.fault(in: claims, remembered: remembered) {
            print("FAULT        \(fault)")
            return false
        }
        print("latest\n\(claims.latestNote)")
        if let remembered {
            print("sound        the server continues checkpoint \(remembered.checkpoint.number) of \(remembered.checkpoint.time)")
        } else {
            print("sound        signed by the server's own keys; nothing remembered to compare with")
        }
        if let checkpoint, remember || !isKnown {
            try CheckpointFile.write(claims.latestNote, to: checkpoint)
            print("remembered   \(checkpoint)")
        }
        return true
    }
}

extension RemoteClaims {
    /// Asks a server for what `RemoteAudit` compares.
    ///
    /// - Throws: what the client throws; `ValidationError` where an answer has not the API's form.
    package static func fetch(_ client: SuanpanClient, remembered: SignedCheckpoint?) async throws -> RemoteClaims {
        let keys = try await client.call("GET", "/v1/ledger/keys")[path: "data"]
        let latest = try await client.call("GET", "/v1/ledger/checkpoints/latest")
        guard case .array(let list)? = keys, let note = latest[path: "note"]?.string,
            case .integer(let size)? = latest[path: "tree_size"]
        else { throw ValidationError("the server's answers have not the form of docs/API.md") }
        var claims = RemoteClaims(keyStatements: list.compactMap { $0[path: "endorsement"]?.string }, latestNote: note)
        guard let old = remembered?.checkpoint else { return claims }
        let shown = try await client.call("GET", "/v1/ledger/checkpoints?limit=1&before=\(old.number + 1)")
        claims.noteOfRemembered = shown[path: "data.0.note"]?.string
        guard old.treeSize > 0, old.treeSize < size else { return claims }
        let answer = try await client.send("GET", "/v1/ledger/proofs/consistency?first=\(old.treeSize)&second=\(size)")
        if answer.status == 200, case .array(let path)? = try JSONValue(parsing: answer.body)[path: "path"] {
            claims.path = path.map { $0.string.flatMap(Self.bytes) ?? [] }
        }
        return claims
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

/// Checkpoints that are kept outside: notes in a text file, one after the other.
enum CheckpointFile {
    /// The checkpoints of a file; none without one.
    static func read(_ path: String?) throws -> [SignedCheckpoint] {
        guard let path else { return [] }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw ValidationError("\(path) cannot be read")
        }
        guard let signed = SignedCheckpoint(note: text) else { throw ValidationError("\(path) holds no checkpoint") }
        return [signed]
    }

    static func write(_ note: String, to path: String) throws {
        try Data(note.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// The progress of one pass.
struct AuditBar {
    private let label: String
    private var bar: ProgressBar?

    init(_ label: String) { self.label = label }

    mutating func show(_ done: Int64, _ total: Int64) {
        if bar == nil { bar = ProgressBar(label: label, total: Int(clamping: total)) }
        // A server may write on meanwhile.
        bar?.show(done: Int(clamping: min(done, max(total, 1))), note: "")
    }

    func finish() { bar?.finish() }
}

extension Duration {
    /// As a number of seconds, for rates.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
