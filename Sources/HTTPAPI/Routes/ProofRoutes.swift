import Exchange
import Ledger
import Quantities
import Sequencer

/// Checkpoints of the ledger's tree and proofs against them. Overseers get proofs of every transfer, participants of their own.
enum ProofRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/ledger/checkpoints/latest", .participants, latest),
        Route(.get, "/v1/ledger/checkpoints", .participants, query: Page.parameters + ["before"], checkpoints),
        Route(.get, "/v1/ledger/proofs/inclusion", .participants, query: ["transfer", "tree_size"], inclusion),
        Route(.get, "/v1/ledger/proofs/consistency", .participants, query: ["first", "second"], consistency),
        Route(.get, "/v1/ledger/keys", .participants, query: Page.parameters, keys),
    ]

    /// Figures of the signed tree for `GET /metrics`.
    static func samples(_ figures: LedgerFigures) -> [MetricSample] {
        [
            MetricSample("suanpan_ledger_tree_transfers", .gauge, figures.treeSize, help: "Transfers in the ledger's tree."),
            MetricSample("suanpan_ledger_checkpoints_total", .counter, figures.checkpoints, help: "Checkpoints signed."),
            MetricSample(
                "suanpan_ledger_signed_sequence", .gauge, figures.signedSequence, help: "The last command that a checkpoint covers."),
            MetricSample(
                "suanpan_ledger_unsigned_commands", .gauge, figures.unsigned, help: "Committed commands without a checkpoint."),
            MetricSample(
                "suanpan_ledger_stopped", .gauge, figures.isStopped ? 1 : 0, help: "Whether nothing can be signed; see the log."),
        ]
    }

    @Sendable static func latest(_ call: Call) async throws(Problem) -> Answer {
        let found = try await call.archive { (archive, _) async throws(HistoryError) in try await archive.latestCheckpoint() }
        guard let found else { throw .notFound("checkpoint") }
        return call.json(found)
    }

    /// The newest first; `before` is the number of a checkpoint.
    @Sendable static func checkpoints(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let before = page.cursor == nil ? try call.query.count("before", least: 1) : try page.number()
        let found = try await call.archive { (archive, _) async throws(HistoryError) in
            try await archive.checkpoints(before: before, limit: page.limit + 1)
        }
        return call.list(found, limit: page.limit) { String($0.number) }
    }

    @Sendable static func inclusion(_ call: Call) async throws(Problem) -> Answer {
        guard let transfer = call.query.identifier("transfer", TransferID.self) else {
            throw .invalid("transfer", "transfer is missing")
        }
        let size = try call.query.count("tree_size", least: 1)
        let participant = call.caller.seesEverything ? nil : call.caller.participant
        let found = try await call.archive { (archive, sequence) async throws(HistoryError) in
            try await archive.inclusion(of: transfer, size: size, participant: participant, including: sequence)
        }
        guard let found else { throw .notFound("transfer in a tree of that size") }
        return call.json(found)
    }

    @Sendable static func consistency(_ call: Call) async throws(Problem) -> Answer {
        guard let first = try call.query.count("first", least: 1) else { throw .invalid("first", "first is missing") }
        let second = try call.query.count("second", least: 1)
        if let second, second < first { throw .invalid("second", "second must not be below first") }
        let found = try await call.archive { (archive, _) async throws(HistoryError) in
            try await archive.consistency(first: first, second: second)
        }
        guard let found else { throw .notFound("tree of that size") }
        return call.json(found)
    }

    @Sendable static func keys(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.number()
        let found = try await call.archive { (archive, _) async throws(HistoryError) in try await archive.keys() }
        return call.list(found.filter { $0.number > after }, limit: page.limit) { String($0.number) }
    }
}
