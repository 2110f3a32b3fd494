import Matching
import Quantities
import Settlement

/// Deliveries, meters and settlement runs.
extension DeliveryState: Record {
    init() { self.init(delivery: Delivery(), contract: -1) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("delivery", &delivery)
        coder.field("contract", &contract)
        coder.field("paid", &paid)
        coder.field("refunded", &refunded)
        coder.field("compensation", &compensation)
        coder.field("fees", &fees)
        coder.field("energy_kwh", &energyKilowattHours)
        coder.field("evidence", &evidence)
    }
}

extension SettlementRunState: Record {
    init() { self.init(view: SettlementRunView(), deliveries: []) }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("run", &view)
        coder.field("deliveries", &deliveries)
    }
}

extension Exchange {
    func encodeDeliveries(into encoder: inout BinaryEncoder, _ spill: StateSpill) {
        Self.encode(deliveries, into: &encoder, spill)
        encoder.append(UInt32(meters.count))
        for meter in meters {
            encoder.append(meter.chain)
            meter.hours.encodeState(into: &encoder)
            Self.spillIfLarge(&encoder, spill)
        }
        Self.encode(runs, into: &encoder, spill)
        Self.encode(unreported.deliveries, into: &encoder, spill)
    }

    func decodeDeliveries(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        deliveries = try Self.decode(DeliveryState.self, from: &decoder, "a delivery") { state, position in
            state.delivery.id.rawValue == Int64(position) + 1 && isPossible(state)
        }
        try decodeMeters(from: &decoder)
        runs = try Self.decode(SettlementRunState.self, from: &decoder, "a settlement run") { run, position in
            run.view.id.rawValue == Int64(position) + 1 && run.deliveries.allSatisfy { isKnown($0) }
        }
        unreported.deliveries = try Self.decode(DeliveryID.self, from: &decoder, "an unreported delivery") { id, _ in
            isKnown(id) && deliveries[Int(id.rawValue) - 1].delivery.isSettled
        }
    }

    private func decodeMeters(from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        let count = try decoder.read(UInt32.self)
        guard Int(count) <= resourceFacts.count else { throw decoder.damaged("a meter of no resource") }
        for _ in 0..<count {
            var meter = MeterState(chain: try decoder.read(MeterReportState.self))
            meter.hours = try HourTable(decoding: &decoder)
            guard meter.chain.lastSequence >= 0, meter.chain.lastSequence < .max,
                meter.hours.entries.allSatisfy({ $0.value.deliveries.allSatisfy { isKnown($0) } && $0.value.isEnergyPossible })
            else { throw decoder.damaged("a meter that cannot be") }
            meters.append(meter)
        }
    }

    private func isKnown(_ id: DeliveryID) -> Bool { id.rawValue >= 1 && id.rawValue <= Int64(deliveries.count) }

    private func isPossible(_ state: DeliveryState) -> Bool {
        guard isKnown(contract: state.contract) else { return false }
        let delivery = state.delivery
        let contract = contracts[state.contract]
        guard contract.key == delivery.contract, contract.gateClosed else { return false }
        guard state.energyKilowattHours.rawValue >= 0 else { return false }
        // What was reported or settled has an outcome, and no more was delivered than was sold.
        let isDecided = delivery.reportedAt != nil || delivery.isSettled
        guard !isDecided || delivery.outcome != nil else { return false }
        guard let seconds = delivery.deliveredDeviceSeconds else { return true }
        return seconds >= 0 && seconds <= delivery.lot.deviceSeconds
    }
}
