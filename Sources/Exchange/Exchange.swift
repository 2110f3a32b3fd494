import DequeModule
import Ledger
import Matching
import Pricing
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
    package static let rulesVersion: Int32 = 7

    /// The number of the last applied command; 0 before the genesis.
    package internal(set) var sequence: Int64 = 0
    /// The time of the last applied command.
    package internal(set) var time = Timestamp()
    package internal(set) var clockMode = ClockMode.real
    package internal(set) var genesisTime = Timestamp()

    // What is happening now.
    /// The moment that is being worked at: the due time of what falls due, else the command's time.
    var now = Timestamp()
    /// The random bytes of the time command that is at work.
    var entropy: [UInt8] = []
    var output = ExchangeOutput()
    var actions = MatchActions()
    /// Room for the order at work and one that is looked at.
    let work = WorkingOrders()
    /// The fills of the command at work, those of the orders that it triggered last.
    var fills: [FillView] = []
    var answer = Answer()

    // Who and what.
    var participants = ParticipantRegistry()
    var apiKeys: [APIKeyRecord] = []
    /// How many entries the audit log has.
    var lastActionID: Int64 = 0
    package internal(set) var catalogue = Catalogue()
    var resources = ResourceRegistry()
    /// By participant, product and resource: what every order asks of them.
    var traders = Slab<TraderFacts>(reserving: 1 << 20)
    var productFacts = Slab<ProductFacts>(reserving: 1 << 16)
    /// By product and hour of the day, 24 in a row.
    var hourPrices = Slab<HourPrices>(reserving: 24 << 16)
    /// By product: the versions of its fees after the first.
    var feeVersions: [[FeeVersion]] = []
    /// By participant: what was delivered to and by it lately.
    var delivered: [DeliveredDays] = []
    /// When the UTC day ends for which bands and tiers are fixed.
    var nextMidnight = Timestamp()
    /// Whether trades are noted for prices: for a measurement of what that costs, which alone turns it off.
    package var keepsPrices = true
    /// Contracts that traded at the edge of their band in this command.
    var bandHits: [Int32] = []
    var resourceFacts = Slab<ResourceFacts>(reserving: 1 << 20)
    /// By resource and hour: what is sold and on offer.
    var capacity = CapacityStore()
    var deposits = ReferenceSet()
    var withdrawals = ReferenceSet()

    // Money.
    package internal(set) var ledger = Ledger()
    /// By cash account: what its owner paid into escrow for hours held and bonds posted.
    var escrowInterest: [Micros] = []

    // Trading.
    var books = OrderBooks()
    var lookahead = Lookahead()
    var foresight = Foresight()
    var orders = OrderStore()
    var contracts = ContractStore()
    var marketHalted = false
    var offers: [OfferState] = []
    var bids: [BidView] = []
    /// A client's own names of its bids.
    var bidNames: [ClientName: BidID] = [:]
    /// What resources ask, as searches see it.
    var asks = AskIndex()
    /// Bids that wait for somebody to sell.
    var standing = StandingBids()
    /// How many orders of an hourly bid are live.
    var openHours: [BidID: Int32] = [:]
    var allocations = AllocationStore()
    /// Contracts whose stops may have triggered in this command.
    var touched: [Int32] = []
    /// How many stops wait in all books.
    var waitingStops = 0
    var lastOrderID: Int64 = 0
    var lastTradeID: Int64 = 0
    var lastLotID: Int64 = 0

    // Delivery.
    /// Those that are not archived, by number.
    var deliveries = NumberedList<DeliveryState>()
    var cases = DeliveryCases()
    var signing = SigningState()
    /// By participant, and by product: what was delivered of late.
    var providerReliability: [ReliabilityLog] = []
    var productReliability: [ReliabilityLog] = []
    /// By participant.
    var contacts: [ContactState] = []
    var meters: [MeterState] = []
    var runs: [SettlementRunState] = []
    var unlisted = UnlistedSettlements()
    var certificates = CertificateStore()
    var evidence = EvidenceState()
    /// Room for the payments of the delivery at work.
    var payments: [Payment] = []

    // Time.
    var due = DueQueue()
    /// By participant: those whose dead-man switch is armed.
    var cancelTimers: [CancelTimer] = []
    // Who may trade with whom.
    var policy = TradingPolicy()
    var blocked = BlockedBuyers()
    /// Whether any such rule is there.
    var hasTradingRules = false
    var hasRestrictedProducts = false
    var idempotency: [IdempotencyLog] = []
    var nextForgetting = Timestamp()

    package init() {}

    /// The next moment at which something happens by itself, if anything is waiting.
    package var nextDue: Timestamp? { due.next }
}
