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
