package import Quantities

/// Whom providers do not sell to. A participant that owns others stands for all of them.
package struct BlockedBuyers: Sendable {
    /// By provider's number, in the order in which each was named.
    private var lists: [[ParticipantID]] = []
    private var pairs: Set<Pair> = []

    private struct Pair: Hashable {
        var provider: ParticipantID
        var buyer: ParticipantID
    }

    /// The most buyers that one provider blocks.
    package static let limit = 1_000

    package init() {}

    /// Whether nobody blocks anybody.
    package var isEmpty: Bool { pairs.isEmpty }

    /// Whom a provider blocks.
    package func buyers(of provider: ParticipantID) -> [ParticipantID] {
        let index = Int(clamping: provider.rawValue) &- 1
        return lists.indices.contains(index) ? lists[index] : []
    }

    /// Whether a provider sells to nobody of this name, or of its owner's.
    package func has(_ provider: ParticipantID, _ buyer: ParticipantID, owner: ParticipantID) -> Bool {
        pairs.contains(Pair(provider: provider, buyer: buyer)) || pairs.contains(Pair(provider: provider, buyer: owner))
    }

    /// Puts a list in place of a provider's.
    ///
    /// - Precondition: a provider's number; a checked list.
    package mutating func set(_ buyers: [ParticipantID], of provider: ParticipantID) {
        let index = Int(provider.rawValue) - 1
        while lists.count <= index { lists.append([]) }
        for buyer in lists[index] { pairs.remove(Pair(provider: provider, buyer: buyer)) }
        lists[index] = buyers
        for buyer in buyers { pairs.insert(Pair(provider: provider, buyer: buyer)) }
        while lists.last?.isEmpty == true { lists.removeLast() }
    }

    /// Writes the lists by provider.
    package func encodeState(into encoder: inout BinaryEncoder) { encoder.append(lists) }

    /// Reads what `encodeState` wrote; `isKnown` says whether a number names a participant.
    package init(decoding decoder: inout BinaryDecoder, isKnown: (ParticipantID) -> Bool) throws(BinaryDecoder.Failure) {
        let lists = try decoder.read([[ParticipantID]].self)
        guard lists.last?.isEmpty != true else { throw decoder.damaged("an empty list of blocked buyers at the end") }
        for (index, list) in lists.enumerated() where !list.isEmpty {
            let provider = ParticipantID(Int64(index) + 1)
            guard isKnown(provider), list.count <= Self.limit, Set(list).count == list.count, list.allSatisfy(isKnown) else {
                throw decoder.damaged("blocked buyers that cannot be")
            }
            set(list, of: provider)
        }
    }
}
