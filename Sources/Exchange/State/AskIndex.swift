import Matching
import Quantities
import Registry

/// One ask of a resource in one hour.
struct AskPart: BitwiseCopyable {
    var ticks: Int64
    var units: Quantity
    /// Of a block: what a bid must take at least. 0 for others.
    var minHours: Int32 = 0
    var minQuantity: Quantity = 0

    var isBlock: Bool { minQuantity > 0 }
}

/// What one resource asks in one product, hour by hour.
///
/// An hour is one word: the cheapest ask's ticks in the upper 40 bits, whether there are more asks in bit 20, its units below. So a search
/// passes over a run of hours without touching a book. Hours with several asks have them all in `stacks`, best price first, then oldest.
///
/// Ranges: a price has at most 10¹² ticks, an order at most 10⁶ units.
struct AskLane {
    let resource: ResourceID
    /// Who may not take it: the owner of the resource's provider.
    let owner: UInt32
    /// The hour of the first cell.
    private(set) var base: Int32
    private(set) var cells: [UInt64] = []
    private(set) var stacks: [Int32: [AskPart]] = [:]
    /// No ask is cheaper; stays when that ask goes.
    private(set) var leastTicks = UInt64.max

    private static let unitsMask: UInt64 = 0xF_FFFF
    private static let more: UInt64 = 1 << 20
    private static let sizeMask: UInt64 = unitsMask | more
    private static let ticksShift: UInt64 = 24
    private static let page: Int32 = 64

    init(resource: ResourceID, owner: UInt32, hour: Hour) {
        self.resource = resource
        self.owner = owner
        base = hour.hoursSince1970 / Self.page * Self.page
    }

    private var end: Int32 { base + Int32(cells.count) }

    /// The part of `[from, to)` that has cells, as positions.
    func positions(from: Hour, to: Hour) -> Range<Int> {
        let first = max(from.hoursSince1970, base)
        let last = min(to.hoursSince1970, end)
        return first < last ? Int(first - base)..<Int(last - base) : 0..<0
    }

    func hour(at position: Int) -> Hour { Hour(base + Int32(position)) }

    /// Takes an hour's asks off.
    mutating func clear(_ hour: Hour) {
        let position = Int(hour.hoursSince1970) - Int(base)
        guard cells.indices.contains(position), cells[position] != 0 else { return }
        if cells[position] & Self.more != 0 { stacks[hour.hoursSince1970] = nil }
        cells[position] = 0
    }

    /// Adds an hour's next ask: those of the book, best price first, then oldest, and then blocks likewise.
    mutating func add(_ part: AskPart, _ hour: Hour) {
        reach(hour)
        let position = Int(hour.hoursSince1970 - base)
        let cell = cells[position]
        let ticks = UInt64(part.ticks)
        leastTicks = min(leastTicks, ticks)
        guard cell != 0 || part.isBlock else {
            cells[position] = ticks << Self.ticksShift | UInt64(part.units)
            return
        }
        if cell & Self.more == 0 {
            let only = AskPart(ticks: Int64(cell >> Self.ticksShift), units: Quantity(cell & Self.unitsMask))
            stacks[hour.hoursSince1970] = cell == 0 ? [part] : [only]
            cells[position] = (cell == 0 ? ticks << Self.ticksShift : cell) | Self.more
            guard cell != 0 else { return }
        }
        // A block stands behind what costs as much; of the others the next is never cheaper.
        guard let stack = stacks[hour.hoursSince1970] else { return }
        let place = part.isBlock ? stack.firstIndex { $0.ticks > part.ticks } ?? stack.count : stack.count
        stacks[hour.hoursSince1970]?.insert(part, at: place)
        if place == 0 { cells[position] = ticks << Self.ticksShift | Self.more | cells[position] & Self.unitsMask }
    }

    private mutating func reach(_ hour: Hour) {
        let wanted = hour.hoursSince1970
        if wanted < base {
            let pages = (base - wanted + Self.page - 1) / Self.page
            cells.insert(contentsOf: repeatElement(0, count: Int(pages * Self.page)), at: 0)
            base -= pages * Self.page
        }
        while wanted >= end { cells.append(contentsOf: repeatElement(0, count: Int(Self.page))) }
    }

    /// Forgets what lies before an hour, where that is much.
    mutating func trim(before hour: Hour) {
        let pages = (hour.hoursSince1970 - base) / Self.page
        guard pages >= 4 else { return }
        let count = min(Int(pages * Self.page), cells.count)
        for position in 0..<count where cells[position] & Self.more != 0 { stacks[base + Int32(position)] = nil }
        cells.removeFirst(count)
        base += Int32(count)
        leastTicks = cells.reduce(.max) { $1 == 0 ? $0 : min($0, $1 >> Self.ticksShift) }
    }

    // MARK: Reading

    /// The run of hours with asks through `[first, last]`, the most units that one of those hours may have (all there are where there are
    /// several asks), and its cheapest ask; nil where none of them has any.
    func extent(around first: Hour, _ last: Hour, atMost limit: Int32) -> (hours: Int32, units: Quantity, ticks: UInt64)? {
        let new = positions(from: first, to: last + 1)
        guard !new.isEmpty else { return nil }
        var units: Quantity = 0
        var ticks = UInt64.max
        for position in new where cells[position] != 0 {
            units = max(units, cells[position] & Self.more != 0 ? .max : Quantity(cells[position] & Self.unitsMask))
            ticks = min(ticks, cells[position] >> Self.ticksShift)
        }
        guard ticks != .max else { return nil }
        var low = new.lowerBound
        while low > 0, cells[low - 1] != 0, new.lowerBound - low < Int(limit) { low -= 1 }
        var high = new.upperBound
        while high < cells.count, cells[high] != 0, high - new.upperBound < Int(limit) { high += 1 }
        return (Int32(high - low), units, ticks)
    }

    /// The asks of an hour, best price first; nil where there is none.
    func forEachPart(_ hour: Hour, _ body: (AskPart) -> Bool) {
        let position = Int(hour.hoursSince1970) - Int(base)
        guard cells.indices.contains(position), cells[position] != 0 else { return }
        let cell = cells[position]
        if cell & Self.more == 0 {
            _ = body(AskPart(ticks: Int64(cell >> Self.ticksShift), units: Quantity(cell & Self.unitsMask)))
        } else {
            for part in stacks[hour.hoursSince1970] ?? [] { guard body(part) else { return } }
        }
    }

    /// The only ask of an hour where it has enough units; nil where there is none, or too little, or several must be looked at.
    @inline(__always)
    func simple(at position: Int, _ quantity: Quantity) -> UInt64? {
        let cell = cells[position]
        return cell & Self.more == 0 && cell & Self.unitsMask >= UInt64(quantity) ? cell >> Self.ticksShift : nil
    }

    /// Whether an hour may have `quantity` units: certain where it has one ask.
    @inline(__always)
    func mayServe(at position: Int, _ quantity: Quantity) -> Bool { cells[position] & Self.sizeMask >= UInt64(quantity) }

    /// The least sum of ticks that `duration` hours in a row within `positions` can cost a device, each hour at its cheapest ask: a lower
    /// bound of every run's average; `.max` where there is no run. Also whether some hour may serve.
    ///
    /// - Complexity: O(positions), a word each.
    func leastRun(_ positions: Range<Int>, _ quantity: Quantity, _ duration: Int) -> (ticks: UInt64, hasHour: Bool) {
        let wanted = UInt64(quantity)
        return unsafe cells.withUnsafeBufferPointer { cells in
            var least = UInt64.max
            var sum: UInt64 = 0
            var run = 0
            var hasHour = false
            for position in positions {
                let cell = unsafe cells[position]
                guard cell & Self.sizeMask >= wanted else {
                    run = 0
                    sum = 0
                    continue
                }
                sum &+= cell >> Self.ticksShift
                if run == duration { sum &-= unsafe cells[position &- duration] >> Self.ticksShift } else { run &+= 1 }
                if run == duration, sum < least { least = sum }
                hasHour = true
            }
            return (least, hasHour)
        }
    }
}

/// Asks of capacity by product, resource and hour: follows from the books, and is brought up to date when somebody searches.
///
/// The path of orders only marks a contract whose asks changed (`ContractState.asksChanged`), once until the next search.
///
/// - Invariant: a product's lanes ascend by resource.
struct AskIndex {
    private(set) var lanes: [[AskLane]] = []
    /// By product: contracts whose asks changed since they were read.
    private var changed: [[Int32]] = []

    mutating func mark(_ contract: Int32, of product: ProductID) {
        let index = Int(product.index)
        while changed.count <= index { changed.append([]) }
        changed[index].append(contract)
    }

    /// Contracts of a product whose asks changed.
    func changedContracts(of product: ProductID) -> [Int32] {
        let index = Int(product.index)
        return changed.indices.contains(index) ? changed[index] : []
    }

    /// Forgets which contracts of a product changed.
    mutating func settle(_ product: ProductID, before hour: Hour) {
        let index = Int(product.index)
        if changed.indices.contains(index) { changed[index].removeAll(keepingCapacity: true) }
        guard lanes.indices.contains(index) else { return }
        for lane in lanes[index].indices { lanes[index][lane].trim(before: hour) }
    }

    mutating func clear(_ product: ProductID, _ hour: Hour) {
        let index = Int(product.index)
        guard lanes.indices.contains(index) else { return }
        for lane in lanes[index].indices { lanes[index][lane].clear(hour) }
    }

    mutating func add(_ product: ProductID, _ resource: ResourceID, owner: UInt32, _ hour: Hour, _ part: AskPart) {
        let index = Int(product.index)
        while lanes.count <= index { lanes.append([]) }
        let position = lanePosition(index, resource)
        if position == lanes[index].count || lanes[index][position].resource != resource {
            lanes[index].insert(AskLane(resource: resource, owner: owner, hour: hour), at: position)
        }
        lanes[index][position].add(part, hour)
    }

    /// The lanes of a product, by resource.
    func lanes(of product: ProductID) -> [AskLane] {
        let index = Int(product.index)
        return lanes.indices.contains(index) ? lanes[index] : []
    }

    /// The lane of a resource in a product.
    func lane(of product: ProductID, _ resource: ResourceID) -> AskLane? {
        let index = Int(product.index)
        guard lanes.indices.contains(index) else { return nil }
        let position = lanePosition(index, resource)
        guard position < lanes[index].count, lanes[index][position].resource == resource else { return nil }
        return lanes[index][position]
    }

    private func lanePosition(_ index: Int, _ resource: ResourceID) -> Int {
        var low = 0
        var high = lanes[index].count
        while low < high {
            let middle = (low + high) / 2
            if lanes[index][middle].resource < resource { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
