/// What a `NumberedList` keeps: a record whose place can be told to be empty.
protocol Departing: Sendable {
    /// What stands in the place of a record that has left.
    static var departed: Self { get }
    /// Whether this is no record but the place of one that has left.
    var hasDeparted: Bool { get }
}

/// Records by number, from 0 in the order of coming, which leave again: in blocks, so that no append copies what is there, and a block
/// whose records have all left gives its memory back.
///
///     var list = NumberedList<DeliveryState>()
///     list.append(first)      // number 0
///     list.remove(at: 0)      // list.contains(0) is false, list.count stays 1
///
/// - Invariant: a block has no elements only where all 4,096 have left; blocks before `base` are no longer listed.
struct NumberedList<Element: Departing>: Sendable {
    private struct Block: Sendable {
        var elements: [Element] = []
        var kept = 0
    }

    private var blocks: [Block] = []
    /// How many blocks at the beginning are gone.
    private var base = 0
    /// The number that the next record gets: so many there were.
    private(set) var count = 0
    /// How many are here.
    private(set) var kept = 0

    private static var blockSize: Int { 4_096 }
    /// The most blocks that may be listed: what is read from outside is bounded by it.
    private static var blockLimit: Int { 1 << 20 }

    init() {}

    /// Whether a number's record is here.
    func contains(_ position: Int) -> Bool {
        guard position >= 0, position < count else { return false }
        let block = position / Self.blockSize - base
        guard block >= 0, !blocks[block].elements.isEmpty else { return false }
        return !blocks[block].elements[position % Self.blockSize].hasDeparted
    }

    /// A record in place.
    ///
    /// - Precondition: it is here.
    subscript(position: Int) -> Element {
        _read { yield blocks[position / Self.blockSize - base].elements[position % Self.blockSize] }
        _modify { yield &blocks[position / Self.blockSize - base].elements[position % Self.blockSize] }
    }

    /// Adds a record with the next number. O(1).
    mutating func append(_ element: Element) {
        if count % Self.blockSize == 0 {
            var block = Block()
            // The first block grows as it is needed: most lists are short.
            if count > 0 { block.elements.reserveCapacity(Self.blockSize) }
            blocks.append(block)
        }
        blocks[blocks.count - 1].elements.append(element)
        blocks[blocks.count - 1].kept += 1
        count += 1
        kept += 1
    }

    /// Lets a record leave; its number stays taken. Amortised O(1).
    ///
    /// - Precondition: it is here.
    mutating func remove(at position: Int) {
        let block = position / Self.blockSize - base
        blocks[block].elements[position % Self.blockSize] = .departed
        blocks[block].kept -= 1
        kept -= 1
        // The last block goes on where it is.
        if blocks[block].kept == 0, blocks[block].elements.count == Self.blockSize {
            blocks[block].elements = []
            if blocks[0].elements.isEmpty { forgetEmptyBlocks() }
        }
    }

    /// The list of empty blocks at the beginning is cut when it is half of all, so that a cut costs as little as what it frees.
    private mutating func forgetEmptyBlocks() {
        let empty = blocks.prefix { $0.elements.isEmpty }.count
        guard empty > 0, empty * 2 >= blocks.count else { return }
        blocks.removeFirst(empty)
        base += empty
    }

    /// The first number from one on whose record is here; nil where there is none. O(1) for each block that is empty.
    func next(from position: Int) -> Int? {
        var looks = 0
        return next(from: position, looks: &looks)
    }

    /// The same, adding to `looks` how many places it looked at: of a block with one record left it may be all.
    func next(from position: Int, looks: inout Int) -> Int? {
        var position = Swift.max(position, base * Self.blockSize)
        while position < count {
            let block = blocks[position / Self.blockSize - base]
            if block.kept == 0 {
                looks += 1
                position = (position / Self.blockSize + 1) * Self.blockSize
                continue
            }
            let end = Swift.min(block.elements.count, Self.blockSize)
            var place = position % Self.blockSize
            while place < end {
                looks += 1
                if !block.elements[place].hasDeparted { return position / Self.blockSize * Self.blockSize + place }
                place += 1
            }
            position = (position / Self.blockSize + 1) * Self.blockSize
        }
        return nil
    }

    /// A list of `count` numbers of which these are here, ascending; nil where that cannot be.
    init?(count: Int, _ elements: [(position: Int, element: Element)]) {
        guard count >= 0, count <= Int(Int64.max) / 2 else { return nil }
        self.count = count
        let end = (count + Self.blockSize - 1) / Self.blockSize
        // A block that is not full is listed whether something of it is here or not: the next number goes into it.
        var first = count % Self.blockSize == 0 ? end : end - 1
        if let earliest = elements.first?.position {
            guard earliest >= 0 else { return nil }
            first = Swift.min(first, earliest / Self.blockSize)
        }
        guard end - first <= Self.blockLimit else { return nil }
        base = first
        blocks = Array(repeating: Block(), count: end - first)
        var previous = -1
        for (position, element) in elements {
            guard position > previous, position < count, !element.hasDeparted else { return nil }
            previous = position
            fill(position / Self.blockSize)
            blocks[position / Self.blockSize - base].elements[position % Self.blockSize] = element
            blocks[position / Self.blockSize - base].kept += 1
            kept += 1
        }
        if count % Self.blockSize != 0 { fill(end - 1) }
    }

    /// Makes a block's places.
    private mutating func fill(_ number: Int) {
        guard blocks[number - base].elements.isEmpty else { return }
        let size = Swift.min(Self.blockSize, count - number * Self.blockSize)
        blocks[number - base].elements = Array(repeating: .departed, count: size)
    }
}

extension NumberedList: Sequence {
    /// The records that are here, by number.
    struct Iterator: IteratorProtocol {
        fileprivate let list: NumberedList
        fileprivate var position = 0

        mutating func next() -> Element? {
            guard let found = list.next(from: position) else { return nil }
            position = found + 1
            return list[found]
        }
    }

    func makeIterator() -> Iterator { Iterator(list: self) }
    var underestimatedCount: Int { kept }
}
