import Matching
import Quantities
import Registry
import Settlement

/// How reliable providers and products were, out of settled deliveries alone.
extension Exchange {
    /// Counts a settled delivery, or with `sign` −1 takes it back. What nobody metered, or failed through another one's fault, says nothing
    /// about its provider.
    func noteReliability(of delivery: Delivery, sign: Int64 = 1) {
        guard let outcome = delivery.outcome else { return }
        let seconds = delivery.countedDeviceSeconds
        let fault = delivery.fault ?? .usual(outcome)
        let sold = delivery.lot.deviceSeconds
        guard fault == .provider || seconds == sold else { return }
        let today = ReliabilityLog.day(of: Hour(containing: now))
        let whole = seconds == sold && !delivery.isHandedOverLate ? sold : 0
        let provider = Int(delivery.lot.provider.rawValue) - 1
        while providerReliability.count <= provider { providerReliability.append(ReliabilityLog()) }
        let product = Int(delivery.contract.product.index)
        while productReliability.count <= product { productReliability.append(ReliabilityLog()) }
        let hour = delivery.contract.hour
        providerReliability[provider].note(hour, sold: sign * sold, delivered: sign * seconds, whole: sign * whole, today: today)
        productReliability[product].note(hour, sold: sign * sold, delivered: sign * seconds, whole: sign * whole, today: today)
    }

    /// A provider's reliability over the last 30 days.
    package func reliability(of provider: ParticipantID) -> ReliabilityView {
        let index = Int(clamping: provider.rawValue) &- 1
        return providerReliability.indices.contains(index) ? view(providerReliability[index]) : ReliabilityView()
    }

    /// A product's reliability over the last 30 days, whoever delivered.
    package func reliability(of product: ProductID) -> ReliabilityView {
        let index = Int(product.index)
        return productReliability.indices.contains(index) ? view(productReliability[index]) : ReliabilityView()
    }

    private func view(_ log: ReliabilityLog) -> ReliabilityView {
        let sums = log.sums(today: ReliabilityLog.day(of: Hour(containing: now)))
        var view = ReliabilityView()
        guard sums.sold > 0 else { return view }
        view.deviceHours = Int64(clamping: sums.sold / Int128(MeterSplit.secondsPerDevice))
        view.deliveredShare = Measure(Int64(sums.delivered * 1_000_000 / sums.sold))
        view.availability = Measure(Int64(sums.whole * 1_000_000 / sums.sold))
        return view
    }

    // MARK: State

    func encodeReliability(into encoder: inout BinaryEncoder) {
        encoder.append(providerReliability)
        encoder.append(productReliability)
    }

    func decodeReliability(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        providerReliability = try Self.decode(ReliabilityLog.self, from: &decoder, "a provider's reliability") { log, position in
            log.isPossible && position < participants.participants.count
        }
        productReliability = try Self.decode(ReliabilityLog.self, from: &decoder, "a product's reliability") { log, position in
            log.isPossible && position < productFacts.count
        }
    }
}
