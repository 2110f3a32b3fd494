import Quantities
import Settlement
import TestSupport
import Testing

@Suite("Meter split")
struct MeterSplitTests {
    @Test("seconds left over go one each in delivery order", arguments: [
        (7_200, [1, 1], [3_600, 3_600]),
        (5_001, [1, 1], [2_501, 2_500]),
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (10, [1, 2, 4], [2, 3, 5]),
        (0, [1, 2], [0, 0]),
        (1, [5, 5, 5], [1, 0, 0]),
        (99_999, [1, 2], [3_600, 7_200]),
        (5, [], []),
    ] as [(Int64, [Quantity], [Int64])])
    func table(total: Int64, quantities: [Quantity], expected: [Int64]) {
        #expect(MeterSplit.proportional(total, quantities: quantities) == expected)
    }

    @Test("a division uses the total up, passes nobody's time and stays within a second of proportion", arguments: [31, 32, 33])
    func proportion(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            let count = Int.random(in: 1...30, using: &random)
            let quantities = (0..<count).map { _ in UInt32.random(in: 1...1_000, using: &random) }
            let sold = quantities.reduce(Int64(0)) { $0 + Int64($1) } * 3_600
            let total = Bool.random(using: &random)
                ? Int64.random(in: 0...sold, using: &random) : sold - Int64.random(in: 0...40, using: &random)
            let shares = MeterSplit.proportional(total, quantities: quantities)
            try MeterSplit.validate(shares, total: total, quantities: quantities)
            for (share, quantity) in zip(shares, quantities) {
                let exact = total * Int64(quantity) * 3_600 / sold
                #expect(share == exact || share == exact + 1, "seed \(seed)")
            }
        }
    }

    @Test("a report's own division must have the right count, range and sum, checked in this order")
    func validation() {
        func validate(_ shares: [Int64], _ total: Int64) throws(MeterSplit.Fault) {
            try MeterSplit.validate(shares, total: total, quantities: [1, 1])
        }
        #expect(throws: MeterSplit.Fault.wrongCount(expected: 2)) { try validate([1], 9) }
        #expect(throws: MeterSplit.Fault.outOfRange(position: 1)) { try validate([1, 3_601], 9) }
        #expect(throws: MeterSplit.Fault.outOfRange(position: 0)) { try validate([-1, 3], 2) }
        #expect(throws: MeterSplit.Fault.sumDiffers(expected: 9)) { try validate([4, 4], 9) }
        #expect(throws: Never.self) { try validate([4, 5], 9) }
    }
}

@Suite("Meter report state")
struct MeterReportStateTests {
    @Test("reports count from 1 and name the hash before; a refused one changes nothing")
    func chain() throws {
        var state = MeterReportState()
        let first = Bytes([1])
        #expect(throws: MeterReportState.Fault.sequence(expected: 1)) { try state.check(sequence: 0, previousHash: nil) }
        #expect(throws: MeterReportState.Fault.brokenChain(expected: nil)) { try state.check(sequence: 1, previousHash: first) }
        try state.check(sequence: 1, previousHash: nil)
        state.accept(sequence: 1, hash: first)
        #expect(throws: MeterReportState.Fault.sequence(expected: 2)) { try state.check(sequence: 1, previousHash: nil) }
        #expect(throws: MeterReportState.Fault.sequence(expected: 2)) { try state.check(sequence: 3, previousHash: first) }
        #expect(throws: MeterReportState.Fault.brokenChain(expected: first)) { try state.check(sequence: 2, previousHash: nil) }
        try state.check(sequence: 2, previousHash: first)
        #expect(try BinaryDecoder.decode(MeterReportState.self, from: BinaryEncoder.encode(state)) == state)
    }
}

@Suite("Settlement schedule")
struct SettlementScheduleTests {
    static let hour = Hour(100)
    static func minutes(_ count: Int32) -> Timestamp { hour.end.advanced(minutes: count) }

    @Test("a delivery is due when the deadline has passed and its dispute time is over", arguments: [
        (-60, 15), (-15, 15), (-14, 16), (10, 40), (600, 630),
    ] as [(Int32, Int32)])
    func due(reported: Int32, due: Int32) {
        let schedule = SettlementSchedule(hour: Self.hour, meterDeadlineMinutes: 15, disputeMinutes: 30, meterGraceHours: 24)
        #expect(schedule.due(reportedAt: Self.minutes(reported)) == Self.minutes(due))
    }

    @Test("the grace ends after the deadline, however short it is", arguments: [(24, 1_440), (0, 15)] as [(Int32, Int32)])
    func grace(hours: Int32, end: Int32) {
        let schedule = SettlementSchedule(hour: Self.hour, meterDeadlineMinutes: 15, disputeMinutes: 30, meterGraceHours: hours)
        #expect(schedule.reportDeadline == Self.minutes(15))
        #expect(schedule.graceEnd == Self.minutes(end))
    }

    @Test("a dispute that nobody decides ends after 72 hours, and a failure counts as declared until a day ahead")
    func fixedTimes() {
        let schedule = SettlementSchedule(hour: Self.hour, meterDeadlineMinutes: 15, disputeMinutes: 30, meterGraceHours: 24)
        let end = schedule.decisionDeadline(disputedAt: Self.minutes(20), reportedAt: Self.minutes(10))
        #expect(end == Self.minutes(20 + 72 * 60))
        #expect(schedule.lastDecline == Hour(76).start)
    }

    @Test("an hour counts while at least the usable share of its devices was delivered")
    func usableShare() {
        let half = Measure(500_000)
        #expect(Delivery.counts(1_800, of: 3_600, usableShare: half))
        #expect(!Delivery.counts(1_799, of: 3_600, usableShare: half))
        #expect(Delivery.counts(0, of: 3_600, usableShare: nil))
    }
}
