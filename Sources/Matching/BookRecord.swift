/// One book: its touch, its levels and its stops.
///
/// The first cache line holds what a plain limit order needs. "No best price" is 0 for bids and the largest number for asks, so that a limit
/// never reaches it and the sweep's comparison needs no second case; prices lie in 1…2⁶³−1. The numbers do not leave the module.
///
/// - Invariant: `MemoryLayout<BookRecord>.stride == 128`, checked when a pool is made.
struct BookRecord: BitwiseCopyable {
    /// The best bid when nothing is bid.
    static var noBid: UInt64 { 0 }
    /// The best ask when nothing is offered.
    static var noAsk: UInt64 { .max }

    /// Highest price bid, in ticks.
    var bestBid: UInt64 = noBid
    /// Lowest price asked, in ticks.
    var bestAsk: UInt64 = noAsk
    /// The levels around the touch.
    var window: LevelWindow = .none
    /// Price levels in use, inside the window and outside.
    var levels: UInt32 = 0
    /// Orders that rest, both sides.
    var orders: UInt32 = 0
    /// Whether `openBook` gave it out and `closeBook` has not taken it back.
    var isOpen = false

    /// The levels outside the window.
    var sparse: SparseLevels = .none
    /// Insertions outside the window since it was last fitted.
    var misses: UInt32 = 0
    /// How many levels make the window worth fitting again.
    var fitAtLevels: UInt32 = 0
    /// Root of the tree of waiting buy stops; 0 is none.
    var buyStops: UInt32 = 0
    /// Root of the tree of waiting sell stops; 0 is none.
    var sellStops: UInt32 = 0
    /// Stops that wait, both sides.
    var stops: UInt32 = 0
    /// The next closed book's index, for a closed one.
    var nextClosed: UInt32 = 0
    /// Fills two cache lines.
    private var padding: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// The best price of a side, or its "no best price".
    @inline(__always)
    func best(_ side: Side) -> UInt64 {
        bestBid ^ ((bestBid ^ bestAsk) & side.mask)
    }

    /// Whether an order of `side` at `price` would trade: complementing both prices turns a sell's comparison into a buy's.
    @inline(__always)
    func isReached(by side: Side, at price: UInt64) -> Bool {
        best(side.opposite) ^ side.mask <= price ^ side.mask
    }

    /// The price at which an order of `side` begins: that of the best counterpart when it would trade, else its own.
    @inline(__always)
    func priceTouched(by side: Side, at price: UInt64) -> UInt64 {
        min(best(side.opposite) ^ side.mask, price ^ side.mask) ^ side.mask
    }

    /// Moves the best price of `side` to `price` if that is better.
    @inline(__always)
    mutating func improve(_ side: Side, to price: UInt64) {
        bestBid = max(bestBid, price & ~side.mask)
        bestAsk = min(bestAsk, price | ~side.mask)
    }
}
