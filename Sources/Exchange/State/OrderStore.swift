import DequeModule
import Matching
import Quantities

/// What the exchange keeps of a live order beside the book's own record: one entry per pool slot.
struct OrderEntry {
    var id = OrderID.none
    var participant = ParticipantID.none
    /// Index into `ContractStore`.
    var contract: Int32 = -1
    var side = Side.buy
    var type = OrderType.limit
    var timeInForce = TimeInForce.gtc
    var postOnly = false
    var prevention = SelfTradePrevention.cancelNewest
    /// Of a market order the band's edge.
    var price = Price()
    var stopPrice: Price?
    var quantity: Quantity = 0
    var filled: Quantity = 0
    var display: Quantity?
    var minimum: Quantity?
    /// Σ price × quantity of the fills.
    var filledNotional: Int128 = 0
    /// Of a sale of capacity; none for purchases and resales.
    var resource = ResourceID.none
    /// Of a resale the named allocation; of a purchase the one its fills go to, drawn at the first fill.
    var allocation = AllocationID.none
    var offer = OfferID.none
    var bid = BidID.none
    /// Pinned at acceptance.
    var makerRate: BasisPoints = 0
    var takerRate: BasisPoints = 0
    var bondRate: BasisPoints = 0
    var createdAt = Timestamp()
    var expiresAt: Timestamp?
    var clientOrderID: String?
    /// Whether it waits for its stop price outside the book.
    var isPending = false

    var remaining: Quantity { quantity - filled }
    var isCapacitySale: Bool { side == .sell && !resource.isNone }
    var isResale: Bool { side == .sell && resource.isNone }
}

/// A client's own name for an order.
struct ClientName: Hashable {
    var participant: ParticipantID
    var name: String
}

/// Orders: live ones by slot, closed ones of the last 24 hours by id.
struct OrderStore {
    /// By `OrderSlot.index`.
    var live: [OrderEntry] = []
    private var closed: [OrderID: OrderView] = [:]
    /// Closed orders by the time of closing.
    private var closing: Deque<(time: Timestamp, id: OrderID)> = []
    private var names: [ClientName: OrderID] = [:]
    /// By participant: its orders' ids, ascending; entries of forgotten orders are dropped lazily.
    private var byParticipant: [[OrderID]] = []
    private var forgottenOf: [Int] = []

    var closedCount: Int { closed.count }

    subscript(_ slot: OrderSlot) -> OrderEntry {
        _read { yield live[Int(slot.index)] }
        _modify { yield &live[Int(slot.index)] }
    }

    /// Puts an entry at the slot that the book gave.
    mutating func place(_ entry: OrderEntry, at slot: OrderSlot) {
        let index = Int(slot.index)
        if index == live.count { return live.append(entry) }
        if index > live.count {
            live.append(contentsOf: repeatElement(OrderEntry(), count: index + 1 - live.count))
        }
        live[index] = entry
    }

    /// Enters a new order into its participant's list and its name into the index.
    mutating func register(_ id: OrderID, of participant: ParticipantID, name: String?) {
        let index = Int(participant.rawValue) - 1
        while byParticipant.count <= index {
            byParticipant.append([])
            forgottenOf.append(0)
        }
        byParticipant[index].append(id)
        if let name { names[ClientName(participant: participant, name: name)] = id }
    }

    /// Enters an order that was read back, in any order of numbers until `finishRestoring`; false where its name is in use.
    mutating func restore(_ id: OrderID, of participant: ParticipantID, name: String?) -> Bool {
        if let name, named(name, of: participant) != nil { return false }
        register(id, of: participant, name: name)
        return true
    }

    /// Puts participants' lists into order.
    mutating func finishRestoring() {
        for index in byParticipant.indices { byParticipant[index].sort() }
    }

    /// Keeps a closed order's last view for 24 hours.
    mutating func close(_ view: OrderView, at time: Timestamp) {
        closed[view.id] = view
        closing.append((time, view.id))
    }

    /// Forgets orders that closed before `time`. Amortised O(1) per forgotten order.
    mutating func forgetClosed(before time: Timestamp, isLive: (OrderID) -> Bool) {
        while let first = closing.first, first.time < time {
            closing.removeFirst()
            guard let view = closed.removeValue(forKey: first.id) else { continue }
            let index = Int(view.participantID.rawValue) - 1
            if let name = view.clientOrderID {
                let key = ClientName(participant: view.participantID, name: name)
                if names[key] == view.id { names[key] = nil }
            }
            forgottenOf[index] += 1
            if forgottenOf[index] > 1024, forgottenOf[index] * 2 > byParticipant[index].count {
                byParticipant[index].removeAll { closed[$0] == nil && !isLive($0) }
                forgottenOf[index] = 0
            }
        }
    }

    func closedOrder(_ id: OrderID) -> OrderView? { closed[id] }
    func named(_ name: String, of participant: ParticipantID) -> OrderID? {
        names[ClientName(participant: participant, name: name)]
    }

    /// A participant's order ids above `after`, ascending; some may be forgotten.
    func ids(of participant: ParticipantID, after: OrderID) -> ArraySlice<OrderID> {
        let index = Int(participant.rawValue) &- 1
        guard byParticipant.indices.contains(index) else { return [] }
        let list = byParticipant[index]
        var low = 0
        var high = list.count
        while low < high {
            let middle = (low + high) / 2
            if list[middle] <= after { low = middle + 1 } else { high = middle }
        }
        return list[low...]
    }

    /// The closed orders in the order of closing, for the state's canonical form.
    func forEachClosed(_ body: (OrderView) -> Void) {
        for entry in closing { if let view = closed[entry.id] { body(view) } }
    }
}
