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
    private var pricing = Pricing.whole
    /// By command: what an order is held against; nil of a cancellation. Only where bands are looked up twice.
    private var orders: [(key: ContractKey, price: Price)?] = []

    init(stream: ExchangeStream) { self.stream = stream }

    /// What pricing takes of a run's time, in shares of one: that trades are noted, and that orders are held against bands. Of each round of
    /// three runs, which follow each other in turns.
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
            var seconds: [Pricing: Double] = [:]
            for turn in 0..<Pricing.allCases.count {
                pricing = Pricing.allCases[(round + turn) % Pricing.allCases.count]
                seconds[pricing] = run().seconds
            }
            guard let whole = seconds[.whole], let untold = seconds[.untold], let twice = seconds[.bandsTwice] else { continue }
            shares.append(((whole - untold) / whole, (twice - whole) / whole))
        }
        pricing = .whole
        return shares
    }

    /// Replays the stream on a fresh exchange; the market's making and the filling of its books are not timed.
    func run() -> Figures {
        let exchange = Exchange()
        exchange.keepsPrices = pricing != .untold
        var figures = Figures(seconds: 0, trades: 0, refused: 0, frameBytes: 0)
        replay(0..<stream.preparation, on: exchange, &figures)
        figures.refused = 0
        figures.frameBytes = 0
        let began = DispatchTime.now().uptimeNanoseconds
        replay(stream.preparation..<stream.preparation + stream.commands, on: exchange, &figures)
        figures.seconds = Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
        return figures
    }

    private func replay(_ range: Range<Int>, on exchange: Exchange, _ figures: inout Figures) {
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
