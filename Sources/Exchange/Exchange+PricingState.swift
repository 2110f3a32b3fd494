import Matching
import Pricing
import Quantities
import Registry

/// What moves a band, as the state's canonical form has it; the band itself follows from it.
private struct HourPricesState: FieldValue {
    var reference = Price()
    var target = Price()
    var notional: Int128 = 0
    var quantity: Int64 = 0

    init() {}
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        reference.code(&coder)
        target.code(&coder)
        coder.integer(&notional)
        coder.integer(&quantity)
    }
}

extension DueQueue.Resumption: FieldValue {
    init() { self.init(time: Timestamp(), contract: -1) }
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        time.code(&coder)
        coder.integer(&contract)
    }
}

extension DueQueue.FeeStart: FieldValue {
    init() { self.init(time: Timestamp(), product: .none) }
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        time.code(&coder)
        product.code(&coder)
    }
}

extension Exchange {
    /// When the day ends, each product's 24 bands, fee versions, what was delivered lately, interruptions.
    func encodePricing(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        nextMidnight.code(&encoder)
        for index in 0..<hourPrices.count {
            var state = HourPricesState()
            state.reference = hourPrices[index].reference
            state.target = hourPrices[index].target
            state.notional = hourPrices[index].notional
            state.quantity = hourPrices[index].quantity
            encoder.append(state)
            Self.spillIfLarge(&encoder, spill)
        }
        for versions in feeVersions { Self.encode(versions, into: &encoder, spill) }
        Self.encode(delivered, into: &encoder, spill)
        for index in 0..<contracts.count {
            encoder.append(contracts[Int32(index)].interruptedUntil)
            Self.spillIfLarge(&encoder, spill)
        }
        due.encodeResumptions(into: &encoder)
        due.encodeFeeStarts(into: &encoder)
    }

    /// Reads what `encodePricing` wrote; products and contracts are known already.
    func decodePricing(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        nextMidnight = try decoder.read(Timestamp.self)
        guard nextMidnight.microseconds >= 0, nextMidnight.microseconds % Timestamp.microsecondsPerDay == 0,
            nextMidnight.microseconds <= Timestamp.limit.microseconds + Timestamp.microsecondsPerDay
        else { throw decoder.damaged("a midnight that is none") }
        let prices = Price(1)...Price.limit
        for index in 0..<hourPrices.count {
            let state = try decoder.read(HourPricesState.self)
            guard prices.contains(state.reference), prices.contains(state.target), (0...1_000_000_000_000_000).contains(state.quantity), state.notional >= 0,
                state.notional <= Int128(state.quantity) * Int128(Price.limit.rawValue)
            else { throw decoder.damaged("a band that cannot be") }
            var restored = HourPrices(reference: state.reference, target: state.target, productFacts[index / 24])
            restored.notional = state.notional
            restored.quantity = state.quantity
            hourPrices[index] = restored
        }
        for index in feeVersions.indices {
            var earliest = Timestamp()
            feeVersions[index] = try Self.decode(FeeVersion.self, from: &decoder, "a fee schedule") { version, position in
                defer { earliest = version.effectiveFrom }
                return version.product == ProductID(UInt32(index)) && Int(version.version) == position + 2
                    && version.effectiveFrom >= earliest && version.effectiveFrom < .limit && (try? FeeVersion.check(version.tiers)) != nil
            }
            guard feeVersions[index].count <= Self.feeVersionLimit else { throw decoder.damaged("more fee schedules than there may be") }
            refreshFees(ProductID(UInt32(index)))
        }
        var known: Int64 = 0
        delivered = try Self.decode(DeliveredDays.self, from: &decoder, "what was delivered") { days, _ in
            defer { known = days.participant }
            return days.participant > known && isKnown(ParticipantID(days.participant)) && days.counted >= 0
                && days.days.allSatisfy { $0.deviceSeconds >= 0 }
                && zip(days.days, days.days.dropFirst()).allSatisfy { $0.day < $1.day }
        }
        for index in 0..<Int32(contracts.count) {
            let end = try decoder.read(Timestamp.self)
            guard (Timestamp()...Timestamp.limit).contains(end) else { throw decoder.damaged("an interruption that cannot be") }
            contracts[index].interruptedUntil = end
        }
        try due.decodeResumptions(from: &decoder, contracts: Int32(contracts.count))
        for index in 0..<Int32(contracts.count) where contracts[index].interruptedUntil != Timestamp() {
            guard due.hasResumption(DueQueue.Resumption(time: contracts[index].interruptedUntil, contract: index)) else {
                throw decoder.damaged("an interruption that nothing ends")
            }
        }
        try due.decodeFeeStarts(from: &decoder, products: productFacts.count)
        for versions in feeVersions {
            for version in versions where version.effectiveFrom > time {
                guard due.hasFeeStart(DueQueue.FeeStart(time: version.effectiveFrom, product: version.product)) else {
                    throw decoder.damaged("a fee schedule that nothing begins")
                }
            }
        }
    }
}
