import Dispatch
import Exchange
import Quantities

/// Measures the whole exchange in memory: a frame's commands copied in and stamped, checks, matching, escrow, results and events written; one
/// core, no journal. It does with a batch what the core thread does with it, hints for the processor's cache included.
struct ExchangeBench {
    /// One run's figures.
    struct Figures {
        var seconds: Double
        var trades: Int
        var refused: Int
        var frameBytes: Int
        /// Orders that lie outside of their bands, where they are looked up twice.
        var outside = 0
    }

    /// What is done about prices in a run.
    enum Pricing: CaseIterable {
        /// As in production.
        case whole
        /// Trades are not noted: no last price, no volume, nothing that moves a band.
        case untold
        /// As in production, and each order is held against its band once more.
        case bandsTwice
    }

    /// Commands of one batch.
    private static let batch = 4_096

    let stream: ExchangeStream
    /// By command: what an order is held against; nil of a cancellation. Only where bands are looked up twice.
    private var orders: [(key: ContractKey, price: Price)?] = []

    init(stream: ExchangeStream) { self.stream = stream }

    /// What pricing takes of a run's time, in shares of one: that trades are noted, and that orders are held against bands. A run a round; in
    /// each, the three ways take turns a few batches at a time on the same exchange, since two exchanges differ by more in where their memory lies.
    mutating func pricingShares(rounds: Int) -> [(notes: Double, bands: Double)] {
        orders = unsafe stream.bytes.withUnsafeBytes { bytes in
            (0..<stream.offsets.count - 1).map { index in
                var decoder = BinaryDecoder(unsafe [UInt8](bytes[stream.offsets[index]..<stream.offsets[index + 1]]))
                guard case .placeOrder(let order)? = try? decoder.read(Envelope.self).command else { return nil }
                return (order.contract, order.price ?? Price())
            }
        }
        var shares: [(notes: Double, bands: Double)] = []
        for round in 0..<rounds {
            let exchange = prepared()
            var seconds: [Pricing: Double] = [:]
            for (turn, piece) in pieces(of: Pricing.allCases.count).enumerated() {
                let pricing = Pricing.allCases[(round + turn) % Pricing.allCases.count]
                exchange.keepsPrices = pricing != .untold
                seconds[pricing, default: 0] += time(piece, on: exchange, pricing)
            }
            guard let whole = seconds[.whole], let untold = seconds[.untold], let twice = seconds[.bandsTwice] else { continue }
            shares.append(((whole - untold) / whole, (twice - whole) / whole))
        }
        return shares
    }

    /// Seconds of the stream on an exchange as it is and on one that `prepare` added something to, a few batches at a time in turns.
    func compared(with prepare: (Exchange) -> Void) -> (plain: Double, prepared: Double) {
        let exchanges = (prepared(), prepared())
        prepare(exchanges.1)
        var seconds = (plain: 0.0, prepared: 0.0)
        for (turn, piece) in pieces(of: 1).enumerated() {
            if turn % 2 == 0 { seconds.plain += time(piece, on: exchanges.0, .whole) }
            seconds.prepared += time(piece, on: exchanges.1, .whole)
            if turn % 2 == 1 { seconds.plain += time(piece, on: exchanges.0, .whole) }
        }
        return seconds
    }

    /// Replays the stream on a fresh exchange; the market's making and the filling of its books are not timed.
    func run() -> Figures {
        let exchange = prepared()
        var figures = Figures(seconds: 0, trades: 0, refused: 0, frameBytes: 0)
        let began = DispatchTime.now().uptimeNanoseconds
        replay(measured, on: exchange, .whole, &figures)
        figures.seconds = Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
        return figures
    }

    private var measured: Range<Int> { stream.preparation..<stream.preparation + stream.commands }

    /// An exchange with the stream's market and full books.
    private func prepared() -> Exchange {
        let exchange = Exchange()
        var figures = Figures(seconds: 0, trades: 0, refused: 0, frameBytes: 0)
        replay(0..<stream.preparation, on: exchange, .whole, &figures)
        return exchange
    }

    /// The measured commands, eight batches a piece, as many pieces as `ways` have in equal parts.
    private func pieces(of ways: Int) -> [Range<Int>] {
        let size = 8 * Self.batch
        let count = stream.commands / size / ways * ways
        return (0..<count).map { measured.lowerBound + $0 * size..<measured.lowerBound + ($0 + 1) * size }
    }

    private func time(_ piece: Range<Int>, on exchange: Exchange, _ pricing: Pricing) -> Double {
        var figures = Figures(seconds: 0, trades: 0, refused: 0, frameBytes: 0)
        let began = DispatchTime.now().uptimeNanoseconds
        replay(piece, on: exchange, pricing, &figures)
        return Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
    }

    private func replay(_ range: Range<Int>, on exchange: Exchange, _ pricing: Pricing, _ figures: inout Figures) {
        let looksTwice = pricing == .bandsTwice
        var output = ExchangeOutput()
        var frame = BinaryEncoder()
        unsafe stream.bytes.withUnsafeBytes { bytes in
            func envelope(_ index: Int) -> UnsafeRawBufferPointer {
                unsafe UnsafeRawBufferPointer(rebasing: bytes[stream.offsets[index]..<stream.offsets[index + 1]])
            }
            for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.batch) {
                let end = min(start + Self.batch, range.upperBound)
                output.removeAll()
                frame.removeAll()
                let size = Exchange.lookaheadBlock
                let looksAhead = exchange.wantsLookahead
                func announce(_ block: Int) {
                    for index in block..<min(block + size, max(block, end)) { unsafe exchange.announce(encoded: envelope(index)) }
                    exchange.advanceLookahead()
                }
                if looksAhead {
                    exchange.beginLookahead()
                    for block in 0..<3 { announce(start + block * size) }
                }
                for block in stride(from: start, to: end, by: size) {
                    if looksAhead { announce(block + 3 * size) }
                    for index in block..<min(block + size, end) {
                        let offset = frame.bytes.count
                        unsafe frame.appendRaw(envelope(index))
                        EncodedCommand.stamp(stream.time, at: offset, of: &frame)
                        let applied = unsafe frame.bytes.withUnsafeBytes { raw in
                            try? unsafe exchange.apply(encoded: UnsafeRawBufferPointer(rebasing: raw[offset...]), output: &output)
                        }
                        guard applied != nil else { preconditionFailure("a command that cannot be read back") }
                        if looksTwice, let order = orders[index], !exchange.isInBand(order.price, of: order.key) { figures.outside += 1 }
                        if let order = exchange.orderResult {
                            figures.trades += Int(order.trades)
                        } else {
                            figures.refused += 1
                        }
                    }
                }
                figures.frameBytes += frame.bytes.count + output.results.bytes.count + output.events.bytes.count
            }
        }
    }
}
