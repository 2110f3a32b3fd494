import Exchange
import Foundation
import Ledger
import Logging
import Postgres
import Quantities
import Sequencer

/// Measures the ledger's tree as production runs it: a synthetic journal, the production follower, tiles, proofs and audit.
package struct ProofBench {
    private let target: ConnectionString
    private let folder: String
    private var lastTransfer: Int64 = 0

    private static let transfersOfFrame: Int64 = 1_000

    /// What `audit` measured.
    package struct AuditFigures {
        package var transfers: Int64 = 0
        package var hashing: Duration = .zero
        package var following: Duration = .zero
        package var database: Duration = .zero
        package var bundle: Duration = .zero
    }

    /// What `prove` measured; seconds of each proof.
    package struct ProofFigures {
        package var leaves: Int64 = 0
        package var growing: Duration = .zero
        package var inclusion: [Double] = []
        package var consistency: [Double] = []
    }

    /// - Parameter target: An empty database; anything else is refused.
    package init(_ target: ConnectionString, folder: String) throws {
        self.target = target
        self.folder = folder
        let connection = try Connection(to: target)
        try Migrator.migrate(connection)
        guard try JournalReading.head(connection).sequence == 0 else {
            throw ProofFault("the bench needs an empty database")
        }
    }

    /// The events of the next frame: transfers only, numbered on.
    private mutating func nextEvents(_ sequence: Int64) -> [UInt8] {
        var encoder = BinaryEncoder()
        for _ in 0..<Self.transfersOfFrame {
            lastTransfer += 1
            let transfer = Transfer(
                id: TransferID(lastTransfer), entrySet: EntrySetID(sequence), debit: AccountID(lastTransfer % 997 + 1),
                credit: AccountID(lastTransfer % 991 + 1_000), asset: Currency(unchecked: "USD"), amount: Micros(lastTransfer),
                kind: .notional, cause: Cause(.trade, lastTransfer))
            encoder.append(RecordedEvent(sequence: sequence, time: Timestamp(sequence), event: .transfer(transfer)))
        }
        return encoder.bytes
    }

    /// Journals transfers, follows them, projects them, audits them from the database and from a bundle.
    package mutating func audit(transfers: Int64) throws -> AuditFigures {
        let clock = ContinuousClock()
        var figures = AuditFigures()
        let journal = try PostgresJournal(
            target, PostgresJournal.Settings(holder: "bench"), logger: Logger(label: "suanpan.bench"))
        let hasher = TreeHasher()
        var tree = TileTree()
        var sequence: Int64 = 0
        while lastTransfer < transfers {
            sequence += 1
            let events = nextEvents(sequence)
            let began = clock.now
            try TreeStore.grow(&tree, by: events, hasher)
            figures.hashing += clock.now - began
            tree.removeFilled()
            try journal.append(
                Frame(
                    firstSequence: sequence, lastSequence: sequence, rulesVersion: Exchange.rulesVersion,
                    time: Timestamp(sequence), commands: [1], results: [], events: events))
        }
        journal.close()
        figures.transfers = lastTransfer
        figures.following = try clock.measure { try LedgerProver.rebuild(target) }
        try Projector.rebuild(target)
        try LedgerProver.confirmKey(LedgerKeyStore(dataDirectory: folder), try Connection(to: target))
        let database = try DatabaseProofAudit.run(target)
        figures.database = database.duration
        let path = "\(folder)/bench.bundle"
        _ = try BundleWriter.export(target, to: path)
        let bundle = try BundleAudit.run(path, replaying: false)
        figures.bundle = bundle.duration
        if let fault = database.fault ?? bundle.fault { throw ProofFault(fault) }
        return figures
    }

    /// Grows the tree through the tile writer, then makes proofs of random transfers and sizes, each anew from the database.
    package mutating func prove(leaves: Int64, proofs: Int) throws -> ProofFigures {
        let clock = ContinuousClock()
        var figures = ProofFigures()
        let connection = try Connection(to: target)
        let hasher = TreeHasher()
        var (position, tree) = try TreeStore.load(connection)
        let first = tree.size
        while lastTransfer < leaves {
            var end = position
            let began = clock.now
            var making: Duration = .zero
            for _ in 0..<10 {
                end.sequence += 1
                let start = clock.now
                let events = nextEvents(end.sequence)
                making += clock.now - start
                try TreeStore.grow(&tree, by: events, hasher)
            }
            _ = try TreeStore.write(tree, from: position, to: end, connection, sign: nil)
            tree.removeFilled()
            position = end
            figures.growing += clock.now - began - making
        }
        figures.leaves = tree.size - first
        for _ in 0..<proofs {
            let size = Int64.random(in: 2...tree.size)
            let leaf = Int64.random(in: 0..<size)
            let old = Int64.random(in: 1...size)
            figures.inclusion.append(
                try Self.seconds(clock) {
                    var reader = ProofReader(connection)
                    try reader.open()
                    return try reader.inclusion(leaf: leaf, size: size) != nil
                })
            figures.consistency.append(
                try Self.seconds(clock) {
                    var reader = ProofReader(connection)
                    try reader.open()
                    return try reader.consistency(first: old, second: size) != nil
                })
        }
        return figures
    }

    private static func seconds(_ clock: ContinuousClock, _ body: () throws -> Bool) throws -> Double {
        var isThere = false
        let duration = try clock.measure { isThere = try body() }
        guard isThere else { throw ProofFault("a proof of a transfer that is there was not found") }
        return Double(duration.components.attoseconds) / 1e18 + Double(duration.components.seconds)
    }
}
