import DequeModule
import Ledger
import Matching
import Quantities
import Registry
import Settlement

/// The exchange: a state machine that turns commands into replies and events, and reads nothing but them.
///
///     command + time ──► check everything ──► change everything ──► reply, events
///                              │
///                              └─► refusal: nothing changed
///
/// One thread owns it. It knows no clock, no randomness and no input or output: the same commands give the same state,
/// events and replies on every machine. The aspects are in files of their own: `Exchange+Orders.swift`,
/// `Exchange+BidSearch.swift`, `Exchange+Settlement.swift` …
package final class Exchange {
    /// The rules that this code computes with.
    package static let rulesVersion: Int32 = 1

    /// The number of the last applied command; 0 before the genesis.
    package internal(set) var sequence: Int64 = 0
    /// The time of the last applied command.
    package internal(set) var time = Timestamp()
    package internal(set) var clockMode = ClockMode.real
    package internal(set) var genesisTime = Timestamp()

    // What is happening now.
    /// The moment that is being worked at: the due time of what falls due, else the command's time.
    var now = Timestamp()
    var output = ExchangeOutput()
    var actions = MatchActions()
    var lastReply = Reply.done

    // Who and what.
    var participants = ParticipantRegistry()
    var apiKeys: [APIKeyRecord] = []
    package internal(set) var catalogue = Catalogue()
    var resources = ResourceRegistry()
    /// By product and by resource: what every order asks of them.
    var productFacts: [ProductFacts] = []
    var resourceFacts: [ResourceFacts] = []
    var deposits = ReferenceSet()
    var withdrawals = ReferenceSet()

    // Money.
    package internal(set) var ledger = Ledger()
    /// By cash account: what its owner paid into escrow for hours held and bonds posted.
    var escrowInterest: [Micros] = []

    // Trading.
    var books = OrderBooks()
    var directory = OrderDirectory()
    var lookahead = Lookahead()
    var orders = OrderStore()
    var contracts = ContractStore()
    var marketHalted = false
    var offers: [OfferState] = []
    var bids: [BidView] = []
    var allocations: [AllocationState] = []
    /// Contracts whose stops may have triggered in this command.
    var touched: [Int32] = []
    var lastOrderID: Int64 = 0
    var lastTradeID: Int64 = 0
    var lastLotID: Int64 = 0

    // Delivery.
    var deliveries: [DeliveryState] = []
    var meters: [MeterState] = []
    var runs: [SettlementRunState] = []
    var unreported = UnreportedSettlements()

    // Time.
    var due = DueQueue()
    var idempotency: [IdempotencyLog] = []
    var nextForgetting = Timestamp()

    package init() {}

    /// Applies one command: the only way to change the exchange.
    ///
    /// - Precondition: the time is not before the last one, and nothing but `passTime` and `genesis` arrives while
    ///   something is due (`nextDue`).
    package func apply(_ envelope: Envelope, output: inout ExchangeOutput) -> Outcome {
        precondition(envelope.time >= time, "time went back")
        swap(&self.output, &output)
        defer { swap(&self.output, &output) }
        let outcome = perform(envelope)
        self.output.results.append(outcome.reply)
        return outcome
    }

    private func perform(_ envelope: Envelope) -> Outcome {
        sequence += 1
        time = envelope.time
        now = envelope.time
        forgetExpiredAnswers()
        forgetClosedOrders()
        if let key = envelope.idempotency, let answer = storedAnswer(to: key, of: envelope.issuer) {
            return Outcome(reply: answer.reply, sequence: sequence, time: time, replayed: answer.replayed)
        }
        let reply: Reply
        do throws(Refusal) {
            reply = try execute(envelope)
        } catch {
            reply = .refused(error)
        }
        enterTriggeredStops()
        ledger.removeTransfers()
        if let key = envelope.idempotency { remember(reply, to: key, of: envelope.issuer) }
        return Outcome(reply: reply, sequence: sequence, time: time, replayed: false)
    }

    /// Forgets orders that closed more than 24 hours ago: they are read from the projections from then on.
    func forgetClosedOrders() {
        orders.forgetClosed(before: now.advanced(hours: -24)) { id in directory.slot(of: id.rawValue) != nil }
    }

    /// The next moment at which something happens by itself, if anything is waiting.
    package var nextDue: Timestamp? { due.next }

    private func execute(_ envelope: Envelope) throws(Refusal) -> Reply {
        let issuer = envelope.issuer
        switch envelope.command {
        case .genesis(let genesis): return try begin(genesis)
        case .passTime:
            passTime()
            return .done
        default: break
        }
        precondition(sequence > 1, "no genesis")
        if let next = due.next { precondition(next > now, "something is due before this command") }
        ledger.beginEntrySet(Cause())
        switch envelope.command {
        case .genesis, .passTime: return .done
        case .createParticipant(let spec): return try createParticipant(spec, issuer)
        case .suspendParticipant(let reference): return try suspend(reference.participant, issuer)
        case .reinstateParticipant(let reference): return try reinstate(reference.participant, issuer)
        case .createAPIKey(let request): return try createAPIKey(request, issuer)
        case .revokeAPIKey(let request): return try revokeAPIKey(request.key, issuer)
        case .deposit(let movement): return try deposit(movement, issuer)
        case .withdraw(let movement): return try withdraw(movement, issuer)
        case .addZone(let zone): return try addZone(zone, issuer)
        case .addComputeClass(let computeClass): return try addComputeClass(computeClass, issuer)
        case .addGrade(let grade): return try addGrade(grade, issuer)
        case .addProduct(let terms): return try addProduct(terms, issuer)
        case .registerResource(let spec): return try registerResource(spec, issuer)
        case .certifyResource(let request): return try certify(request, issuer)
        case .declareOutage(let request): return try declareOutage(request, issuer)
        case .retireResource(let request): return try retire(request.resource, issuer)
        case .halt(let scope): return try setHalted(scope, to: .halted, issuer)
        case .resume(let scope): return try setHalted(scope, to: .trading, issuer)
        case .placeOrder(let spec): return .order(try placeOrder(spec, issuer))
        case .placeOrders(let batch): return try placeOrders(batch, issuer)
        case .amendOrder(let request): return .order(try amendOrder(request, issuer))
        case .cancelOrder(let request): return .cancelledOrder(try cancelOrder(request.order, issuer))
        case .cancelOrders(let request): return .cancelled(try cancelOrders(request.contract, issuer))
        case .postOffer(let spec): return .offer(try postOffer(spec, issuer))
        case .amendOffer(let request): return .offer(try amendOffer(request, issuer))
        case .cancelOffer(let request): return .offer(try cancelOffer(request.offer, issuer))
        case .placeBid(let spec): return .bid(try placeBid(spec, issuer))
        case .cancelBid(let request): return .bid(try cancelBid(request.bid, issuer))
        case .recordHandover(let request): return .allocation(try recordHandover(request, issuer))
        case .reportMeter(let report): return .meterReport(try reportMeter(report, issuer))
        case .reportMeters(let batch): return try reportMeters(batch, issuer)
        case .settle(let request): return try settle(through: request.through, issuer)
        }
    }

    /// Writes an event into the output, in order.
    func emit(_ event: Event) {
        output.events.append(RecordedEvent(sequence: sequence, time: now, event: event))
        output.eventCount += 1
        switch event {
        case .participant, .apiKey, .product:
            output.notices.append(RecordedEvent(sequence: sequence, time: now, event: event))
        default: break
        }
    }
}
