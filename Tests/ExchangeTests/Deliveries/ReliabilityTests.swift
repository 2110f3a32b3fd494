import Exchange
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Reliability")
struct ReliabilityTests {
    /// Ten units of hour 2, settled as told.
    private func settled(_ delivered: Int64?, units: Quantity = 10) -> Pit {
        let pit = Pit()
        pit.trade(cents(200), units, to: pit.alice)
        pit.advance(minutes: 180)
        if let delivered { pit.report(delivered: delivered) }
        pit.market.advance(to: pit.midnight.start.advanced(hours: 40))
        return pit
    }

    @Test("the share is what was delivered of what was sold, the availability counts whole deliveries, both rounded down", arguments: [
        (36_000, 1_000_000, 1_000_000), (12_000, 333_333, 0), (0, 0, 0), (35_999, 999_972, 0),
    ] as [(Int64, Int64, Int64)])
    func shares(delivered: Int64, share: Int64, availability: Int64) {
        let pit = settled(delivered)
        for view in [pit.market.exchange.reliability(of: pit.provider), pit.market.exchange.reliability(of: pit.product)] {
            #expect(view.deliveredShare == Measure(share) && view.availability == Measure(availability) && view.deviceHours == 10)
        }
        #expect(pit.market.exchange.reliability(of: pit.alice) == ReliabilityView())
    }

    @Test("what nobody metered says nothing; what the provider took away says all")
    func unmetered() {
        #expect(settled(nil).market.exchange.reliability(of: ParticipantID(3)).deliveredShare == nil)
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.market.outage(pit.resource, units: 95, from: 2, to: 3)
        pit.market.advance(to: pit.midnight.start.advanced(hours: 40))
        let delivery = pit.market.exchange.delivery(DeliveryID(1))
        #expect(delivery?.outcome == .unverifiedFault && delivery?.fault == .provider && delivery?.compensation == Micros(6_000_000))
        #expect(pit.market.exchange.reliability(of: pit.provider).deliveredShare == Measure(0))
    }

    @Test("thirty days count, the present one with them; a correction takes its place")
    func window() throws {
        let pit = settled(12_000)
        var body = CorrectDelivery.Body()
        body.deliveredDeviceSeconds = 36_000
        body.reference = "one"
        body.reason = "all was there"
        pit.market.apply(.correctDelivery(CorrectDelivery(DeliveryID(1), body)), as: pit.market.operatorID)
        #expect(pit.market.exchange.reliability(of: pit.provider).deliveredShare == Measure(1_000_000))
        var decoder = BinaryDecoder(pit.market.state)
        #expect(try Exchange(decoding: &decoder).reliability(of: pit.provider) == pit.market.exchange.reliability(of: pit.provider))
        pit.market.advance(to: pit.midnight.start.advanced(hours: 30 * 24).advanced(microseconds: -1))
        #expect(pit.market.exchange.reliability(of: pit.provider).deviceHours == 10)
        pit.market.advance(to: pit.midnight.start.advanced(hours: 30 * 24))
        #expect(pit.market.exchange.reliability(of: pit.provider) == ReliabilityView())
    }
}
