import Quantities
import Registry

/// What a bid asked for beyond what is tested when it is filled: its hours are judged by it later.
struct SecurityTerms: Record, Equatable {
    var bid = BidID.none
    var attestation = AttestationLevel.none
    var dataClass = DataClass.general

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("bid", &bid)
        coder.field("attestation", &attestation)
        coder.field("data_class", &dataClass)
    }
}

/// The random bytes of one time command that closed a gate: the nonces of its deliveries are made of them.
struct NonceSeed: Record, Equatable {
    /// The command's number.
    var sequence: Int64 = 0
    var bytes = Bytes()

    init() {}
    init(sequence: Int64, bytes: Bytes) {
        self.sequence = sequence
        self.bytes = bytes
    }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("sequence", &sequence)
        coder.field("bytes", &bytes)
    }
}

/// What a delivery must prove, and has.
struct DeliveryEvidence: Record, Equatable {
    /// Which seed its nonce is made of, from 0; −1 where it has none.
    var seed: Int32 = -1
    var required = AttestationLevel.none
    var key = AttestationKeyID.none
    var attestedAt: Timestamp?

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("seed", &seed)
        coder.field("required", &required)
        coder.field("key", &key)
        coder.field("attested_at", &attestedAt)
    }
}

/// Keys, nonces, terms and wipes.
struct EvidenceState {
    var keys: [AttestationKey] = []
    var seeds: [NonceSeed] = []
    /// Ascending by bid; only bids that ask for something.
    var terms: [SecurityTerms] = []
    var wipes: [Wipe] = []
    /// By resource: the end of the last hour of a protected data class that has not been wiped away since; the beginning of
    /// time where there is nothing to wipe.
    var wipeDue: [Timestamp] = []

    /// The most keys of one exchange.
    static let keyLimit = 10_000

    /// The terms of a bid; neutral where it asked for nothing. O(log n).
    func terms(of bid: BidID) -> SecurityTerms {
        var (low, high) = (0, terms.count)
        while low < high {
            let middle = (low + high) / 2
            if terms[middle].bid < bid { low = middle + 1 } else { high = middle }
        }
        return low < terms.count && terms[low].bid == bid ? terms[low] : SecurityTerms()
    }

    func wipeDue(_ resource: ResourceID) -> Timestamp? {
        let index = Int(resource.rawValue) - 1
        guard wipeDue.indices.contains(index), wipeDue[index] > Timestamp() else { return nil }
        return wipeDue[index]
    }

    mutating func setWipeDue(_ resource: ResourceID, _ time: Timestamp) {
        let index = Int(resource.rawValue) - 1
        while wipeDue.count <= index { wipeDue.append(Timestamp()) }
        wipeDue[index] = time
    }
}
