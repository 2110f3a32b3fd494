/// The side of an order: who pays and who delivers.
@usableFromInline package enum Side: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// Pays cash for device-hours.
    case buy
    /// Delivers device-hours for cash.
    case sell

    /// The side this one trades with.
    @inlinable
    package var opposite: Side {
        self == .buy ? .sell : .buy
    }

    /// All zeros for a buy, all ones for a sell: incoming orders' sides are as good as random, so a processor mispredicts every second
    /// branch on them, and the hot path selects by mask instead.
    @inline(__always)
    var mask: UInt64 { 0 &- UInt64(rawValue) }
}

/// What happens when an incoming order meets a resting order of the same owner. The incoming order's mode decides.
@usableFromInline package enum SelfTradePrevention: UInt8, Sendable, BitwiseCopyable, CaseIterable {
    /// The incoming order stops there: what it has filled stays, its remainder is cancelled.
    case cancelNewest
    /// The resting order is cancelled whole and the sweep goes on.
    case cancelOldest
    /// The resting order is cancelled whole and the incoming order stops there.
    case cancelBoth
}
