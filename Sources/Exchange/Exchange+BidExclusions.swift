import Quantities
import Registry

/// Why products and resources cannot serve a bid, for whoever asks.
extension Exchange {
    /// Everything that stands against a product whatever is in its books: class and place, currency, buyer, lot.
    func reasonsAgainst(
        _ product: Product, _ spec: BidSpec, _ asked: Requirements, _ buyer: ParticipantID
    ) -> [ExclusionReasonView] {
        var reasons = exclusions(asked, product.id, spec).map { ExclusionReasonView($0) }
        if let currency = spec.currency, currency != product.currency {
            reasons.append(ExclusionReasonView("currency_mismatch", "the product trades in \(product.currency)"))
        }
        if !isFor(buyer, product.id) {
            reasons.append(ExclusionReasonView(ExclusionReason.buyerNotEligible.rawValue, "the product is for buyers of other countries"))
        }
        if spec.quantity % product.lotSize != 0 {
            let detail = "\(spec.quantity) is no multiple of the lot \(product.lotSize)"
            reasons.append(ExclusionReasonView(RefusalCode.quantityOffLot.rawValue, detail))
        }
        return reasons
    }

    /// Why a resource cannot serve a bid in any hour of its window, by what no hour changes; empty where it can.
    func exclusions(of id: ResourceID, _ spec: BidSpec, _ product: Product) -> [ExclusionReasonView] {
        guard let resource = resource(id) else { return [] }
        let reliability = reliability(asked: spec, of: resource)
        if catalogue.isCorrected(product.id) {
            var first: [Exclusion]?
            for var candidate in candidates(product.id, resource, spec) {
                candidate.reliability = reliability
                let found = Eligibility.exclusions(spec.requirements, candidate)
                if found.isEmpty { return [] }
                first = first ?? found
            }
            return (first ?? []).map { ExclusionReasonView($0) }
        }
        var candidate = Eligibility.Candidate(product.id, in: catalogue, resource: resource)
        candidate.reliability = reliability
        return Eligibility.exclusions(spec.requirements, candidate).map { ExclusionReasonView($0) }
    }
}
