import Exchange
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Hand-over")
struct HandoverTests {
    private func access(_ id: AllocationID, _ version: Int64 = 1) -> Command {
        .recordHandover(RecordHandover(allocation: id, kind: .access, hash: Bytes([UInt8](repeating: 1, count: 32)), version: version))
    }

    @Test("access is due the lead time before the first hour, and late from the microsecond after")
    func due() throws {
        let pit = Pit()
        let id = try #require(pit.trade(cents(200), 4, to: pit.alice).order.allocationID)
        let due = pit.midnight.start.advanced(minutes: 105)
        #expect(pit.market.exchange.allocation(id)?.accessDueAt == due)
        pit.market.advance(to: due)
        #expect(pit.market.exchange.allocation(id)?.accessLate == false)
        pit.market.advance(to: due.advanced(microseconds: 1))
        #expect(pit.market.exchange.allocation(id)?.accessLate == true)
        #expect(pit.market.code(access(id), as: pit.provider) == nil)
        #expect(pit.market.exchange.allocation(id)?.accessSetAt == pit.market.now)
        #expect(pit.market.exchange.allocation(id)?.accessLate == true)
        let early = Pit()
        let other = try #require(early.trade(cents(200), 4, to: early.alice).order.allocationID)
        early.market.apply(access(other), as: early.provider)
        early.advance(minutes: 150)
        #expect(early.market.exchange.allocation(other)?.accessLate == false)
    }

    /// How the first hour of an allocation was handed over: asked for and set at these minutes after midnight; its hour is 120 to 180.
    private func timing(
        bought: Int32 = 0, asked: Int32?, set: [Int32] = [], hours: Int32 = 1
    ) throws -> (pit: Pit, deliveries: [DeliveryView]) {
        let pit = Pit()
        for hour in 0..<hours { pit.sell(cents(200), 4, hour: 2 + hour) }
        pit.advance(minutes: bought)
        let bid = pit.market.bid(quantity: 4, hours: hours, from: 2 - bought / 60)
        let id = try #require(try pit.market.bid(bid, as: pit.alice).get().allocationID)
        let request = RecordHandover(allocation: id, kind: .request, hash: Bytes([UInt8](repeating: 2, count: 32)), version: 1)
        let steps = (asked.map { [($0, true)] } ?? []) + set.map { ($0, false) }
        for (minute, isRequest) in steps.sorted(by: { $0.0 < $1.0 }) {
            pit.advance(minutes: minute)
            #expect(pit.market.code(isRequest ? .recordHandover(request) : access(id), as: isRequest ? pit.alice : pit.provider) == nil)
        }
        pit.advance(minutes: 120 + hours * 60)
        for hour in 0..<hours { pit.report(hour: 2 + hour, delivered: 14_400, sequence: Int64(hour) + 1) }
        pit.advance(minutes: 180 + hours * 60)
        #expect(pit.market.replay().state == pit.market.state)
        return (pit, pit.market.exchange.deliveries(of: pit.alice, contract: nil, after: .none, limit: 9))
    }

    @Test("an hour is handed over in time, late or not at all; where the holder said nothing nobody judges", arguments: [
        (0, nil, [], nil), (0, nil, [110], nil), (0, 10, [105], .onTime), (0, 10, [106], .late), (0, 10, [90, 150], .onTime),
        (0, 10, [], .missing), (0, 10, [179], .late), (0, 105, [105], .onTime), (0, 106, [120], .onTime), (0, 106, [121], .late),
        (0, 130, [170], nil), (104, 104, [105], .onTime),
    ] as [(Int32, Int32?, [Int32], HandoverTiming?)])
    func timings(bought: Int32, asked: Int32?, set: [Int32], expected: HandoverTiming?) throws {
        let (pit, deliveries) = try timing(bought: bought, asked: asked, set: set)
        #expect(deliveries.map(\.handover) == [expected])
        let isLate = expected == .late || expected == .missing
        // Delivered whole, and paid whole; the provider's fault, and no availability.
        #expect(deliveries[0].outcome == .delivered && deliveries[0].fault == (isLate ? .provider : .nobody))
        #expect(deliveries[0].compensation == .zero && deliveries[0].refunded == .zero)
        let reliability = pit.market.exchange.reliability(of: pit.provider)
        #expect(reliability.deliveredShare == Measure(1_000_000) && reliability.availability == Measure(isLate ? 0 : 1_000_000))
        var decoder = BinaryDecoder(pit.market.state)
        #expect(try Exchange(decoding: &decoder).delivery(DeliveryID(1))?.handover == expected)
    }

    @Test("details that come in the second hour make the first late, and the third is in time")
    func laterHours() throws {
        let (pit, deliveries) = try timing(asked: 10, set: [200], hours: 3)
        #expect(deliveries.map(\.handover) == [.missing, .late, .onTime])
        #expect(pit.market.exchange.reliability(of: pit.provider).availability == Measure(333_333))
    }

    @Test("access passes with a resale, until the provider sets it for the new holder")
    func passes() throws {
        let pit = Pit()
        let first = try #require(pit.trade(cents(200), 4, to: pit.alice).order.allocationID)
        pit.market.apply(access(first, 7), as: pit.provider)
        pit.buy(cents(210), 4, as: pit.bob)
        pit.resell(cents(210), 4, as: pit.alice)
        let second = try #require(pit.market.exchange.allocations(of: pit.bob, after: .none, limit: 9).first)
        #expect(second.accessVersion == 7 && pit.market.exchange.accessOrigin(of: second.id) == first)
        #expect(pit.market.exchange.allocation(first)?.status == .transferred)
        var decoder = BinaryDecoder(pit.market.state)
        #expect(try Exchange(decoding: &decoder).accessOrigin(of: second.id) == first)
        pit.market.apply(access(second.id, 9), as: pit.provider)
        #expect(pit.market.exchange.accessOrigin(of: second.id) == second.id)
        #expect(pit.market.exchange.allocation(second.id)?.accessVersion == 9)
    }

    @Test("what was sealed is forgotten 30 days after the last settlement, not before those it passed to are over")
    func erased() throws {
        let pit = Pit()
        let id = try #require(pit.trade(cents(200), 4, to: pit.alice).order.allocationID)
        pit.market.apply(access(id, 7), as: pit.provider)
        pit.advance(minutes: 180)
        pit.report(delivered: 14_400)
        #expect(pit.market.exchange.allocation(id)?.erasedAt == nil && !pit.market.exchange.isErasable(id))
        pit.advance(minutes: 210)
        let end = pit.midnight.start.advanced(minutes: 210).advanced(hours: 720)
        #expect(pit.market.exchange.allocation(id)?.erasedAt == end)
        pit.market.advance(to: end.advanced(microseconds: -1))
        #expect(pit.market.exchange.allocation(id)?.accessVersion == 7 && !pit.market.exchange.isErasable(id))
        pit.market.advance(to: end)
        #expect(pit.market.exchange.allocation(id)?.accessVersion == nil && pit.market.exchange.isErasable(id))
        #expect(!pit.market.exchange.isErasable(AllocationID(99)) && !pit.market.exchange.isErasable(.none))
    }

    @Test("a contact is kept by number alone, by traders alone")
    func contacts() throws {
        let pit = Pit()
        let record = RecordContact(hash: Bytes([UInt8](repeating: 2, count: 32)), version: 5)
        #expect(pit.market.code(.recordContact(record), as: pit.meter) == .forbidden)
        #expect(pit.market.code(.recordContact(RecordContact(hash: Bytes(), version: 0)), as: pit.alice) == .invalidRequest)
        #expect(pit.market.code(.recordContact(record), as: pit.alice) == nil)
        #expect(pit.market.exchange.contactVersion(of: pit.alice) == 5 && pit.market.exchange.contactVersion(of: pit.bob) == nil)
        var decoder = BinaryDecoder(pit.market.state)
        #expect(try Exchange(decoding: &decoder).contactVersion(of: pit.alice) == 5)
        let handover = RecordHandover(allocation: AllocationID(1), kind: .contact, hash: Bytes(), version: 1)
        #expect(pit.market.code(.recordHandover(handover), as: pit.alice) == .invalidRequest)
    }
}
