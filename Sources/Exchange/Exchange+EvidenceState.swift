import Matching
import Quantities
import Registry

/// Certificates, attestation keys, nonces, terms and wipes as bytes.
extension Exchange {
    func encodeEvidence(_ scope: StateScope, into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        Self.encode(certificates.all, into: &encoder, spill)
        Self.encode(evidence.keys, into: &encoder, spill)
        // The shell draws the seeds.
        let seeds = evidence.seeds
        Self.encode(scope == .everything ? seeds : seeds.map { NonceSeed(sequence: $0.sequence, bytes: Bytes()) }, into: &encoder, spill)
        Self.encode(evidence.terms, into: &encoder, spill)
        Self.encode(evidence.wipes, into: &encoder, spill)
        Self.encode(evidence.wipeDue, into: &encoder, spill)
    }

    func decodeEvidence(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        try decodeCertificates(from: &decoder)
        evidence.keys = try Self.decode(AttestationKey.self, from: &decoder, "an attestation key") { key, position in
            key.id.rawValue == Int64(position) + 1
        }
        var previous: Int64 = 0
        evidence.seeds = try Self.decode(NonceSeed.self, from: &decoder, "a nonce's seed") { seed, _ in
            defer { previous = seed.sequence }
            return seed.sequence > previous && seed.sequence <= sequence && seed.bytes.value.count <= Self.entropySize
        }
        var bid = BidID.none
        evidence.terms = try Self.decode(SecurityTerms.self, from: &decoder, "a bid's terms") { terms, _ in
            defer { bid = terms.bid }
            return terms.bid > bid && terms.bid.rawValue <= Int64(bids.count)
        }
        evidence.wipes = try Self.decode(Wipe.self, from: &decoder, "a wipe") { wipe, position in
            wipe.id.rawValue == Int64(position) + 1 && isKnown(wipe.resourceID) && isKnown(wipe.recordedBy)
        }
        evidence.wipeDue = try Self.decode(Timestamp.self, from: &decoder, "a wipe that is due") { time, position in
            position < resourceFacts.count && time >= Timestamp() && time <= .limit
        }
        for state in deliveries {
            let seed = Int(state.evidence.seed)
            guard seed == -1 || evidence.seeds.indices.contains(seed), state.evidence.key.rawValue >= 0,
                state.evidence.key.rawValue <= Int64(evidence.keys.count)
            else { throw decoder.damaged("a delivery's evidence that cannot be") }
        }
    }

    /// How many random bytes a time command brings.
    static let entropySize = 32
}
