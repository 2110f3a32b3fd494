import Matching

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The replay of a workload file of format CPXWL001 through the order books, on one thread.
///
/// It does for each order what the exchange's state machine does with the books: find the order by its identifier, sweep, rest what is
/// left, keep the directory of orders, and hint the memory that the next commands of the batch will touch. Every replay is checked against
/// the trades that the file expects.
///
///     let replay = try MatchingReplay(contentsOf: "w1.bin")
///     let figures = try replay.run(replays: 5)
struct MatchingReplay: ~Copyable {
    /// Why there are no figures.
    enum Failure: Error, Equatable {
        /// The file cannot be read, or is not a workload.
        case unreadable(path: String)
        /// An operation of the file cannot be what its format says, such as a price of 0 or a symbol beyond the last.
        case malformed(operation: Int)
        /// A replay traded something else than the file expects.
        case unexpectedTrades(Tally, expected: Tally)
    }

    /// What a replay traded and left behind.
    struct Tally: Equatable {
        var trades: UInt64 = 0
        var quantity: UInt64 = 0
        /// Sum of price × quantity, modulo 2⁶⁴.
        var notional: UInt64 = 0
        /// Over every fill in order.
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        var liveOrders: UInt64 = 0
        var liveQuantity: UInt64 = 0

        /// Adds one fill.
        @inline(__always)
        fileprivate mutating func add(maker: Int64, taker: Int64, price: Int64, quantity filled: UInt32) {
            trades &+= 1
            quantity &+= UInt64(filled)
            notional &+= UInt64(bitPattern: price) &* UInt64(filled)
            let prime: UInt64 = 0x100_0000_01b3
            digest = (digest ^ UInt64(bitPattern: maker)) &* prime
            digest = (digest ^ UInt64(bitPattern: taker)) &* prime
            digest = (digest ^ UInt64(bitPattern: price)) &* prime
            digest = (digest ^ UInt64(filled)) &* prime
            digest ^= digest >> 29
        }
    }

    /// What was measured. Times are of the steady phase, after the file's prefill.
    struct Figures {
        /// Operations measured in each replay.
        let operations: Int
        /// Nanoseconds per operation of each replay, in the order in which they ran.
        let runs: [Double]
        /// Nanoseconds of single operations, from a replay of its own, the clock's own time taken off.
        let p50Nanoseconds: Int
        let p99Nanoseconds: Int
        let p999Nanoseconds: Int
        let maximumNanoseconds: Int
        /// What each replay traded: the same as the file expects.
        let tally: Tally
        /// The most memory the process ever had, with the file in it.
        let peakResidentBytes: Int

        /// The median of `runs`.
        var nanosecondsPerOperation: Double {
            runs.sorted()[runs.count / 2]
        }
    }

    /// The file's records, 32 bytes each.
    private let operations: UnsafeMutableBufferPointer<Operation>
    private let prefill: Int
    private let symbols: Int
    private let expected: Tally

    /// One record of the file.
    private struct Operation: BitwiseCopyable {
        var kind: UInt8
        var side: UInt8
        var timeInForce: UInt8
        var flags: UInt8
        var symbol: UInt32
        var id: Int64
        var price: Int64
        var quantity: UInt32
        var account: UInt32
    }

    deinit {
        operations.deallocate()
    }
}

extension MatchingReplay {
    /// Loads a file into memory and checks its form.
    init(contentsOf path: String) throws(Failure) {
        guard let file = fopen(path, "rb") else { throw .unreadable(path: path) }
        defer { fclose(file) }
        var header = [UInt64](repeating: 0, count: 16)
        guard fread(&header, 8, 16, file) == 16, header[0] == 0x3130_304C_5758_5043, header[1] == 32 << 32 | 1 else {
            throw .unreadable(path: path)
        }
        guard header[2] < 1 << 32, header[3] < header[2], header[4] > 0, header[4] < 1 << 24 else { throw .unreadable(path: path) }
        let count = Int(header[2])
        let operations = UnsafeMutableBufferPointer<Operation>.allocate(capacity: count)
        guard fread(operations.baseAddress, 32, count, file) == count else {
            operations.deallocate()
            throw .unreadable(path: path)
        }
        let symbols = UInt32(truncatingIfNeeded: header[4])
        for index in 0..<count {
            let operation = operations[index]
            let isNew = operation.kind == 0 && operation.price > 0 && operation.quantity > 0 && operation.id > 0
            guard operation.symbol < symbols, operation.side < 2, isNew || operation.kind == 1 else {
                operations.deallocate()
                throw .malformed(operation: index)
            }
        }
        self.operations = operations
        self.symbols = Int(symbols)
        prefill = Int(header[3])
        expected = Tally(
            trades: header[8],
            quantity: header[9],
            notional: header[10],
            digest: header[11],
            liveOrders: header[12],
            liveQuantity: header[13]
        )
    }

    /// Replays the file `replays` times for the throughput and once for the latencies, each into new books.
    func run(replays: Int) throws(Failure) -> Figures {
        let steady = operations.count - prefill
        var runs: [Double] = []
        for _ in 0..<max(1, replays) {
            var market = Market(symbols: symbols)
            market.apply(operations, 0..<prefill)
            let start = Self.clockNanoseconds()
            market.apply(operations, prefill..<operations.count)
            let elapsed = Self.clockNanoseconds() - start
            try check(market.finalTally())
            runs.append(Double(elapsed) / Double(steady))
        }
        var histogram = [UInt32](repeating: 0, count: 1 << 20)
        var market = Market(symbols: symbols)
        market.apply(operations, 0..<prefill)
        market.applyTimed(operations, prefill..<operations.count, overhead: Self.clockOverhead(), into: &histogram)
        try check(market.finalTally())
        return Figures(
            operations: steady,
            runs: runs,
            p50Nanoseconds: Self.percentile(500, of: histogram, steady),
            p99Nanoseconds: Self.percentile(990, of: histogram, steady),
            p999Nanoseconds: Self.percentile(999, of: histogram, steady),
            maximumNanoseconds: histogram.lastIndex { $0 > 0 } ?? 0,
            tally: expected,
            peakResidentBytes: Self.peakResidentBytes()
        )
    }

    private func check(_ tally: Tally) throws(Failure) {
        guard tally == expected else { throw .unexpectedTrades(tally, expected: expected) }
    }

    private static func percentile(_ thousandths: Int, of histogram: [UInt32], _ count: Int) -> Int {
        var left = count * thousandths / 1000
        for (nanoseconds, operations) in histogram.enumerated() {
            left -= Int(operations)
            if left < 0 { return nanoseconds }
        }
        return histogram.count - 1
    }

    /// What reading the clock costs: the least of many readings.
    private static func clockOverhead() -> Int {
        var least = Int.max
        for _ in 0..<10_000 {
            let start = clockNanoseconds()
            least = min(least, clockNanoseconds() - start)
        }
        return least
    }

    @inline(__always)
    fileprivate static func clockNanoseconds() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private static func peakResidentBytes() -> Int {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        #else
            getrusage(RUSAGE_SELF, &usage)
        #endif
        #if os(Linux)
            return usage.ru_maxrss * 1024
        #else
            return usage.ru_maxrss
        #endif
    }
}

extension MatchingReplay {
    /// The books with the directory of orders: what the exchange keeps between commands.
    private struct Market: ~Copyable {
        private var books = OrderBooks()
        private var directory = OrderDirectory()
        private var actions = MatchActions()
        private var lookahead = Lookahead()
        private var tally = Tally()

        init(symbols: Int) {
            // The n-th book opened is number n, so a symbol is its book's index.
            for _ in 0..<symbols { _ = books.openBook() }
        }

        /// Applies operations in batches, looking ahead within each batch.
        mutating func apply(_ operations: UnsafeMutableBufferPointer<Operation>, _ range: Range<Int>) {
            var start = range.lowerBound
            while start < range.upperBound {
                let end = min(start + Self.batch, range.upperBound)
                if books.outgrowsCache {
                    beginLookahead(operations, start..<end)
                    for block in stride(from: start, to: end, by: Lookahead.blockSize) {
                        announce(operations, from: block + 3 * Lookahead.blockSize, before: end)
                        for index in block..<min(block + Lookahead.blockSize, end) { apply(operations[index]) }
                    }
                } else {
                    for index in start..<end { apply(operations[index]) }
                }
                start = end
            }
        }

        /// The same with a clock around each operation; the first of a block pays for the block's look ahead.
        mutating func applyTimed(
            _ operations: UnsafeMutableBufferPointer<Operation>,
            _ range: Range<Int>,
            overhead: Int,
            into histogram: inout [UInt32]
        ) {
            var start = range.lowerBound
            while start < range.upperBound {
                let end = min(start + Self.batch, range.upperBound)
                let looksAhead = books.outgrowsCache
                if looksAhead { beginLookahead(operations, start..<end) }
                for index in start..<end {
                    let before = MatchingReplay.clockNanoseconds()
                    if looksAhead, (index - start) % Lookahead.blockSize == 0 {
                        announce(operations, from: index + 3 * Lookahead.blockSize, before: end)
                    }
                    apply(operations[index])
                    let elapsed = MatchingReplay.clockNanoseconds() - before - overhead
                    histogram[min(max(elapsed, 0), histogram.count - 1)] += 1
                }
                start = end
            }
        }

        /// What was traded, and what rests now.
        consuming func finalTally() -> Tally {
            var result = tally
            result.liveOrders = UInt64(directory.count)
            return result
        }

        /// Commands in a batch: a busy sequencer's.
        private static var batch: Int { 1024 }
        private mutating func beginLookahead(_ operations: UnsafeMutableBufferPointer<Operation>, _ batch: Range<Int>) {
            lookahead.restart()
            for block in 0..<3 {
                announce(operations, from: batch.lowerBound + block * Lookahead.blockSize, before: batch.upperBound)
            }
        }

        /// Announces the block from `start`, or what the batch still has of it.
        @inline(__always)
        private mutating func announce(_ operations: UnsafeMutableBufferPointer<Operation>, from start: Int, before end: Int) {
            for index in start..<max(start, min(start + Lookahead.blockSize, end)) {
                let operation = operations[index]
                lookahead.announce(
                    isCancellation: Int(operation.kind),
                    id: operation.id,
                    BookIndex(index: operation.symbol),
                    side: side(operation),
                    price: operation.price
                )
            }
            lookahead.advance(books, directory)
        }

        @inline(__always)
        private func side(_ operation: Operation) -> Side {
            operation.side == 0 ? .buy : .sell
        }

        @inline(__always)
        private mutating func apply(_ operation: Operation) {
            if operation.kind == 0 {
                enter(operation)
            } else if let slot = directory.slot(of: operation.id) {
                directory.remove(operation.id)
                tally.liveQuantity &-= UInt64(books.cancel(slot))
            }
        }

        /// Sweeps and rests one limit order. Every order has an owner of its own, for the format knows no self-trade prevention.
        @inline(__always)
        private mutating func enter(_ operation: Operation) {
            let book = BookIndex(index: operation.symbol)
            let owner = UInt32(truncatingIfNeeded: operation.id)
            actions.removeAll()
            let outcome = books.match(
                book,
                side: side(operation),
                limit: operation.price,
                quantity: operation.quantity,
                owner: owner,
                prevention: .cancelNewest,
                takerID: operation.id,
                into: &actions
            )
            for index in 0..<actions.count {
                let action = actions[index]
                tally.add(maker: action.makerID, taker: operation.id, price: action.price, quantity: action.quantity)
                tally.liveQuantity &-= UInt64(action.quantity)
                if action.makerRemaining == 0 { directory.remove(action.makerID) }
            }
            guard outcome.remaining > 0 else { return }
            tally.liveQuantity &+= UInt64(outcome.remaining)
            let slot = books.insert(
                book,
                id: operation.id,
                side: side(operation),
                price: operation.price,
                quantity: outcome.remaining,
                display: outcome.remaining,
                owner: owner
            )
            directory.set(operation.id, slot: slot)
        }
    }
}
