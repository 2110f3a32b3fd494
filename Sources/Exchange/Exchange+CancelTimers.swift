import Quantities
import Registry

/// Dead-man switches: armed, refreshed, fired.
extension Exchange {
    /// Arms, refreshes or disarms the issuer's switch.
    func cancelAllAfter(_ request: CancelAllAfter, _ issuer: ParticipantID) throws(Refusal) -> CancelTimerView {
        try checkActor(issuer, .consumer, .provider)
        try request.check()
        let position = cancelTimers.firstIndex { $0.participant >= issuer } ?? cancelTimers.count
        let isKnown = position < cancelTimers.count && cancelTimers[position].participant == issuer
        guard request.seconds > 0 else {
            // The entry stays in the queue as a hint about nothing.
            if isKnown { cancelTimers.remove(at: position) }
            return CancelTimerView(now: now, cancelAt: nil)
        }
        if !isKnown { cancelTimers.insert(CancelTimer(participant: issuer), at: position) }
        let deadline = min(Timestamp(now.microseconds + Int64(request.seconds) * Timestamp.microsecondsPerSecond), Timestamp.limit)
        cancelTimers[position].deadline = deadline
        if cancelTimers[position].entry.map({ deadline < $0 }) ?? true {
            cancelTimers[position].entry = deadline
            due.add(DueQueue.Alarm(time: deadline, participant: issuer))
        }
        return CancelTimerView(now: now, cancelAt: deadline)
    }

    /// An entry of the due queue came up: the switch fires, waits on, or is not concerned.
    func sound(_ alarm: DueQueue.Alarm) {
        guard let position = cancelTimers.firstIndex(where: { $0.participant == alarm.participant }),
            cancelTimers[position].entry == alarm.time, let deadline = cancelTimers[position].deadline
        else { return }
        guard deadline <= alarm.time else {
            cancelTimers[position].entry = deadline
            due.add(DueQueue.Alarm(time: deadline, participant: alarm.participant))
            return
        }
        cancelTimers.remove(at: position)
        cancelAllOrders(of: alarm.participant, reason: .cancelAllAfter)
    }

    // MARK: State

    /// Writes the switches, and what waits for them in the due queue.
    func encodeCancelTimers(into encoder: inout BinaryEncoder) {
        encoder.append(cancelTimers)
        due.encodeAlarms(into: &encoder)
    }

    /// Reads what `encodeCancelTimers` wrote.
    func decodeCancelTimers(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        cancelTimers = try decoder.read([CancelTimer].self)
        try due.decodeAlarms(from: &decoder)
        guard zip(cancelTimers, cancelTimers.dropFirst()).allSatisfy({ $0.participant < $1.participant }) else {
            throw decoder.damaged("switches out of their order")
        }
        for timer in cancelTimers {
            guard isKnown(timer.participant), let deadline = timer.deadline, let entry = timer.entry, entry <= deadline,
                deadline <= .limit, due.hasAlarm(DueQueue.Alarm(time: entry, participant: timer.participant))
            else { throw decoder.damaged("a switch that cannot be") }
        }
    }
}
