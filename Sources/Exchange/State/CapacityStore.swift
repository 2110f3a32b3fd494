import Matching
import Quantities

/// What of a resource's certified units in one hour is spoken for.
struct ResourceHour: Equatable, BitwiseCopyable, FieldValue {
    var sold: Quantity = 0
    var onOffer: Quantity = 0

    init() {}
    mutating func code<C: FieldCoder>(_ coder: inout C) {
        coder.integer(&sold)
        coder.integer(&onOffer)
    }
}

/// What is sold and on offer of every resource in every hour, of which only the hours in use cost memory.
///
/// Values stand in pages of 64 hours of one resource, found by open addressing: two cache lines a look-up. A page is there while an hour
/// in it is in use. (`HourTable` does the same for any value; this one is plain memory, since every order and every trade comes here.)
///
/// An hour in use has a cell, and the cell stays while the hour is in use: an order on offer remembers it.
///
/// - Invariant: a page in the table has an hour in use; every cell of a page that is not in the table is zero.
struct CapacityStore: ~Copyable {
    private struct Page: BitwiseCopyable {
        /// The resource's number; 0 in a free place.
        var resource: UInt32 = 0
        /// The first hour divided by 64.
        var number: Int32 = 0
        /// Where its values begin, divided by 64.
        var run: UInt32 = 0
        var padding: UInt32 = 0
    }

    /// The first and the last page that a resource ever had.
    private struct Span: BitwiseCopyable {
        var first = Int32.max
        var last = Int32.min
    }

    private var places = [Page](repeating: Page(), count: 64)
    private var pages = 0
    private var values = Slab<ResourceHour>(reserving: 1 << 24)
    /// By run: how many of its hours are in use.
    private var used: [UInt32] = []
    private var freeRuns: [UInt32] = []
    private var spans: [Span] = []

    /// What is spoken for of a resource in an hour. O(1).
    subscript(_ resource: ResourceID, _ hour: Hour) -> ResourceHour {
        let position = find(resource, hour.hoursSince1970 >> 6)
        guard places[position].resource != 0 else { return ResourceHour() }
        return values.cells[Int(places[position].run) << 6 | Int(hour.hoursSince1970 & 63)]
    }

    /// Changes what is spoken for in an hour; answers its cell, good while the hour is in use. Amortised O(1).
    @inline(__always)
    @discardableResult
    mutating func change(_ resource: ResourceID, _ hour: Hour, _ body: (inout ResourceHour) -> Void) -> UInt32 {
        var position = find(resource, hour.hoursSince1970 >> 6)
        if places[position].resource == 0 { position = insert(resource, hour.hoursSince1970 >> 6) }
        let cell = places[position].run << 6 | UInt32(hour.hoursSince1970 & 63)
        change(cell: cell, resource, hour, body)
        return cell
    }

    /// As above, of an hour in use whose cell is known.
    @inline(__always)
    mutating func change(cell: UInt32, _ resource: ResourceID, _ hour: Hour, _ body: (inout ResourceHour) -> Void) {
        let value = values.cells.place(Int(cell))
        let wasUsed = value.record != ResourceHour()
        body(&value.record)
        let isUsed = value.record != ResourceHour()
        if wasUsed != isUsed {
            let run = Int(cell >> 6)
            used[run] = isUsed ? used[run] &+ 1 : used[run] &- 1
            if used[run] == 0 { remove(find(resource, hour.hoursSince1970 >> 6)) }
        }
    }

    /// The hours of a resource that are in use within `[start, end)`, ascending.
    func forEach(_ resource: ResourceID, from start: Hour = Hour(0), to end: Hour = Hour(.max), _ body: (Hour, ResourceHour) -> Void) {
        let index = Int(resource.rawValue) - 1
        guard spans.indices.contains(index), spans[index].first <= spans[index].last else { return }
        var number = max(spans[index].first, start.hoursSince1970 >> 6)
        while number <= min(spans[index].last, end.hoursSince1970 >> 6) {
            let page = places[find(resource, number)]
            if page.resource != 0 {
                for offset in 0..<64 {
                    let hour = Hour(number << 6 | Int32(offset))
                    let value = values.cells[Int(page.run) << 6 | offset]
                    if value != ResourceHour(), hour >= start, hour < end { body(hour, value) }
                }
            }
            number += 1
        }
    }

    /// Writes the number of a resource's hours in use, then each hour and its value, ascending.
    func encodeState(of resource: ResourceID, into encoder: inout BinaryEncoder) {
        var count: UInt32 = 0
        forEach(resource) { _, _ in count += 1 }
        encoder.append(count)
        forEach(resource) { hour, value in
            encoder.append(hour)
            encoder.append(value)
        }
    }

    /// The cell of an hour in use.
    func cell(of resource: ResourceID, _ hour: Hour) -> UInt32? {
        let position = find(resource, hour.hoursSince1970 >> 6)
        return places[position].resource == 0 ? nil : places[position].run << 6 | UInt32(hour.hoursSince1970 & 63)
    }

    /// Reads what `encodeState` wrote for a resource; fails on hours out of order, out of range or out of use.
    mutating func decodeState(of resource: ResourceID, from decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        var previous: Int32 = -1
        for _ in 0..<(try decoder.read(UInt32.self)) {
            let hour = try decoder.read(Hour.self)
            let value = try decoder.read(ResourceHour.self)
            guard hour.hoursSince1970 > previous, hour.end <= .limit, value != ResourceHour(), value.sold <= 1 << 30,
                value.onOffer <= 1 << 30
            else { throw decoder.damaged("an hour out of order, out of range or out of use") }
            change(resource, hour) { $0 = value }
            previous = hour.hoursSince1970
        }
    }

    /// Brings in where the search for an hour begins: a hint.
    func prefetchPlace(_ resource: ResourceID, _ hour: Hour) {
        let home = home(UInt32(truncatingIfNeeded: resource.rawValue), hour.hoursSince1970 >> 6)
        unsafe places.withUnsafeBufferPointer { unsafe Prefetch.line($0.baseAddress.map { UnsafeRawPointer($0 + home) }) }
    }

    /// Brings in an hour's value: a hint.
    func prefetch(_ resource: ResourceID, _ hour: Hour) {
        let position = find(resource, hour.hoursSince1970 >> 6)
        guard places[position].resource != 0 else { return }
        prefetch(cell: places[position].run << 6 | UInt32(hour.hoursSince1970 & 63))
    }

    /// Brings in the value of a cell: a hint.
    func prefetch(cell: UInt32) { unsafe Prefetch.line(values.cells.address(Int(cell))) }

    // MARK: The table

    /// The place of a page, or the free place where it would stand.
    @inline(__always)
    private func find(_ resource: ResourceID, _ number: Int32) -> Int {
        let key = UInt32(truncatingIfNeeded: resource.rawValue)
        var position = home(key, number)
        while places[position].resource != 0, places[position].resource != key || places[position].number != number {
            position = (position &+ 1) & (places.count &- 1)
        }
        return position
    }

    @inline(__always)
    private func home(_ resource: UInt32, _ number: Int32) -> Int {
        let mixed = (UInt64(resource) << 32 | UInt64(UInt32(bitPattern: number))) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed >> 32) & (places.count &- 1)
    }

    @inline(never)
    private mutating func insert(_ resource: ResourceID, _ number: Int32) -> Int {
        if 2 * (pages + 1) > places.count {
            let old = places
            places = [Page](repeating: Page(), count: 2 * old.count)
            for page in old where page.resource != 0 { places[find(ResourceID(Int64(page.resource)), page.number)] = page }
        }
        var run = UInt32(values.count >> 6)
        if let free = freeRuns.popLast() {
            run = free
        } else {
            for _ in 0..<64 { values.append() }
            used.append(0)
        }
        let position = find(resource, number)
        places[position] = Page(resource: UInt32(truncatingIfNeeded: resource.rawValue), number: number, run: run)
        pages += 1
        let index = Int(resource.rawValue) - 1
        while spans.count <= index { spans.append(Span()) }
        spans[index].first = min(spans[index].first, number)
        spans[index].last = max(spans[index].last, number)
        return position
    }

    /// Takes a page out and closes the gap behind it, so that every page stays reachable from its home.
    @inline(never)
    private mutating func remove(_ position: Int) {
        freeRuns.append(places[position].run)
        pages -= 1
        let mask = places.count - 1
        var hole = position
        var next = (hole + 1) & mask
        while places[next].resource != 0 {
            let home = home(places[next].resource, places[next].number)
            // A page may move back only to where its home still leads to.
            if (next - home) & mask >= (next - hole) & mask {
                places[hole] = places[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        places[hole] = Page()
    }
}
