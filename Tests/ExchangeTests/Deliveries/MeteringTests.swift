import Exchange
import Matching
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Metering")
struct MeteringTests {
    private func report(_ pit: Pit, _ change: (inout MeterReportSpec) -> Void = { _ in }) -> ReportMeter {
        var report = MeterReportSpec()
        report.resourceID = pit.resource
        report.hour = pit.midnight + 2
        report.sequence = 1
        report.deliveredDeviceSeconds = 36_000
        change(&report)
        return ReportMeter(report: report, hash: Market.hash(pit.resource, report.sequence))
    }

    private func code(_ pit: Pit, as meter: ParticipantID? = nil, _ change: (inout MeterReportSpec) -> Void = { _ in }) -> RefusalCode? {
        pit.market.code(.reportMeter(report(pit, change)), as: meter ?? pit.meter)
    }

    @Test("a refused report changes nothing, and the good one after it is taken", arguments: 0..<15)
    func refusals(number: Int) {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.advance(minutes: 180)
        let stranger = pit.market.participant("Stranger", .meter)
        let before = pit.market.stateWithoutHeader
        let found: RefusalCode?
        let expected: RefusalCode
        switch number {
        case 0: (found, expected) = (code(pit, as: pit.alice), .forbidden)
        case 1: (found, expected) = (code(pit, as: stranger), .forbidden)
        case 2: (found, expected) = (code(pit) { $0.sequence = 2 }, .conflict)
        case 3: (found, expected) = (code(pit) { $0.sequence = 0 }, .invalidRequest)
        case 4: (found, expected) = (code(pit) { $0.sequence = Int64.max }, .conflict)
        case 5: (found, expected) = (code(pit) { $0.previousHash = Market.hash(pit.resource, 9) }, .conflict)
        case 6: (found, expected) = (code(pit) { $0.previousHash = "abc" }, .invalidRequest)
        case 7: (found, expected) = (code(pit) { $0.hour = pit.midnight + 3 }, .conflict)
        case 8: (found, expected) = (code(pit) { $0.deliveredDeviceSeconds = 36_001 }, .invalidRequest)
        case 9: (found, expected) = (code(pit) { $0.deliveredDeviceSeconds = -1 }, .invalidRequest)
        case 10: (found, expected) = (code(pit) { $0.deliveredDeviceSeconds = Int64.max }, .invalidRequest)
        case 11: (found, expected) = (code(pit) { $0.hour = Hour(-1) }, .invalidRequest)
        case 12: (found, expected) = (code(pit) { $0.hour = Hour(.max) }, .invalidRequest)
        case 13: (found, expected) = (code(pit) { $0.resourceID = ResourceID(Int64.max) }, .unknownResource)
        default: (found, expected) = (code(pit) { $0.itEnergyKilowattHours = Measure(-1) }, .invalidRequest)
        }
        #expect(found == expected)
        #expect(pit.market.stateWithoutHeader == before)
        #expect(code(pit) == nil)
    }

    @Test("a refused report of a resource that never sold anything leaves no trace")
    func firstReport() {
        let pit = Pit()
        pit.advance(minutes: 180)
        let before = pit.market.stateWithoutHeader
        #expect(code(pit) { $0.sequence = 2 } == .conflict)
        #expect(code(pit) { $0.deliveredDeviceSeconds = 360_001 } == .invalidRequest)
        #expect(pit.market.stateWithoutHeader == before)
        #expect(code(pit) { $0.deliveredDeviceSeconds = 360_000 } == nil)
    }

    @Test("reports of a resource are a chain: numbered without gaps, each naming the one before, one for an hour")
    func chain() {
        let pit = Pit()
        pit.advance(minutes: 600)
        #expect(code(pit) { $0.deliveredDeviceSeconds = 0 } == nil)
        let first = Market.hash(pit.resource, 1)
        let second = { (change: (inout MeterReportSpec) -> Void) in
            self.code(pit) {
                $0.hour = pit.midnight + 3
                $0.sequence = 2
                $0.previousHash = first
                $0.deliveredDeviceSeconds = 0
                change(&$0)
            }
        }
        #expect(second { $0.previousHash = nil } == .conflict)
        #expect(second { $0.previousHash = Market.hash(pit.resource, 2) } == .conflict)
        #expect(second { $0.sequence = 1 } == .conflict)
        #expect(second { $0.sequence = 3 } == .conflict)
        #expect(second { $0.hour = pit.midnight + 2 } == .conflict)
        #expect(second { _ in } == nil)
    }

    @Test("an hour's end is the first moment for its report")
    func hourEnd() {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.market.advance(to: pit.midnight.start.advanced(microseconds: 3 * Timestamp.microsecondsPerHour - 1))
        #expect(code(pit) == .conflict)
        pit.market.advance(to: pit.midnight.start.advanced(microseconds: 3 * Timestamp.microsecondsPerHour))
        #expect(code(pit) == nil)
    }

    @Test("a meter never reports for its own owner's resources or hours")
    func ownOwner() {
        let market = Market()
        let product = market.product()
        let provider = market.participant("Provider", .provider)
        let alice = market.participant("Alice", .consumer)
        let independent = market.participant("Independent", .meter)
        let ofProvider = market.participant("Of the provider", .meter, owner: provider)
        let ofHolder = market.participant("Of the holder", .meter, owner: alice)
        for participant in [provider, alice] { market.deposit(1_000, to: participant) }
        // Certified without a meter: any meter of another owner may report.
        let resource = market.resource(of: provider, units: 10)
        let contract = market.contract(product, in: 2)
        _ = market.place(market.order(.sell, contract, cents(200), 4, resource: resource), as: provider)
        _ = market.place(market.order(.buy, contract, cents(200), 4), as: alice)
        market.advance(to: contract.hour.end)
        for meter in [ofProvider, ofHolder] {
            let reply = market.report(resource, contract.hour, delivered: 0, sequence: 1, as: meter)
            guard case .refused(let refusal) = reply else {
                Issue.record("accepted")
                continue
            }
            #expect(refusal.code == .forbidden)
        }
        guard case .meterReport = market.report(resource, contract.hour, delivered: 0, sequence: 1, as: independent) else {
            Issue.record("refused")
            return
        }
        var certification = Certification()
        certification.units = 1
        certification.validFrom = contract.hour
        certification.validUntil = contract.hour + 1
        for (meter, code) in [(ofProvider, RefusalCode.invalidRequest), (alice, .invalidRequest), (ParticipantID(99), .notFound)] {
            certification.meterID = meter
            #expect(market.code(.certifyResource(CertifyResource(resource: resource, certification: certification)), as: market.operatorID)
                == code)
        }
    }

    /// A resource-hour sold as 3, 4 and 2 units.
    private func threeDeliveries() -> Pit {
        let pit = Pit()
        pit.trade(cents(200), 3, to: pit.alice)
        pit.trade(cents(200), 4, to: pit.bob)
        pit.trade(cents(200), 2, to: pit.alice)
        pit.advance(minutes: 180)
        return pit
    }

    private func delivered(_ pit: Pit) -> [Int64?] {
        pit.market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(0), limit: 9).map(\.deliveredDeviceSeconds)
    }

    @Test("without a split a shortfall is shared by quantity, whole seconds, what is left in delivery order", arguments: [
        (32_400, [10_800, 14_400, 7_200]), (0, [0, 0, 0]), (1, [1, 0, 0]), (2, [1, 1, 0]),
        (10_000, [3_334, 4_444, 2_222]), (32_399, [10_800, 14_400, 7_199]),
    ] as [(Int64, [Int64])])
    func proRata(total: Int64, shares: [Int64]) {
        let pit = threeDeliveries()
        #expect(code(pit) { $0.deliveredDeviceSeconds = total } == nil)
        #expect(delivered(pit) == shares)
    }

    @Test("a meter's own split counts delivery by delivery and must be whole")
    func ownSplit() {
        func split(_ total: Int64, _ shares: [(Int64, Int64)]) -> (RefusalCode?, [Int64?]) {
            let pit = threeDeliveries()
            let code = code(pit) {
                $0.deliveredDeviceSeconds = total
                $0.deliveries = shares.map {
                    var share = DeliveredShare()
                    share.deliveryID = DeliveryID($0.0)
                    share.deliveredDeviceSeconds = $0.1
                    return share
                }
            }
            return (code, delivered(pit))
        }
        let whole = split(10_000, [(3, 2_800), (1, 0), (2, 7_200)])
        #expect(whole.0 == nil && whole.1 == [0, 7_200, 2_800])
        for shares in [
            [(1, 0), (2, 10_000)], [(1, 0), (2, 7_200), (3, 2_799)], [(1, 0), (2, 2_800), (3, 7_201)],
            [(1, 10_801), (2, 0), (3, 0)], [(1, -1), (2, 7_200), (3, 2_801)], [(1, 0), (1, 0), (2, 7_200), (3, 2_800)],
            [(1, 0), (2, 7_200), (4, 2_800)], [(1, 0), (2, 7_200), (3, 2_800), (Int64.max, 0)], [],
        ] as [[(Int64, Int64)]] {
            let refused = split(10_000, shares)
            #expect(refused.0 == .invalidRequest && refused.1 == [nil, nil, nil], "\(shares)")
        }
    }

    @Test("each report of a batch is for itself, in order")
    func batches() {
        let pit = Pit()
        pit.trade(cents(200), 10, to: pit.alice)
        pit.advance(minutes: 300)
        let good = report(pit)
        let gap = report(pit) {
            $0.sequence = 3
            $0.hour = pit.midnight + 3
        }
        let next = report(pit) {
            $0.sequence = 2
            $0.hour = pit.midnight + 3
            $0.previousHash = Market.hash(pit.resource, 1)
            $0.deliveredDeviceSeconds = 0
        }
        guard case .meterReports(let results) = pit.market.apply(.reportMeters(ReportMeters([good, gap, next])), as: pit.meter).reply else {
            Issue.record("no results")
            return
        }
        #expect(results.map { $0.error?.code } == [nil, .conflict, nil])
        #expect(results.map { $0.hash != nil } == [true, false, true])
        #expect(pit.market.code(.reportMeters(ReportMeters([])), as: pit.meter) == .invalidRequest)
        #expect(pit.market.code(.reportMeters(ReportMeters([good])), as: pit.alice) == .forbidden)
    }

    @Test("a batch holds 1,000 reports and no more; all of them count")
    func largestBatch() {
        let pit = Pit()
        pit.market.checkEvery = 0
        // Hours of many resources, some sold.
        let resources = (0..<50).map { _ in pit.market.resource(of: pit.provider, units: 10, meter: pit.meter) }
        for resource in resources {
            _ = pit.market.place(pit.market.order(.sell, pit.contract(2), cents(200), 1, resource: resource), as: pit.provider)
            _ = pit.market.place(pit.market.order(.buy, pit.contract(2), cents(200), 1), as: pit.alice)
        }
        pit.advance(minutes: 22 * 60)
        func reports(_ count: Int) -> [ReportMeter] {
            (0..<count).map { number in
                let resource = resources[number % resources.count]
                return report(pit) {
                    $0.resourceID = resource
                    $0.hour = pit.midnight + 2 + Int32(number / resources.count % 20)
                    $0.sequence = Int64(number / resources.count) + 1
                    $0.previousHash = $0.sequence > 1 ? Market.hash(pit.resource, $0.sequence - 1) : nil
                    $0.deliveredDeviceSeconds = number < resources.count ? 3_600 : 0
                }
            }
        }
        #expect(pit.market.code(.reportMeters(ReportMeters(reports(1_001))), as: pit.meter) == .invalidRequest)
        guard case .meterReports(let results) = pit.market.apply(.reportMeters(ReportMeters(reports(1_000))), as: pit.meter).reply else {
            Issue.record("no results")
            return
        }
        #expect(results.count == 1_000 && results.allSatisfy { $0.error == nil && $0.hash != nil })
        pit.advance(minutes: 23 * 60)
        let outcomes = pit.market.exchange.deliveries(of: nil, contract: nil, after: .none, limit: 99).map(\.outcome)
        #expect(outcomes.count == 50 && outcomes.allSatisfy { $0 == .delivered })
    }
}
