import Exchange
import Ledger
import Persistence
import Postgres
import Quantities
import Sequencer
import Testing

@Suite("PostgresLedgerArchive")
struct LedgerArchiveTests {
    /// An archive over a published history; its projector has nothing to do.
    private static func withArchive(_ body: (PostgresLedgerArchive, Scene) async throws -> Void) async throws {
        let scene = try Scene()
        try scene.publish()
        let projector = Projector(scene.database, committed: 0, logger: Scene.logger)
        projector.start()
        let prover = LedgerProver(scene.database, keys: scene.ledgerKeys, committed: 0, logger: Scene.logger)
        prover.start()
        let archive = PostgresLedgerArchive(scene.database, projector: projector, prover: prover, readers: 2)
        try await body(archive, scene)
        archive.close()
        projector.stop(catchingUpFor: .seconds(1))
        prover.stop(catchingUpFor: .seconds(1))
    }

    @Test("inclusion proofs of any transfer in any tree verify, with the leaf that is documented")
    func inclusion() async throws {
        try await Self.withArchive { archive, _ in
            let total = Int64(SampleHistory.transfers.count)
            let wanted: [(Int64, Int64?)] = [
                (1, 1), (1, total), (total, total), (256, 256), (257, 300), (512, 512), (100, 513), (3, nil),
            ]
            for (transfer, size) in wanted {
                let found = try await archive.inclusion(of: TransferID(transfer), size: size, participant: nil, including: 0)
                let proof = try #require(found)
                #expect(proof.treeSize == size ?? total)
                #expect(proof.leaf.value == SampleHistory.transfers[Int(transfer) - 1].leaf)
                let root = try #require(MerkleDigest(proof.rootHash.value))
                #expect(root == SampleHistory.tree.root(size: Int(proof.treeSize)))
                #expect(
                    MerkleProof<TreeSHA256>.verifyInclusion(
                        leafHash: TreeSHA256.leaf(proof.leaf.value), index: Int(transfer) - 1, size: Int(proof.treeSize),
                        path: proof.path.compactMap { MerkleDigest($0.value) }, root: root))
            }
            let beyond = try await archive.inclusion(of: TransferID(5), size: total + 1, participant: nil, including: 0)
            let nobody = try await archive.inclusion(of: TransferID(total + 1), size: nil, participant: nil, including: 0)
            #expect(beyond == nil && nobody == nil)
        }
    }

    @Test("consistency proofs between any two sizes verify")
    func consistency() async throws {
        try await Self.withArchive { archive, _ in
            let total = Int64(SampleHistory.transfers.count)
            let wanted: [(Int64, Int64)] = [(1, total), (255, 256), (256, 257), (256, total), (300, 600), (total, total)]
            for (first, second) in wanted
            where second <= total {
                let found = try await archive.consistency(first: first, second: second)
                let proof = try #require(found)
                let (old, new) = (MerkleDigest(proof.firstRoot.value), MerkleDigest(proof.secondRoot.value))
                #expect(
                    MerkleProof<TreeSHA256>.verifyConsistency(
                        first: Int(first), second: Int(second), firstRoot: try #require(old), secondRoot: try #require(new),
                        path: proof.path.compactMap { MerkleDigest($0.value) }))
            }
            #expect(try await archive.consistency(first: 1, second: total + 1) == nil)
        }
    }

    @Test("a participant gets proofs of its own transfers only")
    func ownership() async throws {
        try await Self.withArchive { archive, scene in
            let row = try scene.connect().query(
                "SELECT t.id, a.participant FROM transfers t JOIN accounts a ON a.id = t.credit WHERE a.kind = 'cash' "
                    + "ORDER BY 1 LIMIT 1"
            ).onlyRow()
            let (transfer, owner) = (TransferID(try row.int64(0)), ParticipantID(try row.int64(1)))
            let other = ParticipantID(owner.rawValue + 10_000)
            #expect(try await archive.inclusion(of: transfer, size: nil, participant: owner, including: 0) != nil)
            #expect(try await archive.inclusion(of: transfer, size: nil, participant: other, including: 0) == nil)
        }
    }

    @Test("transfers are filtered by account, kind, cause and time, in the order of posting")
    func filters() async throws {
        try await Self.withArchive { archive, scene in
            let all = SampleHistory.transfers
            func ids(_ change: (inout TransferFilter) -> Void, after: Int64 = 0) async throws -> [Int64] {
                var filter = TransferFilter()
                change(&filter)
                return try await archive.transfers(filter, after: TransferID(after), limit: 100_000, including: 0)
                    .map(\.transfer.id.rawValue)
            }
            func expected(_ condition: (Transfer) -> Bool) -> [Int64] { all.filter(condition).map(\.id.rawValue) }
            #expect(try await ids { $0.kind = .notional } == expected { $0.kind == .notional })
            let account = all[10].debit
            #expect(try await ids { $0.account = account } == expected { $0.debit == account || $0.credit == account })
            let cause = all[all.count / 2].cause
            #expect(
                try await ids { $0.causeKind = cause.kind; $0.causeID = cause.id } == expected { $0.cause == cause })
            #expect(try await ids({ $0.kind = .bond }, after: 100) == expected { $0.kind == .bond && $0.id.rawValue > 100 })
            let times = try scene.connect().query("SELECT time_micros FROM transfers ORDER BY id").map { try $0.int64(0) }
            let (from, to) = (times[times.count / 3], times[times.count * 2 / 3])
            let inside = times.indices.filter { times[$0] >= from && times[$0] < to }.map { Int64($0) + 1 }
            #expect(try await ids { $0.from = Timestamp(from); $0.to = Timestamp(to) } == inside)
        }
    }

    @Test("balances at a sequence and at a time are the sums of the transfers until then")
    func pastBalances() async throws {
        try await Self.withArchive { archive, _ in
            let events = SampleHistory.events
            let middle = events[events.count / 2]
            for moment in [LedgerMoment.sequence(middle.sequence), .time(middle.time), .sequence(.max), .sequence(0)] {
                var sums: [AccountID: (debits: Int128, credits: Int128)] = [:]
                for recorded in events {
                    switch moment {
                    case .sequence(let sequence) where recorded.sequence > sequence: continue
                    case .time(let time) where recorded.time > time: continue
                    default: break
                    }
                    if case .account(let opened) = recorded.event { sums[opened.id] = (0, 0) }
                    guard case .transfer(let transfer) = recorded.event else { continue }
                    sums[transfer.debit]?.debits += Int128(transfer.amount.rawValue)
                    sums[transfer.credit]?.credits += Int128(transfer.amount.rawValue)
                }
                let found = try await archive.balances(
                    at: moment, account: nil, participant: nil, after: .none, limit: 100_000, including: 0)
                #expect(found.count == sums.count)
                for balance in found {
                    #expect(balance.debits == sums[balance.account.id]?.debits)
                    #expect(balance.credits == sums[balance.account.id]?.credits)
                }
            }
        }
    }
}
