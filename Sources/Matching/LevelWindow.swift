/// The price levels around the touch: an array with one place for each tick, and a bitmap that finds the next one in use.
///
/// Both sides share it, for at any price only one of them can rest. A summary above the bitmap has a bit for each of its words.
///
/// - Invariant: the bit of a level is set exactly when the level has orders.
struct LevelWindow: BitwiseCopyable {
    /// The widest window, in ticks (128 MiB of levels, of which only pages in use are memory).
    static var widest: UInt64 { 1 << 22 }
    /// The narrowest window, in ticks (2 KiB of levels and one cache line of bits).
    static var narrowest: UInt64 { 64 }

    /// One level a tick, the first at `base`.
    private(set) var levels: Cells<PriceLevel>
    /// One bit a level, then the summary's words.
    private var bits: Cells<UInt64>
    /// The lowest price covered, in ticks.
    private(set) var base: UInt64
    /// How many ticks it covers: a power of two, or 0 when there is no window.
    private(set) var width: UInt32

    /// No window: it covers nothing and costs nothing.
    static var none: LevelWindow { LevelWindow(levels: .none, bits: .none, base: 0, width: 0) }

    private init(levels: Cells<PriceLevel>, bits: Cells<UInt64>, base: UInt64, width: UInt32) {
        self.levels = levels
        self.bits = bits
        self.base = base
        self.width = width
    }

    /// An empty window over `width` ticks from `base`.
    init(base: UInt64, width: UInt64, from pool: inout MemoryPool) {
        precondition(width >= Self.narrowest && width <= Self.widest && width & (width - 1) == 0, "not a width")
        self.base = base
        self.width = UInt32(width)
        levels = pool.allocate(PriceLevel.self, count: Int(width))
        bits = pool.allocate(UInt64.self, count: Self.words(UInt32(width)))
    }

    /// Gives the memory back and covers nothing from now on.
    mutating func release(to pool: inout MemoryPool) {
        guard width > 0 else { return }
        pool.release(levels, count: Int(width))
        pool.release(bits, count: Self.words(width))
        self = .none
    }

    /// Gives the memory straight to the system when the books end.
    func discard() {
        MemoryPool.discard(levels, count: Int(width))
        MemoryPool.discard(bits, count: Self.words(width))
    }

    /// Whether it has a place for `price`.
    @inline(__always)
    func covers(_ price: UInt64) -> Bool {
        price &- base < UInt64(width)
    }

    /// The level at `price`, which the window must cover; empty when nothing rests there.
    @inline(__always)
    func level(at price: UInt64) -> Place<PriceLevel> {
        levels.place(Int(price &- base))
    }

    /// Notes that the level at `price` has orders now.
    @inline(__always)
    func mark(_ price: UInt64) {
        let index = Int(price &- base)
        let word = index >> 6
        let before = bits[word]
        bits[word] = before | 1 &<< UInt64(index)
        if before == 0 { bits[levelWords + word >> 6] |= 1 &<< UInt64(word) }
    }

    /// Notes that the level at `price` has none any more.
    @inline(__always)
    func unmark(_ price: UInt64) {
        let index = Int(price &- base)
        let word = index >> 6
        let left = bits[word] & ~(1 &<< UInt64(index))
        bits[word] = left
        if left == 0 { bits[levelWords + word >> 6] &= ~(1 &<< UInt64(word)) }
    }

    /// The lowest price in use above `price`, nil when there is none in the window. `price` may lie anywhere.
    ///
    /// - Complexity: O(1) for a neighbour within 4,096 ticks, else one word for each further 4,096 ticks.
    func above(_ price: UInt64) -> UInt64? {
        guard width > 0 else { return nil }
        var index = 0
        if price >= base {
            guard price &- base < UInt64(width &- 1) else { return nil }
            index = Int(price &- base) &+ 1
        }
        var word = index >> 6
        let here = bits[word] & (~0 &<< UInt64(index))
        if here != 0 { return base &+ UInt64(word << 6 | here.trailingZeroBitCount) }
        word &+= 1
        let summaries = levelWords
        var summary = word >> 6
        guard summary < summaryWords else { return nil }
        var found = bits[summaries + summary] & (~0 &<< UInt64(word))
        while found == 0 {
            summary += 1
            guard summary < summaryWords else { return nil }
            found = bits[summaries + summary]
        }
        word = summary << 6 | found.trailingZeroBitCount
        return base + UInt64(word << 6 | bits[word].trailingZeroBitCount)
    }

    /// The highest price in use below `price`, nil when there is none in the window. `price` may lie anywhere.
    ///
    /// - Complexity: as `above`.
    func below(_ price: UInt64) -> UInt64? {
        guard width > 0, price > base else { return nil }
        let index = Int(min(price &- base, UInt64(width)) &- 1)
        var word = index >> 6
        let here = bits[word] & (~0 &>> UInt64(63 &- index & 63))
        if here != 0 { return base &+ UInt64(word << 6 | 63 &- here.leadingZeroBitCount) }
        guard word > 0 else { return nil }
        word -= 1
        let summaries = levelWords
        var summary = word >> 6
        var found = bits[summaries + summary] & (~0 &>> UInt64(63 &- word & 63))
        while found == 0 {
            guard summary > 0 else { return nil }
            summary -= 1
            found = bits[summaries + summary]
        }
        word = summary << 6 | 63 &- found.leadingZeroBitCount
        return base + UInt64(word << 6 | 63 &- bits[word].leadingZeroBitCount)
    }

    /// Where the level of `price` lies, for a prefetch; of a price that the window does not cover, somewhere.
    @inline(__always)
    func address(of price: UInt64) -> UnsafeRawPointer? {
        levels.address(Int(truncatingIfNeeded: price &- base))
    }

    /// Words of level bits; the summary's begin there.
    @inline(__always)
    private var levelWords: Int { Int(width >> 6) }

    @inline(__always)
    private var summaryWords: Int { Self.summaryWords(width) }

    @inline(__always)
    private static func summaryWords(_ width: UInt32) -> Int { Int((width &+ 4095) >> 12) }

    private static func words(_ width: UInt32) -> Int { summaryWords(width) + Int(width >> 6) }
}
