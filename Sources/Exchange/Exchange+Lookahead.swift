import Ledger
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
    package func beginLookahead() {
        lookahead.restart()
        foresight.restart()
    }

    /// Announces a command to come by its encoded envelope. A hint: it changes nothing, and may be wrong about what the command will meet.
    package func announce(encoded bytes: UnsafeRawBufferPointer) {
        var reader = unsafe RawReader(bytes)
        let head = EnvelopeHead(&reader)
        switch head.tag {
        case .placeOrder:
            let order = PlainOrder(&reader)
            guard reader.isSound, order.price.rawValue > 0, Int(order.contract.product.index) < productFacts.count,
                let index = contracts.index(of: order.contract), let book = contracts[index].book
            else { return }
            let ticks = max(ticks(order.price, order.contract.product), 1)
            lookahead.announceOrder(book, side: order.side, price: ticks)
            foresight.announce(book, side: order.side, price: ticks, resource: order.resource, hour: order.contract.hour)
            if !order.resource.isNone { capacity.prefetchPlace(order.resource, order.contract.hour) }
            unsafe Prefetch.line(contracts.address(index))
            unsafe ledger.prefetchCash(head.issuer, productFacts[Int(order.contract.product.index)].asset) { unsafe Prefetch.line($0) }
        case .cancelOrder, .amendOrder:
            let id = reader.take(Int64.self)
            guard reader.isSound, id > 0 else { return }
            lookahead.announceCancellation(id)
            foresight.announce(OrderID(id))
        default: return
        }
    }

    /// Ends the announced block.
    package func advanceLookahead() {
        lookahead.advance(books, orders.directory)
        foresight.advance(self)
    }

    /// Brings in what the end of a live order touches beside its entry, which is there already.
    func prefetchParts(of slot: UInt32) {
        guard slot != 0 else { return }
        let order = orders.place(of: OrderSlot(index: slot))
        if order.record.cell != 0 { capacity.prefetch(cell: order.record.cell) }
        unsafe Prefetch.line(contracts.address(order.record.contract))
        unsafe ledger.prefetchCash(order.record.participant, AssetIndex(0)) { unsafe Prefetch.line($0) }
    }
}
