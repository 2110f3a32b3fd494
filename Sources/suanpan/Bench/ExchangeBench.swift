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
    }

    /// Commands of one batch.
    private static let batch = 4_096

    let stream: ExchangeStream

    /// Replays the stream on a fresh exchange; the market's making and the filling of its books are not timed, nor is what `prepare` adds.
    func run(_ prepare: (Exchange) -> Void = { _ in }) -> Figures {
        let exchange = Exchange()
        var figures = Figures(seconds: 0, trades: 0, refused: 0, frameBytes: 0)
        replay(0..<stream.preparation, on: exchange, &figures)
        figures.refused = 0
        figures.frameBytes = 0
        prepare(exchange)
        let began = DispatchTime.now().uptimeNanoseconds
        replay(stream.preparation..<stream.preparation + stream.commands, on: exchange, &figures)
        figures.seconds = Double(DispatchTime.now().uptimeNanoseconds - began) / 1e9
        return figures
    }

    private func replay(_ range: Range<Int>, on exchange: Exchange, _ figures: inout Figures) {
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
