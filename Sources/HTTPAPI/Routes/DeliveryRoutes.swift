import Cryptography
import Exchange
import Quantities
import Sequencer

/// Deliveries, and the meters' reports on them.
enum DeliveryRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/deliveries", .participants, query: Page.parameters + ["contract", "participant_id"], list),
        Route(.get, "/v1/deliveries/{id}", .participants, get),
        Route(.post, "/v1/meter_reports", .roles(.meter), body: MeterReportSpec.self, report),
        Route(.post, "/v1/meter_reports/batch", .roles(.meter), body: MeterReportBatch.self, reportBatch),
    ]

    /// `POST /v1/meter_reports/batch`.
    struct MeterReportBatch: Record {
        var reports: [MeterReportSpec] = []
        init() {}
        mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("reports", &reports) }
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(DeliveryID.self)
        let participant = try call.listed()
        let contract = call.query["contract"].map { call.products.contract(symbol: $0) }
        if contract == ContractKey() { throw Problem(.unknownContract, "there is no such contract", field: "contract") }
        var found: [DeliveryView] = []
        var next: DeliveryID? = after
        var isPartInRecord = false
        while let start = next, found.count <= page.limit {
            let limit = page.limit + 1 - found.count
            let (more, rest, isInRecord) = try await call.query { exchange in
                let (more, rest) = exchange.deliveries(
                    of: participant, contract: contract, after: start, limit: limit, looking: Self.lookedAtOnce)
                if let contract { return (more, rest, exchange.archivedDeliveries(of: contract) > 0) }
                let end = rest ?? (more.count == limit ? more.last?.id : nil) ?? exchange.lastDelivery
                return (more, rest, exchange.hasArchived(after: start, through: end))
            }
            found += more
            next = rest
            isPartInRecord = isPartInRecord || isInRecord
        }
        if isPartInRecord {
            let known = Set(found.map(\.id))
            let wanted = ArchivedDeliveryQuery.page(participant: participant, contract: contract, after: after, limit: page.limit + 1)
            let archived = try await call.archived(wanted)
            found += try await call.views(archived.filter { !known.contains($0.id) })
            found.sort { $0.id < $1.id }
        }
        return call.list(Array(found.prefix(page.limit + 1)), limit: page.limit) { String($0.id.rawValue) }
    }

    /// Deliveries that one question to the exchange looks at: well below a millisecond.
    private static let lookedAtOnce = 10_000

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let id = call.id(DeliveryID.self)
        var (found, isArchived) = try await call.query { ($0.delivery(id), $0.isArchived(id)) }
        if isArchived {
            found = try await call.views(call.archived(.numbers([id]))).first
            guard found != nil else { throw Call.unsound }
        }
        guard let delivery = found,
            call.caller.seesEverything || delivery.holderID == call.caller.participant
                || delivery.providerID == call.caller.participant
        else { throw .notFound("delivery") }
        return call.json(delivery)
    }

    @Sendable static func report(_ call: Call) async throws(Problem) -> Answer {
        let spec = try call.read(MeterReportSpec.self)
        try call.check { () throws(Refusal) in try spec.check() }
        return try await call.perform(.reportMeter(try sealed(spec, call, 0)), status: 201)
    }

    /// Reports out of bounds are refused one by one, in their places of the answer.
    @Sendable static func reportBatch(_ call: Call) async throws(Problem) -> Answer {
        let batch = try call.read(MeterReportBatch.self)
        guard let body = call.body, let array = body.member("reports", of: 0) else {
            preconditionFailure("a batch that was read has its array")
        }
        var reports: [ReportMeter] = []
        reports.reserveCapacity(batch.reports.count)
        for (spec, node) in zip(batch.reports, body.elements(of: array)) {
            reports.append(try sealed(spec, call, node))
        }
        let command = ReportMeters(reports)
        try call.check { () throws(Refusal) in try command.check() }
        return try await call.perform(.reportMeters(command))
    }

    /// A report with the SHA-256 of its body without signature in canonical JSON, and with the meter's key that signed the same text.
    private static func sealed(_ spec: MeterReportSpec, _ call: Call, _ node: Int) throws(Problem) -> ReportMeter {
        guard let body = call.body, let text = CanonicalJSON.text(of: body, node: node, leavingOut: "signature") else {
            throw Problem(.invalidRequest, "a report's numbers must be whole and below 2^53, so that everybody hashes the same text")
        }
        var report = ReportMeter(report: spec, hash: Hexadecimal.text(SHA256Digest.of(text)))
        if let signature = spec.signature.flatMap({ SigningText.bytes($0, count: 64) }) {
            report.signingKey = call.services.directory.signer(of: text, signature: signature, by: call.caller.participant)
        }
        return report
    }
}
