import Ledger
import Matching
import Quantities
import Registry

/// Who and what, and the money: participants, keys, catalogue, resources; references, accounts, interests in escrow.
extension Exchange {
    func encodeParties(_ scope: StateScope, into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        participants.encodeState(into: &encoder)
        Self.spillIfLarge(&encoder, spill)
        Self.encode(scope == .everything ? apiKeys : apiKeys.map(\.withoutHash), into: &encoder, spill)
        // A refused administrative command is counted, and changes nothing of the market.
        if scope == .everything { encoder.append(lastActionID) }
        catalogue.encodeState(into: &encoder)
        resources.encodeState(into: &encoder)
        for index in 0..<resourceFacts.count {
            capacity.encodeState(of: ResourceID(Int64(index) + 1), into: &encoder)
            Self.spillIfLarge(&encoder, spill)
        }
    }

    func decodeParties(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        participants = try ParticipantRegistry(decoding: &decoder)
        for participant in participants.participants { noteTrader(participant) }
        apiKeys = try Self.decode(APIKeyRecord.self, from: &decoder, "a key") { key, position in
            key.view.id.rawValue == Int64(position) + 1 && isKnown(key.view.participantID)
        }
        lastActionID = try decoder.read(Int64.self)
        guard lastActionID >= 0, lastActionID <= sequence else { throw decoder.damaged("more actions than commands") }
        catalogue = try Catalogue(decoding: &decoder)
        noteTradingRules()
        resources = try ResourceRegistry(decoding: &decoder)
        for entry in resources.entries {
            guard isKnown(entry.resource.providerID) else { throw decoder.damaged("a resource of nobody") }
            resourceFacts.append(ResourceFacts(provider: entry.resource.providerID, status: entry.resource.status))
            let id = ResourceID(Int64(resourceFacts.count))
            noteResource(id)
            try capacity.decodeState(of: id, from: &decoder)
        }
    }

    func encodeMoney(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        Self.encode(deposits.inOrder, into: &encoder, spill)
        Self.encode(withdrawals.inOrder, into: &encoder, spill)
        ledger.encodeState(into: &encoder)
        Self.spillIfLarge(&encoder, spill)
        Self.encode(escrowInterest, into: &encoder, spill)
    }

    /// Reads the money, and makes the products' facts, which name their currencies by the ledger's numbers.
    func decodeMoney(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        deposits = try Self.decodeReferences(from: &decoder)
        withdrawals = try Self.decodeReferences(from: &decoder)
        ledger = try Ledger(decoding: &decoder)
        escrowInterest = try Self.decode(Micros.self, from: &decoder, "an interest in escrow") { _, _ in true }
        let accounts = Int(ledger.lastAccount.rawValue)
        guard escrowInterest.count == (accounts == 0 ? 0 : accounts + 1) else {
            throw decoder.damaged("an interest in escrow for each account")
        }
        for product in catalogue.products {
            guard let asset = ledger.assets.index(of: product.currency) else {
                throw decoder.damaged("a product in a currency that the ledger does not know")
            }
            list(product, asset: asset)
        }
    }

    static func decodeReferences(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) -> ReferenceSet {
        var references = ReferenceSet()
        for reference in try decode(String.self, from: &decoder, "a reference", where: { _, _ in true }) {
            guard !references.contains(reference) else { throw decoder.damaged("a reference twice") }
            references.insert(reference)
        }
        return references
    }
}

extension APIKeyRecord {
    fileprivate var withoutHash: APIKeyRecord {
        var record = self
        record.hash = Bytes()
        return record
    }
}
