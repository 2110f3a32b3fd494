import Quantities
import Registry
import Settlement

extension Exchange {
    /// Works on a resource's metered hours, making its meter's state at the first use.
    func meterHours(of id: ResourceID, _ body: (inout HourTable<MeteredHour>) -> Void) {
        let index = Int(id.rawValue) - 1
        while meters.count <= index { meters.append(MeterState()) }
        body(&meters[index].hours)
    }

    /// Makes a delivery its resource's to deliver, in the order of coming.
    func assign(_ id: DeliveryID) {
        let index = Int(id.rawValue) - 1
        let hour = deliveries[index].delivery.contract.hour
        let units = Int64(deliveries[index].delivery.lot.quantity)
        meterHours(of: deliveries[index].delivery.lot.resource) { hours in hours[hour].add(id, units) }
    }

    /// Takes a delivery that is not settled from its resource.
    func unassign(_ id: DeliveryID) {
        let delivery = deliveries[Int(id.rawValue) - 1].delivery
        meterHours(of: delivery.lot.resource) { hours in
            guard let position = hours[delivery.contract.hour].deliveries.firstIndex(of: id) else { return }
            hours[delivery.contract.hour].deliveries.remove(at: position)
            hours[delivery.contract.hour].units -= Int64(delivery.lot.quantity)
            hours[delivery.contract.hour].kept -= 1
        }
    }

    func reportMeters(_ batch: ReportMeters, _ issuer: ParticipantID) throws(Refusal) -> Reply {
        _ = try actor(issuer, .meter)
        try batch.check()
        var results: [MeterBatchResult] = []
        results.reserveCapacity(batch.reports.count)
        for report in batch.reports {
            var result = MeterBatchResult()
            do throws(Refusal) {
                result.hash = try reportMeter(report, issuer).hash
            } catch {
                result.error = error
            }
            results.append(result)
        }
        return .meterReports(results)
    }

    /// Takes a meter's report of one resource and hour, and says of every delivery in it what was delivered.
    func reportMeter(_ request: ReportMeter, _ issuer: ParticipantID) throws(Refusal) -> MeterReceipt {
        let meter = try actor(issuer, .meter)
        let report = request.report
        try report.check()
        guard resource(report.resourceID) != nil else {
            throw Refusal(.unknownResource, "there is no such resource", field: "resource_id")
        }
        guard resources.accepts(meter: meter, for: report.resourceID, in: report.hour, participants: participants) else {
            throw Refusal(.forbidden, "this meter may not report for this resource and hour", field: "resource_id")
        }
        let index = Int(report.resourceID.rawValue) - 1
        let known = meters.indices.contains(index)
        let metered = known ? meters[index].hours[report.hour] : MeteredHour()
        for id in metered.deliveries {
            guard let position = position(of: id), participants.areOne(issuer, deliveries[position].delivery.lot.holder) else { continue }
            throw Refusal(.forbidden, "a meter never reports for its own owner's hours", field: "resource_id")
        }
        try checkSignature(request, of: issuer)
        guard report.hour.end <= now else { throw Refusal(.conflict, "the hour has not ended", field: "hour") }
        try checkChain(report, known ? meters[index].chain : MeterReportState())
        try checkTurn(report, metered)
        let shares = try split(report, over: metered)

        meterHours(of: report.resourceID) { _ in }
        meters[index].chain.accept(sequence: report.sequence, hash: Bytes(Array(request.hash.utf8)))
        meters[index].hours[report.hour].sequence = report.sequence
        meters[index].hours[report.hour].deliveredDeviceSeconds = report.deliveredDeviceSeconds
        meters[index].hours[report.hour].energyKilowattHours = report.itEnergyKilowattHours
        noteEnergy(of: report.resourceID, in: report.hour, shares: shares)
        var contract: Int32?
        for (position, id) in metered.deliveries.enumerated() {
            note(shares[position], deliveredBy: id)
            // Once a contract, not once a delivery: all of them fall due together.
            let own = deliveries[Int(id.rawValue) - 1].contract
            guard contract != own else { continue }
            contract = own
            let time = schedule(of: contracts[own].key).due(reportedAt: now)
            due.add(DueQueue.Deadline(time: time, contract: own, resource: report.resourceID))
        }

        var receipt = MeterReceipt()
        receipt.hash = request.hash
        receipt.resourceID = report.resourceID
        receipt.hour = report.hour
        receipt.sequence = report.sequence
        receipt.deliveredDeviceSeconds = report.deliveredDeviceSeconds
        receipt.replaces = report.replaces
        receipt.signingKeyID = request.signingKey
        emit(.meterReport(receipt))
        return receipt
    }

    /// That an hour is reported once, and corrected by naming its report, as long as nothing of it is settled and its grace
    /// lasts.
    private func checkTurn(_ report: MeterReportSpec, _ metered: MeteredHour) throws(Refusal) {
        if let replaced = report.replaces {
            guard metered.sequence != 0, metered.sequence == replaced else {
                let said = metered.sequence == 0 ? "nothing was reported yet" : "report \(metered.sequence) stands"
                throw Refusal(.conflict, "about this hour \(said)", field: "replaces")
            }
        } else if metered.sequence != 0 {
            throw Refusal(.conflict, "report \(metered.sequence) was about this hour already", field: "hour")
        }
        guard !metered.isArchived else { throw Refusal(.conflict, "the hour is settled", field: "hour") }
        var graceEnd = report.hour.end.advanced(hours: Self.plainGraceHours)
        var contract: Int32?
        for (position, id) in metered.deliveries.enumerated() {
            // What is archived was settled.
            guard let known = self.position(of: id), !deliveries[known].delivery.isSettled else {
                throw Refusal(.conflict, "the hour is settled", field: "hour")
            }
            let own = deliveries[known].contract
            guard contract != own else { continue }
            contract = own
            let end = schedule(of: contracts[own].key).graceEnd
            graceEnd = position == 0 ? end : max(graceEnd, end)
        }
        guard now < graceEnd else { throw Refusal(.conflict, "the hour's grace ended at \(graceEnd)", field: "hour") }
    }

    /// How long an hour in which nothing was sold may be reported.
    private static let plainGraceHours: Int32 = 24

    private func checkChain(_ report: MeterReportSpec, _ chain: MeterReportState) throws(Refusal) {
        do throws(MeterReportState.Fault) {
            try chain.check(sequence: report.sequence, previousHash: report.previousHash.map { Bytes(Array($0.utf8)) })
        } catch {
            switch error {
            case .sequence(let expected):
                throw Refusal(.conflict, "the resource's next report has sequence \(expected)", field: "sequence")
            case .brokenChain:
                throw Refusal(.conflict, "previous_hash is not the hash of the resource's last report", field: "previous_hash")
            }
        }
    }

    /// Each delivery's share of a report, in delivery order.
    private func split(_ report: MeterReportSpec, over metered: MeteredHour) throws(Refusal) -> [Int64] {
        let quantities = metered.deliveries.map { deliveries[Int($0.rawValue) - 1].delivery.lot.quantity }
        let sold = quantities.reduce(Int64(0)) { $0 + Int64($1) * MeterSplit.secondsPerDevice }
        let most = quantities.isEmpty
            ? Int64(resources.certifiedUnits(report.resourceID, in: report.hour)) * MeterSplit.secondsPerDevice : sold
        guard report.deliveredDeviceSeconds <= most else {
            throw .invalid("delivered_device_seconds", "\(most) device-seconds are all that could be delivered")
        }
        guard let named = report.deliveries else {
            return MeterSplit.proportional(report.deliveredDeviceSeconds, quantities: quantities)
        }
        guard named.count == metered.deliveries.count else {
            throw .invalid("deliveries", "each of the hour's \(metered.deliveries.count) deliveries must be named once")
        }
        var secondsByDelivery: [DeliveryID: Int64] = [:]
        for share in named { secondsByDelivery[share.deliveryID] = share.deliveredDeviceSeconds }
        var shares: [Int64] = []
        for id in metered.deliveries {
            guard let seconds = secondsByDelivery[id] else {
                throw .invalid("deliveries", "each delivery of the hour must be named once: \(id)")
            }
            shares.append(seconds)
        }
        do throws(MeterSplit.Fault) {
            try MeterSplit.validate(shares, total: report.deliveredDeviceSeconds, quantities: quantities)
        } catch {
            throw .invalid("deliveries", "the shares must add up to the total, none above its delivery's time")
        }
        return shares
    }

    private func note(_ delivered: Int64, deliveredBy id: DeliveryID) {
        let index = Int(id.rawValue) - 1
        switch deliveries[index].delivery.status {
        // What an operator decided stands, whatever the meter says now.
        case .decided: deliveries[index].delivery.meteredDeviceSeconds = delivered
        case .disputed: deliveries[index].delivery.determine(delivered)
        default:
            deliveries[index].delivery.determine(delivered)
            deliveries[index].delivery.reportedAt = now
            deliveries[index].delivery.status = .reported
        }
        emitDelivery(deliveries[index].delivery)
    }
}
