import Quantities
import Registry

/// A whole bid that waits until somebody sells what it wants.
struct StandingBid: Sendable {
    var id = BidID.none
    var participant = ParticipantID.none
    /// The bidder's owner, whose asks it never takes.
    var owner: UInt32 = 0
    var spec = BidSpec()
    /// Cash set aside for it: no plan may cost more.
    var reserved = Micros.zero
    /// The products that may serve it, ascending.
    var products: [ProductID] = []

    /// Where it stands among the others.
    var rank: BidRank { BidRank(limit: spec.limitPerDeviceHour, isHidden: spec.hidden == true, id: id) }
}

/// The order in which standing bids are tried: highest limit, hidden ones last at a price, then oldest.
struct BidRank: Comparable, Hashable, BitwiseCopyable, Sendable {
    var limit: Int64
    var isHidden: Bool
    var id: BidID

    static func < (left: BidRank, right: BidRank) -> Bool {
        if left.limit != right.limit { return left.limit > right.limit }
        if left.isHidden != right.isHidden { return right.isHidden }
        return left.id < right.id
    }
}

extension BidSpec {
    /// The most that a device-hour may cost, in micros: the limit price, or ⌊max_total / (quantity × hours)⌋.
    var limitPerDeviceHour: Int64 {
        if let limitPrice { return limitPrice.rawValue }
        let hours = Int64(quantity) * Int64(durationHours)
        return hours > 0 ? (maxTotal?.rawValue ?? 0) / hours : 0
    }
}

/// What a product keeps of a bid that it may serve: the little that decides whether new asks can matter to it.
struct BidWatch: BitwiseCopyable {
    var rank: BidRank
    /// Its place in `StandingBids`.
    var place: Int32
    var earliestStart: Hour
    var latestEnd: Hour
    /// `Int32.max` once the bid is gone: no run is as long.
    var durationHours: Int32
    var quantity: Quantity
    var placement: Placement

    /// Whether a run of `length` hours with asks on what holds together, of which `[first, last]` are new, can matter to it.
    @inline(__always)
    func isConcerned(first: Hour, last: Hour) -> Bool { first < latestEnd && last >= earliestStart }
}

/// Asks of one resource, or resales, that came in a run of hours of a product.
struct NewAsks: BitwiseCopyable {
    var product: ProductID
    /// None for resales.
    var resource: ResourceID
    var first: Hour
    var last: Hour
}

/// A standing bid that is to be tried: where the new asks stand, or everywhere.
struct WokenBid: BitwiseCopyable {
    var rank: BidRank
    /// None where trading was resumed: then any plan may have become feasible.
    var asks: NewAsks?
}

/// All standing bids: by place, in their order, and by the products that may serve them.
///
/// - Invariant: `order` is sorted; a product's watches ascend by bid, dead ones marked.
struct StandingBids {
    private var entries: [StandingBid?] = []
    private var free: [Int32] = []
    /// Places in the order in which bids are tried.
    private(set) var order: [(rank: BidRank, place: Int32)] = []
    private var places: [BidID: Int32] = [:]
    /// By participant: how many of its bids stand.
    private var counts: [Int] = []
    /// By product.
    private var watches: [[BidWatch]] = []
    private var dead: [Int] = []
    private var hours: [WatchedHours] = []

    /// Asks that came since the standing bids were last looked at.
    var newAsks: [NewAsks] = []
    /// Bids that may have become feasible, the first to be tried at the end.
    var woken: [WokenBid] = []
    /// Whether there is nothing to look at: every command asks.
    var isQuiet = true

    /// The most standing bids of one participant.
    static let limit = 1_000

    var count: Int { order.count }

    /// A standing bid by its number.
    subscript(_ id: BidID) -> StandingBid? { places[id].flatMap { entries[Int($0)] } }
    /// A standing bid by its place.
    subscript(place place: Int32) -> StandingBid? { entries[Int(place)] }

    /// How many bids of a participant stand.
    func count(of participant: ParticipantID) -> Int {
        let index = Int(participant.rawValue)
        return counts.indices.contains(index) ? counts[index] : 0
    }

    /// Counts one more, or one less, of a participant: hourly bids are counted here and stand in the books.
    mutating func count(_ change: Int, of participant: ParticipantID) {
        let index = Int(participant.rawValue)
        while counts.count <= index { counts.append(0) }
        counts[index] += change
    }

    /// The bids that a product may serve, dead ones included.
    func watches(of product: ProductID) -> [BidWatch] {
        let index = Int(product.index)
        return watches.indices.contains(index) ? watches[index] : []
    }

    /// Whether a living bid watches a product.
    func isWatched(_ product: ProductID) -> Bool {
        let index = Int(product.index)
        return watches.indices.contains(index) && watches[index].count > dead[index]
    }

    /// Whether the window of a living bid that watches a product holds an hour.
    mutating func isWatched(_ product: ProductID, _ hour: Hour) -> Bool {
        let index = Int(product.index)
        return hours.indices.contains(index) && hours[index].contains(hour)
    }

    /// Lets a bid stand.
    ///
    /// - Complexity: O(bids) moves of 32 bytes.
    mutating func insert(_ bid: StandingBid) {
        let place = free.popLast() ?? Int32(entries.count)
        if Int(place) == entries.count { entries.append(bid) } else { entries[Int(place)] = bid }
        places[bid.id] = place
        let rank = bid.rank
        order.insert((rank, place), at: position(of: rank))
        count(1, of: bid.participant)
        for product in bid.products { watch(product, bid, place) }
    }

    /// Takes a bid out; nil where it does not stand.
    @discardableResult
    mutating func remove(_ id: BidID) -> StandingBid? {
        guard let place = places.removeValue(forKey: id), let bid = entries[Int(place)] else { return nil }
        entries[Int(place)] = nil
        free.append(place)
        order.remove(at: position(of: bid.rank))
        count(-1, of: bid.participant)
        for product in bid.products { unwatch(product, id) }
        return bid
    }

    /// Lets a bid that stands watch one more product, listed after it was accepted.
    mutating func add(_ product: ProductID, to id: BidID) {
        guard let place = places[id], var bid = entries[Int(place)] else { return }
        bid.products.append(product)
        entries[Int(place)] = bid
        watch(product, bid, place)
    }

    /// Bids of a participant that stand, oldest first.
    func ids(of participant: ParticipantID) -> [BidID] {
        guard count(of: participant) > 0 else { return [] }
        return order.compactMap { entries[Int($0.place)] }.filter { $0.participant == participant }.map(\.id).sorted()
    }

    private func position(of rank: BidRank) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if order[middle].rank < rank { low = middle + 1 } else { high = middle }
        }
        return low
    }

    // MARK: Watches

    private mutating func watch(_ product: ProductID, _ bid: StandingBid, _ place: Int32) {
        let index = Int(product.index)
        while watches.count <= index {
            watches.append([])
            dead.append(0)
            hours.append(WatchedHours())
        }
        hours[index].add(from: bid.spec.earliestStart, to: bid.spec.latestEnd)
        let watch = BidWatch(
            rank: bid.rank, place: place, earliestStart: bid.spec.earliestStart, latestEnd: bid.spec.latestEnd,
            durationHours: bid.spec.durationHours, quantity: bid.spec.quantity, placement: bid.spec.placement ?? .sameResource)
        watches[index].insert(watch, at: watchPosition(index, bid.id))
    }

    private mutating func unwatch(_ product: ProductID, _ id: BidID) {
        let index = Int(product.index)
        let position = watchPosition(index, id)
        precondition(position < watches[index].count && watches[index][position].rank.id == id, "a bid that watches nothing")
        watches[index][position].durationHours = .max
        hours[index].remove(from: watches[index][position].earliestStart, to: watches[index][position].latestEnd)
        dead[index] += 1
        if dead[index] > 16, dead[index] * 2 > watches[index].count {
            watches[index].removeAll { $0.durationHours == .max }
            dead[index] = 0
        }
    }

    private func watchPosition(_ index: Int, _ id: BidID) -> Int {
        var low = 0
        var high = watches[index].count
        while low < high {
            let middle = (low + high) / 2
            if watches[index][middle].rank.id < id { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
