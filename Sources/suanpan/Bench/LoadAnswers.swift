import Exchange
import Foundation
import Persistence
import Quantities
import Sequencer
import Synchronization

/// An order that was acknowledged and rests.
struct LiveOrder: BitwiseCopyable, Sendable {
    var id: OrderID
    var issuer: ParticipantID
}

/// Orders to cancel: drawn at random from those that were acknowledged as resting, and shortly before they are used held against the
/// exchange, because some have traded since.
struct LiveOrders: Sendable {
    private var orders: [LiveOrder] = []
    private var checked: [LiveOrder] = []
    private let answers: LoadAnswers
    private let found = CheckedOrders()

    private let block: Int
    private let spared: Int

    /// - Parameters:
    ///   - block: How many are held against the exchange at a time.
    ///   - spared: So many are not drawn but left resting.
    init(_ answers: LoadAnswers, block: Int = 8_192, sparing spared: Int = 0) {
        self.answers = answers
        self.block = block
        self.spared = spared
    }

    /// An order that was live a moment ago.
    mutating func draw(_ random: inout SplitMix, on sequencer: Sequencer) -> LiveOrder? {
        if checked.count < block, found.take(into: &checked) { check(on: sequencer, &random) }
        return checked.popLast()
    }

    /// Asks for the first orders, and waits for them.
    mutating func begin(on sequencer: Sequencer) async {
        var random = SplitMix(state: 5)
        check(on: sequencer, &random)
        while !found.take(into: &checked) { try? await Task.sleep(for: .milliseconds(1)) }
        check(on: sequencer, &random)
    }

    private mutating func check(on sequencer: Sequencer, _ random: inout SplitMix) {
        answers.takeFresh(into: &orders)
        var drawn: [LiveOrder] = []
        while drawn.count < block, orders.count > spared {
            orders.swapAt(random.below(orders.count), orders.count - 1)
            drawn.append(orders.removeLast())
        }
        let (candidates, found) = (drawn, found)
        Task.detached {
            let live = try? await sequencer.read { exchange in candidates.filter { exchange.isLive($0.id) } }
            found.set(live ?? [])
        }
    }
}

/// Hands a block of orders over that were found to be live.
private final class CheckedOrders: Sendable {
    private let block = Mutex<[LiveOrder]?>(nil)

    func set(_ orders: [LiveOrder]) { block.withLock { $0 = orders } }

    /// Whether there was a block.
    func take(into orders: inout [LiveOrder]) -> Bool {
        guard let taken = block.withLock({ block in
            defer { block = nil }
            return block
        }) else { return false }
        orders += taken
        return true
    }
}

/// What was answered. The counts are the writer's thread's own until nothing is unanswered any more; then they may be read.
final class LoadAnswers: @unchecked Sendable {
    /// What was counted since `begin`.
    struct Figures {
        var answered = 0
        var refused = 0
        var overloaded = 0
        var trades = 0
        /// Latencies in nanoseconds: by power of two, 64 steps each (1.6 % wide).
        var histogram = [Int](repeating: 0, count: 64 * 64)
        var longest = 0

        mutating func add(_ nanoseconds: Int) {
            longest = max(longest, nanoseconds)
            histogram[Self.place(max(0, nanoseconds))] += 1
        }

        private static func place(_ value: Int) -> Int {
            guard value >= 64 else { return value }
            let shift = Int.bitWidth - value.leadingZeroBitCount - 7
            return min((shift + 1) * 64 + (value >> shift) - 64, 64 * 64 - 1)
        }

        /// The latency that a share of the commands did not exceed.
        func percentile(_ share: Double) -> Int {
            guard share < 1 else { return longest }
            var left = Int(share * Double(answered))
            for (place, count) in histogram.enumerated() {
                left -= count
                guard left < 0 else { continue }
                return place < 64 ? place : ((place % 64) + 65) << (place / 64 - 1)
            }
            return longest
        }
    }

    private var counted = Figures()
    private var gathered: [LiveOrder] = []
    private let fresh = Mutex<[LiveOrder]>([])
    private let unanswered = Atomic<Int>(0)
    private let overloads = Atomic<Int>(0)
    /// Whoever waits wants to be woken when no more than so many are unanswered.
    private let wakeAt = Atomic<Int>(-1)
    private let condition = NSCondition()

    /// Nanoseconds of the machine's monotonic clock.
    static var nanoseconds: Int { Int(DispatchTime.now().uptimeNanoseconds) }

    /// What was counted; only while nothing is unanswered.
    var figures: Figures {
        var figures = counted
        figures.overloaded = overloads.load(ordering: .relaxed)
        return figures
    }

    /// Counts from now on; only while nothing is unanswered.
    func begin() {
        counted = Figures()
        overloads.store(0, ordering: .relaxed)
        flush()
    }

    func open() { unanswered.add(1, ordering: .sequentiallyConsistent) }

    /// Waits while more than so many commands are unanswered; of many until an eighth of them is answered.
    func wait(untilOpen limit: Int) {
        guard limit < Int.max - 1, unanswered.load(ordering: .sequentiallyConsistent) > limit else { return }
        let target = limit < 64 ? limit : limit - limit / 8
        condition.lock()
        while true {
            wakeAt.store(target, ordering: .sequentiallyConsistent)
            guard unanswered.load(ordering: .sequentiallyConsistent) > target else { break }
            condition.wait()
        }
        wakeAt.store(-1, ordering: .sequentiallyConsistent)
        condition.unlock()
    }

    func note(_ answer: Result<(Applied, OrderResult?), SubmissionError>, _ issuer: ParticipantID, since due: Int) {
        if case .success(let (_, order)) = answer {
            counted.answered += 1
            counted.add(Self.nanoseconds - due)
            if let order {
                counted.trades += Int(order.trades)
                if order.status.isLive { gathered.append(LiveOrder(id: order.id, issuer: issuer)) }
                if gathered.count >= 1_024 { flush() }
            } else {
                counted.refused += 1
            }
        }
        close()
    }

    func noteOverload() {
        overloads.add(1, ordering: .relaxed)
        close()
    }

    private func close() {
        let left = unanswered.subtract(1, ordering: .sequentiallyConsistent).newValue
        guard left <= wakeAt.load(ordering: .sequentiallyConsistent) else { return }
        condition.lock()
        wakeAt.store(-1, ordering: .sequentiallyConsistent)
        condition.signal()
        condition.unlock()
    }

    private func flush() {
        fresh.withLock { $0 += gathered }
        gathered.removeAll(keepingCapacity: true)
    }

    func takeFresh(into orders: inout [LiveOrder]) {
        fresh.withLock { fresh in
            orders += fresh
            fresh.removeAll(keepingCapacity: true)
        }
    }
}
