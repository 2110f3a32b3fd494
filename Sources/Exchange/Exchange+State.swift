import Ledger
import Matching
import Quantities
import Registry
import Settlement

/// The whole state as bytes, and back.
///
///     encodeState ──► clock, counters ─ who and what ─ money ─ contracts ─ offers, bids, allocations
///     init(decoding:) ◄── open orders ─ closed orders ─ deliveries, meters, runs ─ due times ─ idempotent answers
///
/// Each part writes and reads itself in one file (`Exchange+OrderState.swift` …), where it can by one list of fields for
/// both. What only speeds things up (pool slots, indices, books' levels, facts beside the catalogue) is not written; it is made
/// anew while the rest is read.
extension Exchange {
    /// The form of what `encodeState` writes; raised with every change of it, so that hashes of one form are never held
    /// against those of another.
    package static let stateForm: Int32 = 8

    /// What of the state is written.
    package enum StateScope {
        case everything
        /// All but what the shell draws at random: hashes of keys and of sealed details, and the answers kept for idempotent
        /// repeats. The same script of requests gives the same bytes on every server.
        case market
    }

    /// Takes what the encoder holds and empties it: called from time to time while a large state is being written.
    package typealias StateSpill = (inout BinaryEncoder) -> Void

    /// Writes the whole state in its canonical order: the same history gives the same bytes on every machine, and the
    /// SHA-256 of them is the state's hash.
    ///
    /// - Parameter spill: takes the bytes in pieces of about `spillBytes`; the rest is in the encoder at the end.
    /// - Complexity: O(state).
    package func encodeState(
        into encoder: inout BinaryEncoder, _ scope: StateScope = .everything, spill: StateSpill = { _ in }
    ) {
        codeClock(&encoder)
        encodeParties(scope, into: &encoder, spill)
        encodeMoney(into: &encoder, spill)
        encodeContracts(into: &encoder, spill)
        encodeDeals(scope, into: &encoder, spill)
        encodeOpenOrders(into: &encoder, spill)
        encodeClosedOrders(into: &encoder, spill)
        encodeDeliveries(into: &encoder, spill)
        encodeEvidence(scope, into: &encoder, spill)
        encodeCases(scope, into: &encoder, spill)
        encodeReliability(into: &encoder)
        due.encodeState(into: &encoder)
        due.encodeArchivals(into: &encoder)
        encodeCancelTimers(into: &encoder)
        due.encodeBidExpiries(into: &encoder)
        encodeTradingRules(into: &encoder)
        encodePricing(into: &encoder, spill)
        if scope == .everything { encodeAnswers(into: &encoder, spill) }
    }

    /// The exchange whose `encodeState` wrote these bytes, which must fill the decoder; it goes on exactly as that one would.
    ///
    /// Bytes that may be damaged: every count, number and reference is checked before it is used, sums that stand twice (cash
    /// set aside, units on offer, escrow) are held against each other, and nothing read can trap.
    ///
    /// - Complexity: O(state), in memory of what is made of it.
    package convenience init(decoding decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        self.init()
        codeClock(&decoder)
        try confirmClock(&decoder)
        try decodeParties(from: &decoder)
        try decodeMoney(from: &decoder)
        try decodeContracts(from: &decoder)
        try decodeDeals(from: &decoder)
        try decodeOpenOrders(from: &decoder)
        try decodeClosedOrders(from: &decoder)
        try decodeDeliveries(from: &decoder)
        try decodeEvidence(from: &decoder)
        try decodeCases(from: &decoder)
        try decodeReliability(from: &decoder)
        try decodeDue(from: &decoder)
        try decodeArchivals(from: &decoder)
        try decodeCancelTimers(from: &decoder)
        try due.decodeBidExpiries(from: &decoder)
        try decodeTradingRules(from: &decoder)
        try confirmStandingBids(&decoder)
        try decodePricing(from: &decoder)
        try decodeAnswers(from: &decoder)
        guard decoder.isAtEnd else { throw decoder.damaged("bytes left over") }
        try confirmContracts(&decoder)
        markAllAsks()
    }

    /// Clock, market halt and counters.
    private func codeClock<C: FieldCoder>(_ coder: inout C) {
        coder.integer(&sequence)
        time.code(&coder)
        genesisTime.code(&coder)
        clockMode.code(&coder)
        coder.boolean(&marketHalted)
        coder.integer(&lastOrderID)
        coder.integer(&lastTradeID)
        coder.integer(&lastLotID)
    }

    private func confirmClock(_ decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        if let failure = decoder.failure { throw failure }
        guard sequence >= 0, time >= Timestamp(), time <= .limit, genesisTime <= time else {
            throw decoder.damaged("a clock that cannot be")
        }
        // No command accepts more orders than this: the bound keeps a damaged number from asking for all memory.
        guard lastOrderID >= 0, lastTradeID >= 0, lastLotID >= 0, lastOrderID / 10_000 <= sequence else {
            throw decoder.damaged("a counter out of range")
        }
        now = time
    }
}

// MARK: Lists

extension Exchange {
    /// About how many bytes the encoder gathers between two calls of `spill`.
    package static let spillBytes = 1 << 20

    /// Calls `spill` when enough was gathered.
    @inline(__always)
    static func spillIfLarge(_ encoder: inout BinaryEncoder, _ spill: StateSpill) {
        if encoder.bytes.count >= spillBytes { spill(&encoder) }
    }

    /// Writes how many elements there are, then each.
    static func encode<Elements: Collection>(
        _ elements: Elements, into encoder: inout BinaryEncoder, _ spill: StateSpill
    ) where Elements.Element: FieldValue {
        encoder.append(UInt32(elements.count))
        for element in elements {
            encoder.append(element)
            spillIfLarge(&encoder, spill)
        }
    }

    /// Reads what `encode` wrote; `isPossible` sees each element with its position.
    static func decode<Element: FieldValue>(
        _ type: Element.Type, from decoder: inout BinaryDecoder, _ what: String,
        where isPossible: (_ element: Element, _ position: Int) -> Bool
    ) throws(BinaryDecoder.Failure) -> [Element] {
        let count = try decoder.read(UInt32.self)
        var elements: [Element] = []
        elements.reserveCapacity(min(Int(count), decoder.bytesLeft / max(MemoryLayout<Element>.stride, 1) + 64))
        for position in 0..<Int(count) {
            let element = try decoder.read(type)
            guard isPossible(element, position) else { throw decoder.damaged("\(what) that cannot be") }
            elements.append(element)
        }
        return elements
    }

    /// Whether a number names a participant.
    func isKnown(_ id: ParticipantID) -> Bool { id.rawValue >= 1 && id.rawValue <= Int64(participants.participants.count) }
    /// Whether a number names a resource.
    func isKnown(_ id: ResourceID) -> Bool { id.rawValue >= 1 && id.rawValue <= Int64(resourceFacts.count) }
    /// Whether a number names a contract's state.
    func isKnown(contract: Int32) -> Bool { contract >= 0 && Int(contract) < contracts.count }
}
