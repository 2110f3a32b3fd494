import Exchange
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Corrected and signed reports")
struct ReportCorrectionTests {
    private func report(
        _ pit: Pit, _ sequence: Int64, delivered: Int64, replaces: Int64? = nil, hour: Int32 = 2, signature: String? = nil,
        key: SigningKeyID? = nil
    ) -> ReportMeter {
        var report = MeterReportSpec()
        report.resourceID = pit.resource
        report.hour = pit.midnight + hour
        report.sequence = sequence
        report.previousHash = sequence > 1 ? Market.hash(pit.resource, sequence - 1) : nil
        report.deliveredDeviceSeconds = delivered
        report.replaces = replaces
        report.signature = signature
        return ReportMeter(report: report, hash: Market.hash(pit.resource, sequence), signingKey: key)
    }

    private func code(_ pit: Pit, _ report: ReportMeter) -> RefusalCode? { pit.market.code(.reportMeter(report), as: pit.meter) }

    private func sold() -> Pit {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.advance(minutes: 180)
        return pit
    }

    @Test("a report is replaced by the next in the chain that names it; dispute time runs anew")
    func replaces() throws {
        let pit = sold()
        #expect(code(pit, report(pit, 1, delivered: 36_000)) == nil)
        pit.advance(minutes: 200)
        #expect(code(pit, report(pit, 2, delivered: 12_000, replaces: 1)) == nil)
        let delivery = try #require(pit.market.exchange.delivery(DeliveryID(1)))
        #expect(delivery.deliveredDeviceSeconds == 12_000 && delivery.dueAt == pit.midnight.start.advanced(minutes: 230))
        #expect(code(pit, report(pit, 3, delivered: 24_000, replaces: 1)) == .conflict)
        #expect(code(pit, report(pit, 3, delivered: 24_000, replaces: 2)) == nil)
        pit.advance(minutes: 230)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.outcome == .partial)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.deliveredDeviceSeconds == 24_000)
        // Settled: only an operator corrects now.
        #expect(code(pit, report(pit, 4, delivered: 36_000, replaces: 3)) == .conflict)
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("what replaces nothing, itself, something later or another hour's report is refused and changes nothing", arguments: [
        (1, 1), (1, 0), (1, -1), (1, Int64.max), (2, 2), (2, 3), (2, Int64.min),
    ] as [(Int64, Int64)])
    func wrongNumbers(sequence: Int64, replaced: Int64) {
        let pit = sold()
        let before = pit.market.stateWithoutHeader
        #expect(code(pit, report(pit, sequence, delivered: 0, replaces: replaced)) == .invalidRequest)
        #expect(pit.market.stateWithoutHeader == before)
    }

    @Test("only the report of the same hour is replaced, and only where there is one")
    func otherHour() {
        let pit = sold()
        pit.advance(minutes: 240)
        #expect(code(pit, report(pit, 1, delivered: 0, hour: 3)) == nil)
        #expect(code(pit, report(pit, 2, delivered: 0, replaces: 1)) == .conflict)
        #expect(code(pit, report(pit, 2, delivered: 36_000)) == nil)
        #expect(code(pit, report(pit, 3, delivered: 36_000, replaces: 1)) == .conflict)
    }

    @Test("a report after the grace is refused, for hours in which nothing was sold, too")
    func afterGrace() {
        let pit = sold()
        pit.market.advance(to: pit.midnight.start.advanced(hours: 27))
        #expect(code(pit, report(pit, 1, delivered: 36_000)) == .conflict)
        #expect(code(pit, report(pit, 1, delivered: 0, hour: 1)) == .conflict)
        #expect(code(pit, report(pit, 1, delivered: 0, hour: 3)) == nil)
    }

    @Test("a disputed delivery takes the corrected figure and goes on waiting; a decided one keeps the decision")
    func whileDisputed() throws {
        let pit = sold()
        #expect(code(pit, report(pit, 1, delivered: 36_000)) == nil)
        var body = DisputeDelivery.Body()
        body.reason = "no"
        pit.market.apply(.disputeDelivery(DisputeDelivery(DeliveryID(1), body)), as: pit.alice)
        #expect(code(pit, report(pit, 2, delivered: 30_000, replaces: 1)) == nil)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.status == .disputed)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.deliveredDeviceSeconds == 30_000)
        var decision = DecideDispute.Body()
        decision.deliveredDeviceSeconds = 18_000
        decision.fault = .provider
        decision.reason = "half"
        pit.market.apply(.decideDispute(DecideDispute(DisputeID(1), decision)), as: pit.market.operatorID)
        #expect(code(pit, report(pit, 3, delivered: 1, replaces: 2)) == nil)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.deliveredDeviceSeconds == 18_000)
        pit.advance(minutes: 211)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.deliveredDeviceSeconds == 18_000)
        #expect(pit.market.exchange.delivery(DeliveryID(1))?.meteredDeviceSeconds == 1)
    }

    private func addKey(_ pit: Pit, _ text: String, to participant: ParticipantID? = nil) -> Reply {
        var body = AddSigningKey.Body()
        body.publicKey = text
        return pit.market.apply(.addSigningKey(AddSigningKey(participant ?? pit.meter, body)), as: pit.market.operatorID).reply
    }

    @Test("a meter with a key must sign with a live one of its own; without one it may report unless the operator forbids it")
    func signatures() throws {
        let pit = sold()
        let signature = String(repeating: "a", count: 128)
        guard case .signingKey(let key) = addKey(pit, String(repeating: "ab", count: 32)) else {
            Issue.record("no key")
            return
        }
        #expect(key.publicKey.value.count == 32 && key.participantID == pit.meter)
        #expect(code(pit, report(pit, 1, delivered: 0)) == .invalidRequest)
        #expect(code(pit, report(pit, 1, delivered: 0, signature: signature)) == .invalidRequest)
        #expect(code(pit, report(pit, 1, delivered: 0, signature: signature, key: SigningKeyID(9))) == .invalidRequest)
        #expect(code(pit, report(pit, 1, delivered: 0, signature: nil, key: key.id)) == .invalidRequest)
        let other = pit.market.participant("Other", .meter)
        guard case .signingKey(let foreign) = addKey(pit, String(repeating: "cd", count: 32), to: other) else {
            Issue.record("no key")
            return
        }
        #expect(code(pit, report(pit, 1, delivered: 0, signature: signature, key: foreign.id)) == .invalidRequest)
        #expect(code(pit, report(pit, 1, delivered: 0, signature: signature, key: key.id)) == nil)
        #expect(pit.market.code(.revokeSigningKey(RevokeSigningKey(key.id)), as: pit.meter) == .forbidden)
        #expect(pit.market.code(.revokeSigningKey(RevokeSigningKey(key.id)), as: pit.market.operatorID) == nil)
        pit.advance(minutes: 240)
        // Without any live key it reports unsigned again, until that is forbidden.
        var policy = SetSigningPolicy.Body()
        policy.signaturesRequired = true
        #expect(pit.market.code(.setSigningPolicy(SetSigningPolicy(pit.meter, policy)), as: pit.market.operatorID) == nil)
        #expect(code(pit, report(pit, 2, delivered: 0, hour: 3, signature: signature, key: key.id)) == .forbidden)
        #expect(code(pit, report(pit, 2, delivered: 0, hour: 3)) == .forbidden)
        policy.signaturesRequired = false
        pit.market.apply(.setSigningPolicy(SetSigningPolicy(pit.meter, policy)), as: pit.market.operatorID)
        #expect(code(pit, report(pit, 2, delivered: 0, hour: 3)) == nil)
        var decoder = BinaryDecoder(pit.market.state)
        #expect(try Exchange(decoding: &decoder).signingKeys(of: nil, after: .none, limit: 9) == pit.market.exchange.signingKeys(of: nil, after: .none, limit: 9))
        #expect(pit.market.replay().state == pit.market.state)
    }

    @Test("keys are 32 bytes, registered once, of meters only, by operators only")
    func keys() {
        let pit = sold()
        for text in ["", "abc", String(repeating: "ab", count: 31), String(repeating: "zz", count: 32), String(repeating: "A", count: 43)] {
            guard case .refused(let refusal) = addKey(pit, text) else {
                Issue.record("taken: \(text)")
                continue
            }
            #expect(refusal.code == .invalidRequest && refusal.field == "public_key")
        }
        // 32 zero bytes in base 64, then the same in hexadecimal.
        guard case .signingKey = addKey(pit, String(repeating: "A", count: 43) + "=") else {
            Issue.record("refused")
            return
        }
        guard case .refused(let twice) = addKey(pit, String(repeating: "0", count: 64)) else {
            Issue.record("registered twice")
            return
        }
        #expect(twice.code == .conflict)
        guard case .refused(let wrong) = addKey(pit, String(repeating: "1", count: 64), to: pit.alice) else {
            Issue.record("a consumer's key")
            return
        }
        #expect(wrong.code == .conflict)
        for number in 1...15 { _ = addKey(pit, String(repeating: "f", count: 62) + (number < 10 ? "0\(number)" : "\(number)")) }
        guard case .refused(let full) = addKey(pit, String(repeating: "e", count: 64)) else {
            Issue.record("a seventeenth key")
            return
        }
        #expect(full.code == .limitExceeded)
    }
}
