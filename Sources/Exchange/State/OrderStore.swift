import DequeModule
import Matching
import Quantities

/// Orders: live ones by their place in the books' pool, closed ones of the last 24 hours, of which the newest 262,144 at most.
///
/// Both are found by identifier through one directory. A closed order that is no longer here is read from the projections.
struct OrderStore: ~Copyable {
    /// The most closed orders kept: 32 MiB, filled with use.
    static let closedLimit: Int64 = 1 << 18

    /// By `OrderSlot.index`.
    private var live = Slab<OrderEntry>(reserving: 1 << 24)
    /// A ring: the closed order of number n is at n mod `closedLimit`.
    private var closed = Slab<OrderEntry>(reserving: Int(closedLimit))
    /// What forgetting needs of each closed order, at the same places: small, so that it is at hand when the entry is long out of the cache.
    private var closedKeys = Slab<ClosedKey>(reserving: Int(closedLimit))

    private struct ClosedKey: BitwiseCopyable {
        var id = OrderID.none
        var time = Timestamp()
        var details: UInt32 = 0
    }

    /// The numbers of the oldest closed order kept, and of the next to close.
    private var firstClosed: Int64 = 0
    private var nextClosed: Int64 = 0
    /// Where each order is: its slot, or its place in the ring with the highest bit set.
    private(set) var directory = OrderDirectory()
    private static let closedMark: UInt32 = 1 << 31

    /// Position 0 is nobody's.
    private var details: [OrderDetails] = [OrderDetails()]
    private var freeDetails: [UInt32] = []

    private var names: [ClientName: OrderID] = [:]
    /// Names of closed orders, by the time of closing: each is free again 24 hours later.
    private(set) var resting: Deque<RestingName> = []

    /// By participant: its orders, but for the latest arrivals.
    private var byParticipant: [OrderList] = []
    /// The latest orders of everybody: entered into the lists many at once, when most of those that live shortly are gone.
    private var arrivals: [Arrival] = []
    private static let arrivalLimit = 1 << 16

    private struct Arrival: BitwiseCopyable {
        var id: OrderID
        var participant: ParticipantID
    }

    init() {
        precondition(MemoryLayout<OrderEntry>.stride == 128, "an order's entry is two cache lines")
        arrivals.reserveCapacity(Self.arrivalLimit)
    }

    /// How many closed orders are here.
    var closedCount: Int { Int(nextClosed - firstClosed) }

    subscript(_ slot: OrderSlot) -> OrderEntry {
        _read { yield live.cells[slot.index] }
        _modify { yield &live.cells[slot.index] }
    }

    /// Brings in both lines of the entry of a slot: a hint.
    func prefetch(_ slot: UInt32) {
        guard let address = unsafe live.cells.address(Int(slot)) else { return }
        unsafe Prefetch.line(address)
        unsafe Prefetch.line(address + 64)
    }

    /// Since when closed orders are here, where the ring is full; of those that closed at that very moment some may be gone. Nil where
    /// nothing but age made any be forgotten.
    var keptSince: Timestamp? {
        nextClosed - firstClosed < Self.closedLimit
            ? nil : closedKeys.cells[Int(firstClosed & (Self.closedLimit - 1))].time
    }

    /// How many live orders there are.
    var liveCount: Int { directory.count - closedCount }

    /// Whether an order is live, or closed and not forgotten. O(1).
    func isHere(_ id: OrderID) -> Bool { directory.slotIndex(of: id.rawValue) != 0 }

    /// The slot of a live order. O(1).
    func slot(of id: OrderID) -> OrderSlot? {
        let index = directory.slotIndex(of: id.rawValue)
        return index == 0 || index & Self.closedMark != 0 ? nil : OrderSlot(index: index)
    }

    /// An order that closed lately. O(1).
    func closedOrder(_ id: OrderID) -> OrderEntry? {
        let index = directory.slotIndex(of: id.rawValue)
        return index & Self.closedMark == 0 ? nil : closed.cells[index & ~Self.closedMark]
    }

    /// Where the entry of a live order lies; stays there until the order leaves its slot.
    func place(of slot: OrderSlot) -> OrderPlace { live.cells.place(Int(slot.index)) }

    /// Keeps an entry at the slot that the book gave.
    @inline(__always)
    mutating func keep(_ order: OrderPlace, at slot: OrderSlot) {
        while live.count <= Int(slot.index) { live.append() }
        live.cells[slot.index] = order.record
        directory.set(order.record.id.rawValue, slot: slot)
    }

    /// Forgets where a live order is: it leaves its slot and comes back at another.
    mutating func lift(_ slot: OrderSlot) -> OrderEntry {
        let entry = live.cells[slot.index]
        directory.remove(entry.id.rawValue)
        return entry
    }

    /// Enters a new order into its participant's list and its name into the index.
    mutating func register(_ id: OrderID, of participant: ParticipantID, name: String?) {
        register(id, of: participant)
        if let name { names[ClientName(participant: participant, name: name)] = id }
    }

    /// As above, of an order without a name.
    mutating func register(_ id: OrderID, of participant: ParticipantID) {
        if arrivals.count == Self.arrivalLimit { distribute() }
        arrivals.append(Arrival(id: id, participant: participant))
    }

    /// Enters the latest orders into the lists of their participants, but for those that are gone already.
    private mutating func distribute() {
        for arrival in arrivals where directory.slotIndex(of: arrival.id.rawValue) != 0 {
            let index = Int(arrival.participant.rawValue) - 1
            while byParticipant.count <= index { byParticipant.append(OrderList()) }
            byParticipant[index].append(arrival.id, directory)
        }
        arrivals.removeAll(keepingCapacity: true)
    }

    /// What new orders, and those that close, will be written into.
    var liveAhead: MemoryAhead? { live.ahead }
    var closedAhead: MemoryAhead? { closed.ahead }
    var closedKeysAhead: MemoryAhead? { closedKeys.ahead }

    // MARK: Restoring

    /// Enters an order that was read back, in any order of numbers until `finishRestoring`; false where its name is in use.
    mutating func restore(_ id: OrderID, of participant: ParticipantID, name: String?) -> Bool {
        if let name {
            guard named(name, of: participant) == nil else { return false }
            names[ClientName(participant: participant, name: name)] = id
        }
        let index = Int(participant.rawValue) - 1
        while byParticipant.count <= index { byParticipant.append(OrderList()) }
        byParticipant[index].restore(id)
        return true
    }

    /// Keeps the name of a closed order that is forgotten itself; false where it is in use.
    mutating func restore(_ entry: RestingName) -> Bool {
        guard names[entry.name] == nil else { return false }
        names[entry.name] = entry.order
        resting.append(entry)
        return true
    }

    /// Puts participants' lists into order.
    mutating func finishRestoring() {
        for index in byParticipant.indices { byParticipant[index].sort() }
    }

    /// Names of orders that are forgotten already: the first of `resting`.
    var namesOfForgotten: Int {
        var named = 0
        var number = firstClosed
        while number < nextClosed {
            let details = closedKeys.cells[Int(number & (Self.closedLimit - 1))].details
            if details != 0, self.details[Int(details)].clientOrderID != nil { named += 1 }
            number += 1
        }
        return resting.count - named
    }

    // MARK: Closed orders

    /// Keeps a closed order's last entry; where the ring is full the oldest is forgotten.
    @inline(__always)
    mutating func close(_ order: OrderPlace) {
        if nextClosed &- firstClosed == Self.closedLimit { forgetOldest() }
        let place = Int(nextClosed & (Self.closedLimit - 1))
        if closed.count <= place {
            closed.append()
            closedKeys.append()
        }
        closed.cells[place] = order.record
        closedKeys.cells[place] = ClosedKey(id: order.record.id, time: order.record.closedAt, details: order.record.details)
        directory.set(order.record.id.rawValue, slot: OrderSlot(index: UInt32(truncatingIfNeeded: place) | Self.closedMark))
        nextClosed &+= 1
        guard order.record.details != 0, let name = details[Int(order.record.details)].clientOrderID else { return }
        let owned = ClientName(participant: order.record.participant, name: name)
        resting.append(RestingName(time: order.record.closedAt, name: owned, order: order.record.id))
    }

    /// The order that closed last.
    ///
    /// - Precondition: one has, and it is not forgotten.
    var lastClosed: OrderEntry { closed.cells[Int((nextClosed - 1) & (Self.closedLimit - 1))] }

    /// Whether `forgetClosed(before:)` with this time has something to do.
    @inline(__always)
    func hasClosed(before time: Timestamp) -> Bool {
        if firstClosed < nextClosed, closedKeys.cells[Int(firstClosed & (Self.closedLimit - 1))].time < time { return true }
        guard let first = resting.first else { return false }
        return first.time < time
    }

    /// Forgets orders that closed before `time`, and lets their names be used again. Amortised O(1) per forgotten order.
    mutating func forgetClosed(before time: Timestamp) {
        while firstClosed < nextClosed, closedKeys.cells[Int(firstClosed & (Self.closedLimit - 1))].time < time {
            forgetOldest()
        }
        while let first = resting.first, first.time < time {
            resting.removeFirst()
            names[first.name] = nil
        }
    }

    @inline(__always)
    private mutating func forgetOldest() {
        let oldest = closedKeys.cells[Int(firstClosed & (Self.closedLimit - 1))]
        firstClosed &+= 1
        directory.remove(oldest.id.rawValue)
        if oldest.details != 0 { release(oldest.details) }
        // What the next ones will touch: their identifiers are far apart in the directory.
        if nextClosed &- firstClosed > 8 { directory.prefetch(closedKeys.cells[Int((firstClosed &+ 8) & (Self.closedLimit - 1))].id.rawValue) }
    }

    /// The closed orders that are here, in the order of closing, for the state's canonical form.
    func forEachClosed(_ body: (OrderEntry) -> Void) {
        var number = firstClosed
        while number < nextClosed {
            body(closed.cells[Int(number & (Self.closedLimit - 1))])
            number += 1
        }
    }

    // MARK: Names and lists

    /// The order of a name, until 24 hours after it closed.
    func named(_ name: String, of participant: ParticipantID) -> OrderID? {
        names[ClientName(participant: participant, name: name)]
    }

    /// A participant's order ids above `after`, ascending; some may be forgotten.
    ///
    /// - Complexity: O(orders of the participant).
    func ids(of participant: ParticipantID, after: OrderID) -> [OrderID] {
        let index = Int(participant.rawValue) &- 1
        var found = byParticipant.indices.contains(index) ? byParticipant[index].ids(after: after) : []
        for arrival in arrivals where arrival.participant == participant && arrival.id > after { found.append(arrival.id) }
        return found
    }

    // MARK: Details

    /// The rare details under a number; empty ones under 0.
    func details(_ number: UInt32) -> OrderDetails { details[Int(number)] }

    /// Keeps details under a number of their own; 0 for empty ones.
    mutating func keep(_ new: OrderDetails?) -> UInt32 {
        guard let new, !new.isEmpty else { return 0 }
        if let free = freeDetails.popLast() {
            details[Int(free)] = new
            return free
        }
        details.append(new)
        return UInt32(details.count - 1)
    }

    /// Replaces the details under a number.
    mutating func replace(_ number: UInt32, _ new: OrderDetails) { details[Int(number)] = new }

    private mutating func release(_ number: UInt32) {
        details[Int(number)] = OrderDetails()
        freeDetails.append(number)
    }
}
