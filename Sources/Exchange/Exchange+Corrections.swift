import Ledger
import Quantities
import Registry
import Settlement

/// Corrections of settled deliveries: compensating entries, as far as there is money for them.
extension Exchange {
    /// One party of a correction; nil is the exchange's fee revenue.
    private struct Party {
        var id: ParticipantID?
        /// What it is due beyond what it has; negative, what it has too much.
        var due: Int64 = 0
        var posted: Int64 = 0
    }

    /// An operator says what should have counted. Who has too much gives it back out of its available cash, the fee revenue fills what
    /// is missing, and the rest is recorded.
    func correct(_ request: CorrectDelivery, _ issuer: ParticipantID) throws(Refusal) -> CorrectionView {
        _ = try actor(issuer, .operator)
        try request.body.check()
        let hours = SettlementSchedule.correctionHours
        let index = try position(of: request.delivery, orArchived: "corrections of it ended \(hours) hours after its settlement")
        let delivery = deliveries[index].delivery
        guard delivery.isSettled, let settledAt = delivery.settledAt, let outcome = delivery.outcome else {
            throw Refusal(.conflict, "the delivery is not settled")
        }
        let end = settledAt.advanced(hours: SettlementSchedule.correctionHours)
        guard now < end else { throw Refusal(.conflict, "corrections of it ended at \(end)") }
        let seconds = request.body.deliveredDeviceSeconds
        guard seconds <= delivery.lot.deviceSeconds else {
            throw .invalid("delivered_device_seconds", "the delivery has \(delivery.lot.deviceSeconds) device-seconds")
        }
        guard !cases.references.contains(request.body.reference) else {
            throw Refusal(.conflict, "a correction with this reference was made before", field: "reference")
        }
        var corrected = delivery
        corrected.determine(seconds, fault: request.body.fault)
        if request.body.fault == nil { corrected.blameLateHandover() }
        guard corrected.outcome != outcome || corrected.fault != delivery.fault || seconds != delivery.deliveredDeviceSeconds ?? 0 else {
            throw Refusal(.conflict, "that is what counted already", field: "delivered_device_seconds")
        }

        var parties = differences(from: delivery, to: corrected)
        let unposted = post(&parties, of: delivery)
        var view = CorrectionView()
        view.id = CorrectionID(Int64(cases.corrections.count) + 1)
        view.deliveryID = delivery.id
        view.contract = delivery.contract
        view.providerID = delivery.lot.provider
        view.holderID = delivery.lot.holder
        view.reference = request.body.reference
        view.reason = request.body.reason
        view.correctedBy = issuer
        view.createdAt = now
        view.fromDeviceSeconds = delivery.deliveredDeviceSeconds ?? 0
        view.fromOutcome = outcome
        view.fromFault = delivery.fault ?? .usual(outcome)
        view.toDeviceSeconds = seconds
        view.toOutcome = corrected.outcome ?? outcome
        view.toFault = corrected.fault ?? .nobody
        view.currency = currency(of: delivery.contract.product)
        view.entries = parties.filter { $0.due != 0 || $0.posted != 0 }.map {
            CorrectionEntryView(participantID: $0.id, due: Micros($0.due), posted: Micros($0.posted))
        }
        view.unposted = Micros(unposted)
        cases.references.insert(request.body.reference)
        cases.corrections.append(view)
        corrected.corrections += 1
        deliveries[index].delivery = corrected
        noteReliability(of: delivery, sign: -1)
        noteReliability(of: corrected)
        let difference = corrected.countedDeviceSeconds - delivery.countedDeviceSeconds
        noteDelivered(difference, of: delivery.contract.hour, holder: delivery.lot.holder, provider: delivery.lot.provider)
        reviseSale(of: delivery.lot, by: difference, in: deliveries[index].contract, reason: request.body.reason)
        emit(.correction(view))
        emitDelivery(deliveries[index].delivery)
        return view
    }

    /// What each party is due beyond what it got: by the settlement, and by every correction before.
    private func differences(from delivery: Delivery, to corrected: Delivery) -> [Party] {
        var parties: [Party] = []
        func add(_ amount: Int64, to id: ParticipantID?) {
            if let position = parties.firstIndex(where: { $0.id == id }) {
                parties[position].due += amount
            } else {
                parties.append(Party(id: id, due: amount))
            }
        }
        for payment in payments(of: corrected) { add(payment.amount.rawValue, to: payment.to) }
        var settled = delivery
        var earlier: [CorrectionView] = []
        if delivery.corrections > 0 { earlier = cases.corrections.filter { $0.deliveryID == delivery.id } }
        if let first = earlier.first {
            settled.deliveredDeviceSeconds = first.fromDeviceSeconds
            settled.outcome = first.fromOutcome
            settled.fault = first.fromFault
        }
        for payment in payments(of: settled) { add(-payment.amount.rawValue, to: payment.to) }
        for correction in earlier {
            for entry in correction.entries { add(-entry.posted.rawValue, to: entry.participantID) }
        }
        return parties
    }

    private func payments(of delivery: Delivery) -> [Payment] {
        let outcome = delivery.outcome ?? .unverified
        return delivery.lot.payments(
            delivered: delivery.deliveredDeviceSeconds ?? 0, outcome: outcome, fault: delivery.fault ?? .usual(outcome))
    }

    /// Moves what can be moved; answers how much of what is due to somebody stays unposted.
    private func post(_ parties: inout [Party], of delivery: Delivery) -> Int64 {
        let asset = asset(of: delivery.contract.product)
        let cause = Cause.correction(delivery.id)
        // Participants before the exchange, in the order in which the settlement names them.
        let order = parties.indices.filter { parties[$0].id != nil } + parties.indices.filter { parties[$0].id == nil }
        for loser in order where parties[loser].due < 0 {
            let left: Int128
            if let id = parties[loser].id {
                left = Int128(available(id, asset).rawValue)
            } else {
                left = ledger.balance(of: feeAccount(asset))
            }
            var give = Int64(clamping: min(Int128(-parties[loser].due), max(left, 0)))
            for gainer in order where give > 0 && parties[gainer].due > parties[gainer].posted && parties[gainer].due > 0 {
                let amount = min(give, parties[gainer].due - parties[gainer].posted)
                post(.correction, from: account(parties[loser].id, asset), to: account(parties[gainer].id, asset), Micros(amount), cause: cause)
                parties[loser].posted -= amount
                parties[gainer].posted += amount
                give -= amount
            }
        }
        // What the losers could not give comes out of the fee revenue, as far as that goes.
        var unposted: Int64 = 0
        for gainer in order where parties[gainer].due > parties[gainer].posted && parties[gainer].due > 0 {
            var missing = parties[gainer].due - parties[gainer].posted
            if let id = parties[gainer].id {
                let amount = Int64(clamping: min(Int128(missing), max(ledger.balance(of: feeAccount(asset)), 0)))
                if amount > 0 {
                    post(.correction, from: feeAccount(asset), to: cashAccount(of: id, in: asset), Micros(amount), cause: cause)
                    parties[gainer].posted += amount
                    missing -= amount
                    let revenue = parties.firstIndex { $0.id == nil }
                    if let revenue { parties[revenue].posted -= amount } else { parties.append(Party(id: nil, due: 0, posted: -amount)) }
                }
            }
            unposted += missing
        }
        return unposted
    }

    private func account(_ id: ParticipantID?, _ asset: AssetIndex) -> AccountID {
        id.map { cashAccount(of: $0, in: asset) } ?? feeAccount(asset)
    }

    // MARK: Reads

    package func correction(_ id: CorrectionID) -> CorrectionView? {
        let position = Int(clamping: id.rawValue) &- 1
        return cases.corrections.indices.contains(position) ? cases.corrections[position] : nil
    }

    /// Corrections: all, or those of what a participant holds, provides or got money from; of one delivery where it is named.
    package func corrections(
        of participant: ParticipantID?, delivery: DeliveryID?, after: CorrectionID, limit: Int
    ) -> [CorrectionView] {
        page(cases.corrections, after: after.rawValue, limit: limit) { correction in
            if let delivery, correction.deliveryID != delivery { return false }
            guard let participant else { return true }
            return correction.holderID == participant || correction.providerID == participant
                || correction.entries.contains { $0.participantID == participant }
        }
    }
}
