import Client
import Quantities

/// Trades a planned trace on a server, through its public API.
///
/// It plays every part itself: the operator who sets up and moves the simulated clock, one provider for each model, one
/// buyer for each service class, and a meter of another owner. Requests go one after another, because each depends on the
/// clock of the one before.
package struct TraceImporter {
    /// What an import needs besides its plan.
    package struct Site: Sendable {
        /// The zone that is made for the trace.
        package var zone: String
        /// What every participant is given, in USD.
        package var deposit: Micros
        /// Marks this import in names, references and idempotency keys.
        package var tag: String

        package init(zone: String, deposit: Micros, tag: String) {
            self.zone = zone
            self.deposit = deposit
            self.tag = tag
        }
    }

    /// What is traded in: the reference prices' currency.
    package static let currency = "USD"
    /// How long after an hour its report is due.
    package static let meterDeadlineMinutes = 15
    /// How long after its report a delivery can be disputed.
    package static let disputeMinutes = 30

    package let plan: TracePlan
    package let site: Site
    package let venue: SuanpanClient
    /// The clock's first full hour: the trace's second 0.
    package let begin: Timestamp

    private let market: TraceMarket
    package private(set) var tally: TraceTally
    private var now: Timestamp
    /// Devices sold by hour and model, until they are metered.
    private var sold: [Int: [Int: Int]] = [:]
    /// No hour before this one is left to meter.
    private var nextMeteredHour = 0
    private var chains: [MeterChain]
    private var offersOpenAtEnd: [OpenOffer] = []

    /// A resource's reports so far.
    private struct MeterChain {
        var sequence: Int64 = 0
        var previousHash: String?
    }

    /// An offer that may have hours left when the trace ends.
    private struct OpenOffer {
        var model: Int
        var id: String
        var endHour: Int
    }

    /// Sets the market up and gets ready to trade.
    ///
    /// - Throws: `TraceRefusal.clockIsReal`, and what the client throws.
    package static func prepare(plan: TracePlan, site: Site, operator venue: SuanpanClient) async throws -> TraceImporter {
        let clock = try await venue.time()
        guard clock.isSimulated else { throw TraceRefusal.clockIsReal }
        let hour = Hour(containing: clock.now)
        let begin = hour.start == clock.now ? clock.now : hour.end
        let market = try await TraceMarket.create(plan: plan, site: site, begin: begin, operator: venue)
        return TraceImporter(
            plan: plan, site: site, venue: venue, begin: begin, market: market, tally: TraceTally(models: plan.models.count),
            now: clock.now, chains: Array(repeating: MeterChain(), count: plan.models.count)
        )
    }

    /// Places every bid at its time, meters every hour that was sold, and settles.
    package mutating func run() async throws {
        var progress = ProgressBar(label: "trading", total: plan.bids.count)
        var windows = plan.offerWindows[...]
        for (position, bid) in plan.bids.enumerated() {
            let placed = begin.advanced(microseconds: Int64(bid.placedSeconds) * Timestamp.microsecondsPerSecond)
            try await meterHours(endingBy: placed)
            try await advance(to: placed)
            while let window = windows.first, window.beforeBid == position {
                try await post(window)
                windows.removeFirst()
            }
            try await place(bid)
            progress.show(done: position + 1, note: "\(tally.filled) of \(position + 1) bids filled, \(now)")
        }
        progress.finish()
        try await close()
    }

    /// Meters what is left, cancels offers that nobody can use any more, lets every deadline pass and settles.
    private mutating func close() async throws {
        for offer in offersOpenAtEnd where time(ofHour: offer.endHour) > now {
            do {
                try await market.providers[offer.model].client.cancelOffer(
                    offer.id, idempotencyKey: idempotencyKey("cancel-\(offer.id)")
                )
            } catch let problem as Problem where problem.status == 409 {
                // Its last gate has closed: nothing was left to cancel.
                continue
            }
        }
        if let last = sold.keys.max() {
            try await meterHours(endingBy: time(ofHour: last + 1))
            let due = time(ofHour: last + 1).advanced(
                minutes: Int32(Self.meterDeadlineMinutes + Self.disputeMinutes + 15)
            )
            try await advance(to: due)
        }
        tally.settlement = try await venue.settle(
            through: Hour(containing: now).start, idempotencyKey: idempotencyKey("settle")
        )
        try await readVerdict()
    }

    /// Reads what the participants have now, and the ledger's sums.
    private mutating func readVerdict() async throws {
        for provider in market.providers { try await read(provider, isBuyer: false) }
        for buyer in market.buyers.values.sorted(by: { $0.id < $1.id }) { try await read(buyer, isBuyer: true) }
        tally.trialBalance = try await venue.trialBalance()
    }

    private mutating func read(_ participant: TraceMarket.Member, isBuyer: Bool) async throws {
        for balance in try await participant.client.balances() where balance.currency == Self.currency {
            if isBuyer {
                tally.spent += site.deposit - balance.total
            } else {
                tally.earned += balance.total - site.deposit
            }
            tally.leftInEscrow += balance.inEscrow
            tally.leftReserved += balance.reserved
        }
    }

    // MARK: - Steps

    /// Moves the simulated clock forward; never back.
    private mutating func advance(to time: Timestamp) async throws {
        guard time > now else { return }
        try await venue.advanceClock(to: time, idempotencyKey: idempotencyKey("clock-\(time.microseconds)"))
        now = time
        tally.clockMoves += 1
    }

    /// Posts one offer of each provider.
    private mutating func post(_ window: TracePlan.OfferWindow) async throws {
        for (position, model) in plan.models.enumerated() {
            let prices = window.hours.map {
                TraceRules.offerPrice(model: model.name, reference: model.facts.referencePrice, hour: $0)
            }
            let provider = market.providers[position]
            let offer = try await provider.client.offer(
                NewOffer(
                    resourceId: provider.resource, start: time(ofHour: window.hours.lowerBound),
                    end: time(ofHour: window.hours.upperBound), quantity: model.units, prices: prices
                ),
                idempotencyKey: idempotencyKey("offer-\(model.name)-\(window.hours.lowerBound)")
            )
            let passed = Int(Hour(containing: now) - Hour(containing: begin))
            offersOpenAtEnd.removeAll { $0.endHour <= passed }
            offersOpenAtEnd.append(OpenOffer(model: position, id: offer.id, endHour: window.hours.upperBound))
            tally.offers += 1
        }
    }

    private mutating func place(_ planned: TracePlan.Bid) async throws {
        guard let buyer = market.buyers[planned.buyer] else { preconditionFailure("every buyer of the plan was created") }
        let requirements = Requirements(classes: planned.models.map { plan.models[$0].name }, zones: [site.zone])
        let bid = try await buyer.client.bid(
            NewBid(
                requirements: requirements, earliestStart: time(ofHour: planned.earliestStart),
                latestEnd: time(ofHour: planned.latestEnd), durationHours: planned.durationHours,
                quantity: planned.quantity, limitPrice: planned.limitPrice, fill: .whole, placement: .sameResource
            ),
            idempotencyKey: idempotencyKey("bid-\(planned.task)")
        )
        guard bid.status == "filled" else {
            tally.unfilled += 1
            return
        }
        let path = "/v1/bids"
        guard let legs = bid.legs, let cost = bid.cost, !legs.isEmpty else {
            throw ClientFault.malformedAnswer(method: "POST", path: path, reason: "a filled bid without legs or cost")
        }
        var model = 0
        for leg in legs {
            guard let (code, hour) = ContractSymbol.parse(leg.contract), let position = market.modelOfProduct[code] else {
                throw ClientFault.malformedAnswer(method: "POST", path: path, reason: "a leg in \(leg.contract)")
            }
            model = position
            sold[Int(hour - Hour(containing: begin)), default: [:]][position, default: 0] += leg.quantity
        }
        tally.record(
            model: model, deviceHours: legs.reduce(0) { $0 + $1.quantity }, cost: cost, fees: bid.fees ?? .zero
        )
    }

    /// Reports every sold hour that ends by `time`, each at its end, in one batch an hour.
    private mutating func meterHours(endingBy time: Timestamp) async throws {
        while self.time(ofHour: nextMeteredHour + 1) <= time {
            defer { nextMeteredHour += 1 }
            guard let quantities = sold.removeValue(forKey: nextMeteredHour) else { continue }
            try await advance(to: self.time(ofHour: nextMeteredHour + 1))
            let entries = quantities.sorted { $0.key < $1.key }
            let reports = entries.map { report(model: $0.key, hour: nextMeteredHour, quantity: $0.value) }
            let results = try await market.meter.client.report(
                reports, idempotencyKey: idempotencyKey("meter-\(nextMeteredHour)")
            )
            guard results.count == entries.count else {
                let reason = "\(results.count) results for \(entries.count) reports"
                throw ClientFault.malformedAnswer(method: "POST", path: "/v1/meter_reports/batch", reason: reason)
            }
            for (entry, result) in zip(entries, results) {
                if let problem = result.error { throw problem }
                chains[entry.key].sequence += 1
                chains[entry.key].previousHash = result.hash
                tally.reports += 1
            }
        }
    }

    private func report(model: Int, hour: Int, quantity: Int) -> NewMeterReport {
        let delivered = TraceRules.deliveredSeconds(model: plan.models[model].name, hour: hour, quantity: quantity)
        return NewMeterReport(
            resourceId: market.providers[model].resource,
            hour: time(ofHour: hour),
            sequence: chains[model].sequence + 1,
            previousHash: chains[model].previousHash,
            deliveredDeviceSeconds: delivered,
            itEnergyKwh: TraceRules.energy(watts: plan.models[model].facts.assumedWatts, seconds: delivered)
        )
    }

    // MARK: - Names

    private func time(ofHour hour: Int) -> Timestamp {
        begin.advanced(microseconds: Int64(hour) * Timestamp.microsecondsPerHour)
    }

    private func idempotencyKey(_ step: String) -> String { "trace-\(site.tag)-\(step)" }
}

/// Why an import does not begin.
package enum TraceRefusal: Error, Equatable, CustomStringConvertible {
    /// A trace's months cannot be traded in real time.
    case clockIsReal
    /// The zone already has one of the trace's products.
    case alreadyImported(product: String, zone: String)
    /// The server answered a key's creation without the key.
    case keyWithheld(participant: String)

    package var description: String {
        switch self {
        case .clockIsReal:
            "the server's clock is real, and the trace takes months: start it with --clock simulated"
        case .alreadyImported(let product, let zone):
            "the product \(product) exists already: import into a zone of its own with --zone (not \(zone))"
        case .keyWithheld(let participant):
            "the key of \(participant) was made by an earlier import with this tag: give another --tag"
        }
    }
}
