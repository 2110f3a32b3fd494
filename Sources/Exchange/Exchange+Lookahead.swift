import Matching
import Quantities

/// The batch is known before it is applied: what its orders and cancels will touch in the books is asked for in time.
///
///     exchange.beginLookahead()
///     announce the first three blocks, `advanceLookahead()` after each
///     for each block: announce the block three ahead, `advanceLookahead()`, apply the block
extension Exchange {
    /// How many commands a block has.
    package static var lookaheadBlock: Int { Lookahead.blockSize }

    /// Whether looking ahead pays: the books have outgrown the processor's cache.
    package var wantsLookahead: Bool { books.outgrowsCache }

    /// Forgets what was announced: a new batch begins.
    package func beginLookahead() { lookahead.restart() }

    /// Announces a command to come. A hint: it changes nothing, and may be wrong about what the command will meet.
    package func announce(_ command: Command) {
        switch command {
        case .placeOrder(let spec):
            let product = Int(spec.contract.product.index)
            guard let price = spec.price, price.rawValue > 0, product < productFacts.count,
                let index = contracts.index(of: spec.contract), let book = contracts[index].book
            else { return }
            lookahead.announceOrder(book, side: spec.side, price: max(ticks(price, spec.contract.product), 1))
        case .cancelOrder(let request):
            guard !request.order.id.isNone else { return }
            lookahead.announceCancellation(request.order.id.rawValue)
        case .amendOrder(let request):
            guard !request.order.id.isNone else { return }
            lookahead.announceCancellation(request.order.id.rawValue)
        default: return
        }
    }

    /// Ends the announced block.
    package func advanceLookahead() { lookahead.advance(books, directory) }
}
