/// A value for every hour of 1970…2199, of which only the hours in use cost memory.
///
/// Hours that were never set read as one neutral value. Values stand in pages of 64 hours; a page is allocated when an
/// hour in it first differs from the neutral value and freed when none does, so a product with a year of hours costs
/// memory only where somebody trades. The directory of the pages, 16 bytes each, reaches from the first hour that was ever
/// in use to the last and forgets what `removeAll(before:)` passes.
///
///     var sold = HourTable<UInt32>()
///     sold[hour] += 8      // allocates the page of `hour`
///     sold[hour] -= 8      // frees it
///
/// - Invariant: an allocated page has `used > 0`, the others 0.
/// - Complexity: reading and writing an hour in a page that exists is O(1), without hashing and allocation, changed in
///   place. The first hour before or after all others costs O(pages) for the gap, 137 a year.
package struct HourTable<Value: Equatable> {
    @usableFromInline
    struct Page {
        /// 64 values, or none where the page is not allocated.
        @usableFromInline var values: [Value] = []
        /// How many of them differ from the neutral value.
        @usableFromInline var used = 0

        @usableFromInline
        init() {}
    }

    @usableFromInline var pages: [Page] = []
    /// The number of `pages[0]`: its first hour divided by 64.
    @usableFromInline var base = 0
    /// The storage of the page that was freed last, all neutral, so that one hour going in and out of use does not allocate.
    @usableFromInline var spare: [Value] = []
    /// What an hour out of use reads as.
    @usableFromInline let neutral: Value
    @usableFromInline var usedHours = 0

    @usableFromInline static var hoursPerPage: Int { 64 }
    /// 2200-01-01T00, the first hour that the table cannot hold.
    @usableFromInline static var hourLimit: Int { Int(Timestamp.limit.microseconds / Timestamp.microsecondsPerHour) }

    /// A table in which every hour reads as `neutral`.
    package init(neutral: Value) { self.neutral = neutral }

    /// A table in which every hour reads as `Value()`.
    package init() where Value: FieldValue { self.init(neutral: Value()) }

    /// How many hours are in use, that is differ from the neutral value.
    package var count: Int { usedHours }

    /// Whether no hour is in use.
    package var isEmpty: Bool { usedHours == 0 }

    /// How many pages are allocated, the spare one not counted; for tests and the capacity report.
    package var allocatedPages: Int { pages.reduce(0) { $0 + ($1.values.isEmpty ? 0 : 1) } }

    /// The value of an hour; hours outside 1970…2199 read as neutral.
    ///
    /// - Precondition: an hour that is set lies in 1970…2199; the edge refuses the rest.
    @inlinable
    package subscript(hour: Hour) -> Value {
        get {
            let index = Int(hour.hoursSince1970)
            let page = index >> 6 - base
            guard index >= 0, page >= 0, page < pages.count, !pages[page].values.isEmpty else { return neutral }
            return pages[page].values[index & 63]
        }
        _modify {
            let index = Int(hour.hoursSince1970)
            precondition(index >= 0 && index < Self.hourLimit, "an hour outside 1970...2199")
            let page = index >> 6 - base
            if page >= 0, page < pages.count, !pages[page].values.isEmpty {
                let slot = index & 63
                let wasUsed = pages[page].values[slot] != neutral
                defer { settle(page: page, slot: slot, wasUsed: wasUsed) }
                yield &pages[page].values[slot]
            } else {
                var value = neutral
                defer { insert(value, at: index) }
                yield &value
            }
        }
    }

    /// Counts a change in an allocated page and frees the page when its last hour went out of use.
    @inlinable
    mutating func settle(page: Int, slot: Int, wasUsed: Bool) {
        let isUsed = pages[page].values[slot] != neutral
        guard wasUsed != isUsed else { return }
        usedHours += isUsed ? 1 : -1
        pages[page].used += isUsed ? 1 : -1
        if pages[page].used == 0 { free(page) }
    }

    /// Sets an hour whose page is not allocated.
    @usableFromInline
    mutating func insert(_ value: Value, at index: Int) {
        guard value != neutral else { return }
        let number = index >> 6
        if usedHours == 0, number < base || number - base >= pages.count {
            // Nothing to keep: begin anew instead of reaching over from hours long out of use.
            base = number
            pages.removeAll(keepingCapacity: true)
            pages.append(Page())
        } else if number < base {
            pages.insert(contentsOf: repeatElement(Page(), count: base - number), at: 0)
            base = number
        } else {
            while number - base >= pages.count { pages.append(Page()) }
        }
        let page = number - base
        if spare.isEmpty {
            pages[page].values = Array(repeating: neutral, count: Self.hoursPerPage)
        } else {
            swap(&pages[page].values, &spare)
        }
        pages[page].values[index & 63] = value
        pages[page].used = 1
        usedHours += 1
    }

    /// Frees a page. Its place in the directory stays: an hour far from the others that goes in and out of use must not
    /// walk the gap every time.
    @usableFromInline
    mutating func free(_ page: Int) {
        spare = []
        swap(&pages[page].values, &spare)
    }

    /// Puts every hour before `hour` out of use and frees its pages.
    ///
    /// - Complexity: O(pages).
    package mutating func removeAll(before hour: Hour) {
        let limit = Int(hour.hoursSince1970)
        for page in pages.indices where !pages[page].values.isEmpty {
            let start = (base + page) * Self.hoursPerPage
            guard start < limit else { break }
            if start + Self.hoursPerPage <= limit {
                usedHours -= pages[page].used
                pages[page] = Page()
            } else {
                for slot in 0..<limit - start where pages[page].values[slot] != neutral {
                    pages[page].values[slot] = neutral
                    pages[page].used -= 1
                    usedHours -= 1
                }
                if pages[page].used == 0 { pages[page] = Page() }
            }
        }
        let passed = min(pages.count, max(0, limit / Self.hoursPerPage - base))
        pages.removeFirst(passed)
        base += passed
    }

    /// Puts every hour out of use.
    package mutating func removeAll() {
        pages = []
        usedHours = 0
    }
}

extension HourTable: Sendable where Value: Sendable {}
extension HourTable.Page: Sendable where Value: Sendable {}

extension HourTable {
    /// The hours in use and their values, in ascending order.
    package struct Entries: Sequence {
        @usableFromInline let table: HourTable
        @usableFromInline let range: Range<Int>

        @usableFromInline
        init(table: HourTable, range: Range<Int>) {
            self.table = table
            self.range = range
        }

        package func makeIterator() -> Iterator { Iterator(entries: self) }

        /// Steps over pages that are not allocated without looking at their hours.
        package struct Iterator: IteratorProtocol {
            private let table: HourTable
            private var position: Int
            private let end: Int

            @usableFromInline
            init(entries: Entries) {
                table = entries.table
                position = Swift.max(entries.range.lowerBound, table.base * HourTable.hoursPerPage)
                end = Swift.min(entries.range.upperBound, (table.base + table.pages.count) * HourTable.hoursPerPage)
            }

            package mutating func next() -> (hour: Hour, value: Value)? {
                while position < end {
                    let page = position >> 6 - table.base
                    guard !table.pages[page].values.isEmpty else {
                        position = (position >> 6 + 1) * HourTable.hoursPerPage
                        continue
                    }
                    defer { position += 1 }
                    let value = table.pages[page].values[position & 63]
                    if value != table.neutral { return (Hour(Int32(position)), value) }
                }
                return nil
            }
        }
    }

    /// The hours in use, ascending.
    ///
    /// - Complexity: O(pages) in all.
    package var entries: Entries { Entries(table: self, range: 0..<Self.hourLimit) }

    /// The hours in use in `start..<end`, ascending; none where `end` is not after `start`.
    package func entries(from start: Hour, to end: Hour) -> Entries {
        let first = Swift.max(0, Int(start.hoursSince1970))
        return Entries(table: self, range: first..<Swift.max(first, Int(end.hoursSince1970)))
    }

    /// The first hour in use, or nil.
    package var firstHour: Hour? {
        var iterator = entries.makeIterator()
        return iterator.next()?.hour
    }
}

extension HourTable: Equatable {
    /// Whether the same hours are in use with the same values, whatever the pages.
    package static func == (left: HourTable, right: HourTable) -> Bool {
        left.neutral == right.neutral && left.count == right.count
            && left.entries.elementsEqual(right.entries) { $0.hour == $1.hour && $0.value == $1.value }
    }
}

extension HourTable where Value: FieldValue {
    /// Writes the number of hours in use, then each hour and its value, ascending: equal tables give equal bytes.
    package func encodeState(into encoder: inout BinaryEncoder) {
        encoder.append(UInt32(count))
        for (hour, value) in entries {
            encoder.append(hour)
            encoder.append(value)
        }
    }

    /// Reads what `encodeState` wrote; fails on hours out of order, out of range or with the neutral value.
    package init(decoding decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        self.init()
        let count = try decoder.read(UInt32.self)
        var previous = -1
        for _ in 0..<count {
            let offset = decoder.offset
            let hour = try decoder.read(Hour.self)
            let value = try decoder.read(Value.self)
            let index = Int(hour.hoursSince1970)
            guard index > previous, index < Self.hourLimit, value != neutral else {
                throw BinaryDecoder.Failure(offset: offset, reason: "an hour out of order, out of range or out of use")
            }
            self[hour] = value
            previous = index
        }
    }
}
