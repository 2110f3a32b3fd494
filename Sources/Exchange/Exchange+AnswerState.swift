import Matching
import Quantities
import Registry

/// Times at which something may fall due, and the answers kept for idempotent repeats.
extension IdempotencyLog.Entry: Record {
    init() { self.init(time: Timestamp(), key: IdempotencyKey(), reply: .done) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("time", &time)
        coder.field("key", &key)
        coder.field("reply", &reply)
    }
}

extension Exchange {
    /// Reads the times at which orders may expire and deliveries may be settled; gates follow from the contracts.
    ///
    /// Entries are hints, but a hint that comes up makes a time command: those whose order left early are state too.
    func decodeDue(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        try due.decodeState(from: &decoder, contracts: Int32(contracts.count), resources: Int64(resourceFacts.count))
    }

    /// By participant the live answers, oldest first. When what is older is forgotten is not state.
    func encodeAnswers(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        let limit = time.advanced(hours: -24)
        encoder.append(UInt32(idempotency.count))
        for log in idempotency {
            let live = log.entries.drop { $0.time <= limit }
            encoder.append(UInt32(live.count))
            for entry in live {
                encoder.append(entry)
                Self.spillIfLarge(&encoder, spill)
            }
        }
    }

    func decodeAnswers(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let logs = try decoder.read(UInt32.self)
        guard Int(logs) <= participants.participants.count else { throw decoder.damaged("answers to nobody") }
        let limit = time.advanced(hours: -24)
        for _ in 0..<logs {
            var log = IdempotencyLog()
            var previous = limit
            for _ in 0..<(try decoder.read(UInt32.self)) {
                let entry = try decoder.read(IdempotencyLog.Entry.self)
                guard entry.time > limit, entry.time >= previous, entry.time <= time, log.entry(for: entry.key) == nil,
                    !log.isFull
                else { throw decoder.damaged("an answer that cannot be") }
                previous = entry.time
                log.append(entry)
            }
            idempotency.append(log)
        }
    }
}
