import Matching
import TestSupport
import Testing

@Suite struct OrderDirectoryTests {
    @Test func `an identifier leads to its slot until it is removed`() {
        var directory = OrderDirectory()
        #expect(directory.slot(of: 5) == nil)
        directory.set(5, slot: OrderSlot(index: 7))
        #expect(directory.slot(of: 5) == OrderSlot(index: 7))
        #expect(directory.slot(of: 6) == nil)
        directory.set(5, slot: OrderSlot(index: 8))
        #expect(directory.slot(of: 5) == OrderSlot(index: 8))
        #expect(directory.count == 1)
        directory.remove(5)
        directory.remove(5)
        #expect(directory.slot(of: 5) == nil)
        #expect(directory.count == 0)
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 4095, 1_000_000, .max])
    func `an identifier that was never set has no slot`(id: Int64) {
        var directory = OrderDirectory()
        #expect(directory.slot(of: id) == nil)
        directory.set(500_000, slot: OrderSlot(index: 1))
        #expect(directory.slot(of: id) == nil)
        directory.remove(id)
        directory.prefetch(id)
        #expect(directory.count == 1)
    }

    @Test func `identifiers may come in any order, as from a snapshot`() {
        var directory = OrderDirectory()
        let ids = [700_000, 20, 300_000, 699_999, 4_096, 4_095, 0] as [Int64]
        for (place, id) in ids.enumerated() { directory.set(id, slot: OrderSlot(index: UInt32(place + 1))) }
        for (place, id) in ids.enumerated() { #expect(directory.slot(of: id) == OrderSlot(index: UInt32(place + 1))) }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `it does what a dictionary does`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var directory = OrderDirectory()
        var twin: [Int64: OrderSlot] = [:]
        var next: Int64 = 1_000_000_000
        for _ in 0..<30_000 {
            let id = generator.next() % 3 == 0 ? next - Int64(generator.next() % 30_000) : next
            if generator.next() % 2 == 0 {
                let slot = OrderSlot(index: UInt32(1 + generator.next() % 1_000))
                directory.set(id, slot: slot)
                twin[id] = slot
            } else {
                directory.remove(id)
                twin[id] = nil
            }
            next += Int64(generator.next() % 8)
            guard directory.slot(of: id) == twin[id], directory.count == twin.count else {
                Issue.record("seed \(seed): \(id) differs")
                return
            }
        }
        #expect(twin.allSatisfy { directory.slot(of: $0.key) == $0.value })
    }

    @Test func `chunks without an order give their memory back`() {
        var directory = OrderDirectory()
        directory.set(3, slot: OrderSlot(index: 9))
        for id in 4...2_000_000 as ClosedRange<Int64> {
            directory.set(id, slot: OrderSlot(index: 1))
            if id > 1_000 { directory.remove(id - 990) }
        }
        #expect(directory.slot(of: 3) == OrderSlot(index: 9))
        #expect(directory.bytes < 1 << 20)
    }
}
