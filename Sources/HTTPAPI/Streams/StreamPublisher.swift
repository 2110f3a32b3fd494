import Exchange
import NIOCore
import Quantities
import Sequencer

/// Makes events of what was committed and gives them to the feeds.
///
/// It works in rounds. A round takes the frames that wait, looks up between two commands how the books, orders and balances that they
/// touched stand (at the sequence R, durable when the answer comes), and publishes: trades one by one from the frames up to R, the rest as
/// it stands at R. Whoever joins gets the snapshot of R. What happens while a round works is told by the next one.
actor StreamPublisher {
    /// A channel, and whose where it is somebody's.
    private struct Address: Hashable {
        var channel: StreamChannel
        var participant: ParticipantID
    }

    private let hub: StreamHub
    private let settings: StreamSettings
    private var feeds: [StreamFeedKey: StreamFeed] = [:]
    private var audience: [Address: [StreamFeed]] = [:]
    private var books: [ContractKey: StreamBook] = [:]
    /// Whose orders are told.
    private var watched: Set<ParticipantID> = []
    private var balances: [ParticipantID: [BalanceView]] = [:]
    /// Whose bids are told.
    private var bidders: Set<ParticipantID> = []
    private var demands: [ProductID: StreamDemand] = [:]
    /// Facts that no round has published yet, in order.
    private var backlog: [StreamFact] = []
    /// What facts touched that were published without having been looked up.
    private var carried = StreamReading()
    private var joiners: [StreamHub.Joiner] = []
    private var lastTick = ContinuousClock.now

    /// Bytes that all feeds keep together for those who come back.
    private static let ringBudget = 128 << 20
    /// Feeds without subscribers that are kept.
    private static let idleFeeds = 256

    init(hub: StreamHub) {
        self.hub = hub
        settings = hub.settings
    }

    /// Works until the hub stops.
    func run() async {
        for await _ in hub.wakes {
            let start = ContinuousClock.now
            tick(start)
            if await round() {
                let rest = settings.pace - (ContinuousClock.now - start)
                if rest > .zero { try? await Task.sleep(for: rest) }
            }
        }
    }

    /// One round; false where there was nothing to do.
    private func round() async -> Bool {
        let waiting = hub.take()
        joiners += waiting.joiners
        guard !feeds.isEmpty || !joiners.isEmpty else {
            hub.rest()
            backlog = []
            carried = StreamReading()
            return false
        }
        take(waiting)
        let reading = reading()
        guard !reading.isEmpty else { return false }
        let found: StreamFindings
        do throws(SubmissionError) {
            found = try await hub.gateway.read { exchange in reading.perform(on: exchange) }
        } catch {
            // Looked up again at the next wake.
            return true
        }
        // All frames up to the reading's sequence are here by now.
        let known = backlog.count
        take(hub.takeFrames())
        carried = StreamReading()
        if backlog.count > known {
            for fact in backlog[known...] where fact.sequence <= found.sequence { note(fact, in: &carried) }
        }
        publish(found)
        if !carried.isEmpty || !backlog.isEmpty { hub.wake() }
        return true
    }

    private func take(_ waiting: StreamHub.Waiting) {
        var isLost = waiting.lostFrames
        for frame in waiting.frames {
            do throws(BinaryDecoder.Failure) { backlog += try StreamFact.all(of: frame) } catch { isLost = true }
        }
        guard isLost else { return }
        // Nothing that follows would be without a gap: everybody begins anew.
        for feed in feeds.values { for subscriber in feed.subscribers { subscriber.end(.failure) } }
        (feeds, audience, books, balances, watched) = ([:], [:], [:], [:], [])
        (bidders, demands) = ([], [:])
        (backlog, carried) = ([], StreamReading())
    }

    // MARK: What to look up

    private func reading() -> StreamReading {
        var reading = carried
        reading.participants = watched
        reading.bidders = bidders
        for fact in backlog { note(fact, in: &reading) }
        for address in audience.keys where address.channel == .balances && !backlog.isEmpty {
            reading.balances.insert(address.participant)
        }
        reading.hasFacts = !backlog.isEmpty
        for joiner in joiners {
            reading.hasFacts = true
            for channel in joiner.key.channels {
                switch channel {
                case .book(let contract): reading.books.insert(contract)
                case .orders: reading.liveOrders.insert(joiner.key.participant)
                case .balances: reading.balances.insert(joiner.key.participant)
                case .bids: reading.liveBids.insert(joiner.key.participant)
                case .demand(let product): reading.demands.insert(product)
                case .trades, .contractTrades, .fills: break
                }
            }
        }
        return reading
    }

    private func note(_ fact: StreamFact, in reading: inout StreamReading) {
        fact.forEachContract { if books[$0] != nil { reading.books.insert($0) } }
        if case .trading = fact.kind { reading.books.formUnion(books.keys.filter { fact.concernsTrading(in: $0) }) }
        if !watched.isEmpty { fact.forEachOrder(of: watched) { reading.orders.insert($0) } }
        if !bidders.isEmpty {
            if let bid = fact.bid(of: bidders) { reading.bids.insert(bid) }
            fact.forEachOrder(of: bidders) { reading.bidOrders.insert($0) }
        }
        if fact.concernsDemand { reading.demands.formUnion(demands.keys) }
    }

    // MARK: Publishing

    private func publish(_ found: StreamFindings) {
        let products = hub.directory.products
        let due = backlog.prefix { $0.sequence <= found.sequence }
        for fact in due {
            switch fact.kind {
            case .trade(let trade): publish(trade, fact.sequence, products)
            case .closed(let order) where found.orders[order.id] == nil && !carried.orders.contains(order.id):
                publish(order, fact.sequence, products)
            default: break
            }
        }
        backlog.removeFirst(due.count)
        for order in found.orders.values.sorted(by: { $0.id < $1.id }) { publish(order, found.sequence, products) }
        for bid in found.bids.values.sorted(by: { $0.id < $1.id }) { publish(bid, found.sequence, products) }
        for (contract, view) in found.books { publish(view, found.trading[contract], of: contract, products) }
        for (product, lines) in found.demands { publish(lines, of: product, found.sequence, products) }
        for (participant, lines) in found.balances {
            let address = Address(channel: .balances, participant: participant)
            if let known = balances[participant], !Self.areSame(known, lines) {
                publish("balances", to: address) {
                    StreamText.data("balances", found.sequence, products) { $0.member("balances", lines) }
                }
            }
            balances[participant] = lines
        }
        let newcomers = joiners
        joiners = []
        for joiner in newcomers { join(joiner, found, products) }
    }

    private static func areSame(_ left: [BalanceView], _ right: [BalanceView]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy {
                $0.currency == $1.currency && $0.total == $1.total && $0.available == $1.available && $0.reserved == $1.reserved
                    && $0.inEscrow == $1.inEscrow
            }
    }

    private func publish(_ trade: TradeView, _ sequence: Int64, _ products: ProductIndex) {
        for channel in [StreamChannel.trades(trade.contract.product), .contractTrades(trade.contract)] {
            publish("trade", to: Address(channel: channel, participant: .none)) {
                StreamText.data(channel.name(products), sequence, products) { $0.member("trade", PublicTradeView(trade)) }
            }
        }
        for participant in Set([trade.buyerID, trade.sellerID]) {
            publish("fill", to: Address(channel: .fills, participant: participant)) {
                StreamText.data("fills", sequence, products) { $0.member("fill", OwnTradeView(trade, of: participant)) }
            }
        }
    }

    private func publish(_ order: OrderView, _ sequence: Int64, _ products: ProductIndex) {
        publish("order", to: Address(channel: .orders, participant: order.participantID)) {
            StreamText.data("orders", sequence, products) { $0.member("order", order) }
        }
    }

    private func publish(_ bid: BidView, _ sequence: Int64, _ products: ProductIndex) {
        publish("bid", to: Address(channel: .bids, participant: bid.participantID)) {
            StreamText.data("bids", sequence, products) { $0.member("bid", bid) }
        }
    }

    private func publish(_ lines: [DemandView], of product: ProductID, _ sequence: Int64, _ products: ProductIndex) {
        guard demands[product] != nil else {
            demands[product] = StreamDemand(lines)
            return
        }
        guard let delta = demands[product]?.advance(to: lines) else { return }
        let channel = StreamChannel.demand(product)
        publish("demand", to: Address(channel: channel, participant: .none)) {
            StreamText.data(channel.name(products), sequence, products) { writer in
                writer.member("added", delta.added)
                writer.member("removed", delta.removed)
            }
        }
    }

    private func publish(_ view: BookView, _ trading: ContractTrading?, of contract: ContractKey, _ products: ProductIndex) {
        guard books[contract] != nil else {
            books[contract] = StreamBook(view, trading)
            return
        }
        let address = Address(channel: .book(contract), participant: .none)
        if let delta = books[contract]?.advance(to: view) {
            let checksum = books[contract]?.checksum ?? 0
            publish("delta", to: address) {
                StreamText.data(address.channel.name(products), view.sequence, products) { writer in
                    writer.member("bids", delta.bids)
                    writer.member("asks", delta.asks)
                    writer.member("checksum", checksum)
                }
            }
        }
        guard books[contract]?.advance(to: trading) == true, let trading else { return }
        publish("status", to: address) {
            StreamText.data(address.channel.name(products), view.sequence, products) { writer in
                writer.member("status", trading.status)
                writer.member("interrupted_until", trading.interruptedUntil)
            }
        }
    }

    private func publish(_ name: StaticString, to address: Address, _ data: () -> [UInt8]) {
        guard let listening = audience[address] else { return }
        let bytes = data()
        var cut = 0
        for feed in listening { cut += feed.publish(name, bytes, settings) }
        hub.note(published: listening.count, cut: cut)
    }

    // MARK: Joining and leaving

    private func join(_ joiner: StreamHub.Joiner, _ found: StreamFindings, _ products: ProductIndex) {
        guard !joiner.subscriber.isEnded else { return }
        let feed: StreamFeed
        if let known = feeds[joiner.key] {
            feed = known
        } else {
            feed = StreamFeed(key: joiner.key, sequence: found.sequence)
            feeds[joiner.key] = feed
            for channel in joiner.key.channels { audience[address(channel, feed.key), default: []].append(feed) }
            if joiner.key.channels.contains(.orders) { watched.insert(joiner.key.participant) }
            if joiner.key.channels.contains(.bids) { bidders.insert(joiner.key.participant) }
        }
        feed.emptySince = nil
        if let resume = joiner.resume, let id = resume, let missed = feed.events(after: id) {
            joiner.subscriber.begin([ByteBuffer(string: ": resumed\n\n")] + missed)
        } else {
            joiner.subscriber.begin(snapshot(feed, isReset: joiner.resume != nil, found, products))
        }
        feed.subscribers.append(joiner.subscriber)
    }

    private func address(_ channel: StreamChannel, _ key: StreamFeedKey) -> Address {
        Address(channel: channel, participant: channel.isPrivate ? key.participant : .none)
    }

    /// A snapshot for each channel. Only the last one is numbered: whoever is cut off between two of them begins anew.
    private func snapshot(
        _ feed: StreamFeed, isReset: Bool, _ found: StreamFindings, _ products: ProductIndex
    ) -> [ByteBuffer] {
        let last = feed.key.channels.count - 1
        return feed.key.channels.enumerated().map { position, channel in
            let data = StreamText.data(channel.name(products), found.sequence, products) { writer in
                writer.member("reset", isReset)
                switch channel {
                case .book(let contract):
                    writer.member("bids", books[contract]?.view.bids ?? [])
                    writer.member("asks", books[contract]?.view.asks ?? [])
                    writer.member("checksum", books[contract]?.checksum ?? 0)
                    writer.member("status", books[contract]?.trading?.status)
                    writer.member("interrupted_until", books[contract]?.trading?.interruptedUntil)
                case .trades, .contractTrades, .fills: writer.member("last_trade_id", found.lastTrade)
                case .orders: writer.member("orders", found.liveOrders[feed.key.participant] ?? [])
                case .balances: writer.member("balances", found.balances[feed.key.participant] ?? [])
                case .bids: writer.member("bids", found.liveBids[feed.key.participant] ?? [])
                case .demand(let product): writer.member("demand", demands[product]?.lines ?? [])
                }
            }
            return StreamText.event("snapshot", id: position == last ? feed.lastID : nil, data: data)
        }
    }

    /// Heartbeats, expired keys, feeds that nobody comes back to.
    private func tick(_ now: ContinuousClock.Instant) {
        guard now - lastTick >= min(.milliseconds(500), settings.heartbeat / 4) else { return }
        lastTick = now
        hub.endExpired()
        var kept = 0
        var idle: [(key: StreamFeedKey, since: ContinuousClock.Instant)] = []
        for feed in feeds.values {
            feed.subscribers.removeAll { $0.isEnded }
            for subscriber in feed.subscribers { subscriber.beat(after: settings.heartbeat, now: now) }
            kept += feed.ringBytes
            guard feed.subscribers.isEmpty else { continue }
            let since = feed.emptySince ?? now
            feed.emptySince = since
            idle.append((feed.key, since))
        }
        if kept > Self.ringBudget { for feed in feeds.values { feed.forgetHalf() } }
        idle.sort { $0.since > $1.since }
        for (position, empty) in idle.enumerated() {
            let isOld = now - empty.since >= settings.retention
            if isOld || position >= Self.idleFeeds, let feed = feeds[empty.key] { forget(feed) }
        }
    }

    private func forget(_ feed: StreamFeed) {
        feeds[feed.key] = nil
        for channel in feed.key.channels {
            let address = address(channel, feed.key)
            audience[address]?.removeAll { $0 === feed }
            guard audience[address]?.isEmpty == true else { continue }
            audience[address] = nil
            if case .book(let contract) = channel { books[contract] = nil }
            if channel == .orders { watched.remove(feed.key.participant) }
            if channel == .balances { balances[feed.key.participant] = nil }
            if channel == .bids { bidders.remove(feed.key.participant) }
            if case .demand(let product) = channel { demands[product] = nil }
        }
    }
}
