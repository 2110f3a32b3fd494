/// A list that only grows, in blocks: an element never moves, so that no append copies what is there.
struct GrowingList<Element: Sendable>: RandomAccessCollection, MutableCollection, Sendable {
    private var blocks: [[Element]] = []
    private(set) var count = 0

    private static var blockSize: Int { 4_096 }

    init() {}
    init(_ elements: [Element]) { for element in elements { append(element) } }

    var startIndex: Int { 0 }
    var endIndex: Int { count }

    subscript(position: Int) -> Element {
        _read { yield blocks[position / Self.blockSize][position % Self.blockSize] }
        _modify { yield &blocks[position / Self.blockSize][position % Self.blockSize] }
    }

    /// O(1).
    mutating func append(_ element: Element) {
        if count % Self.blockSize == 0 {
            var block: [Element] = []
            // The first block grows as it is needed: most lists are short.
            if count > 0 { block.reserveCapacity(Self.blockSize) }
            blocks.append(block)
        }
        blocks[blocks.count - 1].append(element)
        count += 1
    }
}
