import Exchange
import Ledger
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Corrections of settled deliveries")
struct CorrectionTests {
    private func correction(_ seconds: Int64, _ reference: String = "case 1", fault: FaultParty? = nil, delivery: Int64 = 1) -> Command {
        var body = CorrectDelivery.Body()
        body.deliveredDeviceSeconds = seconds
        body.fault = fault
        body.reference = reference
        body.reason = "the meter's clock was wrong"
        return .correctDelivery(CorrectDelivery(DeliveryID(delivery), body))
    }

    private func spent(_ pit: Pit, _ participant: ParticipantID) -> Int64 {
        pit.market.balance(participant).total.rawValue - Micros.units(100_000).rawValue
    }

    /// Ten units at 2.00, settled as told.
    private func settled(_ delivered: Int64 = 36_000, cash: Int64 = 100_000) -> Pit {
        let pit = Pit(cash: cash)
        pit.trade(cents(200), 10, to: pit.alice)
        pit.advance(minutes: 180)
        pit.report(delivered: delivered)
        pit.advance(minutes: 211)
        return pit
    }

    private func correct(_ pit: Pit, _ command: Command) throws -> CorrectionView {
        guard case .correction(let view) = pit.market.apply(command, as: pit.market.operatorID).reply else {
            throw Refusal(.conflict, "refused")
        }
        return view
    }

    @Test("a correction leaves everybody as if it had been settled so, and a second one starts from there")
    func exact() throws {
        let pit = settled()
        for (number, seconds) in [Int64(12_345), 0, 36_000, 1].enumerated() {
            let view = try correct(pit, correction(seconds, "case \(number)"))
            #expect(view.unposted == .zero && view.entries.map(\.posted) == view.entries.map(\.due))
            let twin = settled(seconds)
            for participant in [pit.provider, pit.alice] { #expect(spent(pit, participant) == spent(twin, participant)) }
            #expect(pit.market.feeRevenue == twin.market.feeRevenue)
            let delivery = try #require(pit.market.exchange.delivery(DeliveryID(1)))
            #expect(delivery.deliveredDeviceSeconds == seconds && delivery.corrections == Int32(number) + 1)
            #expect(pit.market.exchange.firstBrokenInvariant() == nil)
        }
        for line in pit.market.exchange.trialBalance() { #expect(line.balanced) }
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("the loser gives what it has, the fee revenue the rest; what is missing then is recorded and not posted")
    func limited() throws {
        let pit = settled()
        // The provider keeps one unit of what it was paid.
        var movement = MoneyMovement(
            participantID: pit.provider, currency: Currency(unchecked: "USD"), amount: pit.market.balance(pit.provider).available - .units(1),
            reference: "out")
        movement.reference = "away"
        pit.market.apply(.withdraw(movement), as: pit.market.operatorID)
        #expect(pit.market.balance(pit.provider).available == .units(1))
        let view = try correct(pit, correction(0))
        // Alice is due 20.06 and the bond of 6; there are 1.00 and fees of 0.08.
        let alice = try #require(view.entries.first { $0.participantID == pit.alice })
        #expect(alice.due == Micros(26_060_000) && alice.posted == Micros(1_080_000))
        let provider = try #require(view.entries.first { $0.participantID == pit.provider })
        #expect(provider.due == Micros(-25_980_000) && provider.posted == Micros(-1_000_000))
        #expect(view.unposted == Micros(24_980_000))
        #expect(pit.market.balance(pit.provider).total == .zero && pit.market.feeRevenue == "0.000000")
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
        // Taken back, it takes back what was posted and no more.
        pit.market.deposit(100, to: pit.provider)
        let back = try correct(pit, correction(36_000, "case 2"))
        #expect(back.unposted == .zero)
        #expect(pit.market.balance(pit.alice).total.rawValue == Micros.units(100_000).rawValue - 20_060_000)
        #expect(pit.market.balance(pit.provider).total == .units(101) && pit.market.feeRevenue == "0.080000")
    }

    @Test("reserved cash is not touched")
    func reserved() throws {
        let pit = settled(0)
        let cash = pit.market.balance(pit.alice).available
        pit.buy(cents(100), Quantity(cash.rawValue / 1_004_000), as: pit.alice, hour: 9)
        let movement = MoneyMovement(
            participantID: pit.alice, currency: Currency(unchecked: "USD"), amount: pit.market.balance(pit.alice).available - .units(5),
            reference: "away")
        pit.market.apply(.withdraw(movement), as: pit.market.operatorID)
        let view = try correct(pit, correction(36_000))
        #expect(view.entries.first { $0.participantID == pit.alice }?.posted == Micros(-5_000_000))
        #expect(pit.market.balance(pit.alice).available == .zero && view.unposted > .zero)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("a resold lot is corrected down its chain")
    func chain() throws {
        func resold(_ delivered: Int64) -> Pit {
            let pit = Pit()
            pit.trade(cents(200), 10, to: pit.alice)
            pit.buy(cents(250), 10, as: pit.bob)
            pit.resell(cents(250), 10, as: pit.alice)
            pit.advance(minutes: 180)
            pit.report(delivered: delivered)
            pit.advance(minutes: 211)
            return pit
        }
        let (pit, twin) = (resold(36_000), resold(7_777))
        #expect(try correct(pit, correction(7_777)).unposted == .zero)
        for participant in [pit.provider, pit.alice, pit.bob] { #expect(spent(pit, participant) == spent(twin, participant)) }
        #expect(pit.market.feeRevenue == twin.market.feeRevenue)
    }

    @Test("the bond follows the fault that is named")
    func fault() throws {
        let pit = settled(0)
        _ = try correct(pit, correction(0, fault: .meter))
        #expect(spent(pit, pit.provider) == 0 && spent(pit, pit.alice) == 0)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.fault == .meter)
    }

    @Test("who may correct what, when")
    func refusals() {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.advance(minutes: 180)
        pit.report(delivered: 36_000)
        #expect(pit.market.code(correction(0), as: pit.market.operatorID) == .conflict)
        pit.advance(minutes: 211)
        let before = pit.market.stateWithoutHeader
        for issuer in [pit.alice, pit.provider, pit.meter] { #expect(pit.market.code(correction(0), as: issuer) == .forbidden) }
        #expect(pit.market.code(correction(36_000), as: pit.market.operatorID) == .conflict)
        #expect(pit.market.code(correction(36_001), as: pit.market.operatorID) == .invalidRequest)
        #expect(pit.market.code(correction(-1), as: pit.market.operatorID) == .invalidRequest)
        #expect(pit.market.code(correction(0, ""), as: pit.market.operatorID) == .invalidRequest)
        for id in [Int64(0), 2, -1, .max, .min] { #expect(pit.market.code(correction(0, delivery: id), as: pit.market.operatorID) == .notFound) }
        #expect(pit.market.stateWithoutHeader == before)
        #expect(pit.market.code(correction(0), as: pit.market.operatorID) == nil)
        #expect(pit.market.code(correction(1), as: pit.market.operatorID) == .conflict)
        let settledAt = pit.midnight.start.advanced(minutes: 210)
        pit.market.advance(to: settledAt.advanced(hours: 720).advanced(microseconds: -1))
        #expect(pit.market.code(correction(1, "late"), as: pit.market.operatorID) == nil)
        pit.market.advance(to: settledAt.advanced(hours: 720))
        #expect(pit.market.code(correction(2, "later"), as: pit.market.operatorID) == .conflict)
    }
}
