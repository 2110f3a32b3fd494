import Quantities
import TestSupport
import Testing

@Suite("HourTable")
struct HourTableTests {
    @Test("an hour never set is neutral, and reading allocates nothing")
    func empty() {
        let table = HourTable<UInt32>()
        for number: Int32 in [.min, -1, 0, 498_734, 2_016_143, 2_016_144, .max] { #expect(table[Hour(number)] == 0) }
        #expect(table.isEmpty)
        #expect(table.firstHour == nil)
        #expect(table.allocatedPages == 0)
        #expect(Array(table.entries).isEmpty)
    }

    @Test("a year costs memory only where it is used")
    func sparse() {
        var table = HourTable<UInt32>()
        let first = Hour(498_734)
        for day: Int32 in [0, 100, 365] { table[first + day * 24] = 8 }
        #expect(table.allocatedPages == 3)
        for day: Int32 in [0, 100, 365] { table[first + day * 24] = 0 }
        #expect(table.allocatedPages == 0)
        #expect(table.isEmpty)
    }

    @Test("the first and the last hour of 1970…2199 can be held together")
    func range() {
        var table = HourTable<UInt32>()
        table[Hour(2_016_143)] = 2
        table[Hour(0)] = 1
        #expect(table.entries.map(\.value) == [1, 2])
        #expect(table.entries.map(\.hour) == [Hour(0), Hour(2_016_143)])
        #expect(table.allocatedPages == 2)
    }

    @Test("a value is changed in place: an array in an hour is not copied")
    func inPlace() {
        var table = HourTable<[Int]>(neutral: [])
        table[Hour(70)] = Array(0..<100)
        table[Hour(70)].reserveCapacity(1_000)
        let before = table[Hour(70)].withUnsafeBufferPointer { $0.baseAddress }
        for number in 0..<500 { table[Hour(70)].append(number) }
        let after = table[Hour(70)].withUnsafeBufferPointer { $0.baseAddress }
        #expect(before == after)
        #expect(table[Hour(70)].count == 600)
        table[Hour(70)].removeAll()
        #expect(table.isEmpty)
    }

    @Test("a change that throws midway is still counted")
    func throwing() {
        struct Stop: Error {}
        func change(_ value: inout UInt32) throws {
            value = 5
            throw Stop()
        }
        var table = HourTable<UInt32>()
        #expect(throws: Stop.self) { try change(&table[Hour(9)]) }
        #expect(throws: Stop.self) { try change(&table[Hour(10)]) }
        #expect(table.count == 2)
        #expect(table.entries.map(\.hour) == [Hour(9), Hour(10)])
    }

    @Test("any series of changes gives what a dictionary gives, with pages only where it has entries")
    func twin() throws {
        let seed: UInt64 = 0x4047
        var generator = SeededGenerator(seed: seed)
        for round in 0..<60 {
            var table = HourTable<UInt32>()
            var twin: [Int32: UInt32] = [:]
            let spread = Int32.random(in: 10...2_000, using: &generator)
            let base = Int32.random(in: 2_000...2_000_000, using: &generator)
            for step in 0..<400 {
                let number = base + Int32.random(in: -spread...spread, using: &generator)
                switch Int.random(in: 0..<10, using: &generator) {
                case 0..<5:
                    let value = UInt32.random(in: 1...9, using: &generator)
                    table[Hour(number)] += value
                    twin[number, default: 0] += value
                case 5..<8:
                    table[Hour(number)] = 0
                    twin[number] = nil
                case 8 where step % 20 == 0:
                    table.removeAll(before: Hour(number))
                    twin = twin.filter { $0.key >= number }
                case 9 where step % 50 == 0:
                    for hour in twin.keys { table[Hour(hour)] = 0 }
                    twin = [:]
                default:
                    #expect(table[Hour(number)] == twin[number] ?? 0)
                }
                let pages = Set(twin.keys.map { $0 / 64 }).count
                guard table.count == twin.count, table.allocatedPages == pages else {
                    Issue.record("seed \(seed), round \(round), step \(step): \(table.count) hours in \(table.allocatedPages) pages")
                    return
                }
            }
            let expected = twin.sorted { $0.key < $1.key }
            #expect(table.entries.map(\.hour.hoursSince1970) == expected.map(\.key), "seed \(seed), round \(round)")
            #expect(table.entries.map(\.value) == expected.map(\.value), "seed \(seed), round \(round)")
            #expect(table.firstHour?.hoursSince1970 == expected.first?.key)
            let middle = expected.filter { $0.key >= base && $0.key < base + 100 }.map(\.key)
            #expect(table.entries(from: Hour(base), to: Hour(base + 100)).map(\.hour.hoursSince1970) == middle)

            var encoder = BinaryEncoder()
            table.encodeState(into: &encoder)
            var decoder = BinaryDecoder(encoder.bytes)
            #expect(try HourTable<UInt32>(decoding: &decoder) == table)
            #expect(decoder.isAtEnd)
        }
    }

    @Test("equal contents are equal and encode alike, whatever way they came about")
    func equality() {
        var left = HourTable<UInt32>()
        var right = HourTable<UInt32>()
        left[Hour(1_000)] = 1
        left[Hour(5)] = 2
        right[Hour(9_000)] = 3
        right[Hour(5)] = 2
        #expect(left != right)
        right[Hour(1_000)] = 1
        right[Hour(9_000)] = 0
        #expect(left == right)
        var encoders = (BinaryEncoder(), BinaryEncoder())
        left.encodeState(into: &encoders.0)
        right.encodeState(into: &encoders.1)
        #expect(encoders.0.bytes == encoders.1.bytes)
    }

    @Test("an empty or reversed range has no entries")
    func ranges() {
        var table = HourTable<UInt32>()
        table[Hour(100)] = 1
        #expect(Array(table.entries(from: Hour(100), to: Hour(100))).isEmpty)
        #expect(Array(table.entries(from: Hour(200), to: Hour(50))).isEmpty)
        #expect(Array(table.entries(from: Hour(-5), to: Hour(.max))).count == 1)
    }

    @Test(
        "stored hours out of order, out of range or out of use are refused",
        arguments: [[(5, 1), (5, 2)], [(6, 1), (5, 2)], [(5, 0)], [(-1, 1)], [(2_016_144, 1)]] as [[(Int32, UInt32)]])
    func damaged(entries: [(Int32, UInt32)]) {
        var encoder = BinaryEncoder()
        encoder.append(UInt32(entries.count))
        for (hour, value) in entries {
            encoder.append(Hour(hour))
            encoder.append(value)
        }
        var decoder = BinaryDecoder(encoder.bytes)
        #expect(throws: BinaryDecoder.Failure.self) { try HourTable<UInt32>(decoding: &decoder) }
    }
}
