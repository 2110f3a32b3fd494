import Exchange
import Quantities
import Registry
import Sequencer

extension RouteNotes {
    /// The notes by group, in the order in which the description shows them.
    static let tables: [(RouteTag, [RouteNotes])] = [
        (.system, system), (.participants, participants), (.money, money), (.catalogue, catalogue), (.halts, halts),
        (.resources, resources), (.offers, offers), (.bids, bids), (.orders, orders), (.market, market + pricing),
        (.allocations, allocations), (.deliveries, deliveries), (.settlements, settlements), (.ledger, ledger),
        (.energy, energy), (.attestation, attestation), (.reports, reports),
    ]

    private static let system: [RouteNotes] = [
        RouteNotes("GET /", "showConsole", "A page for browsers: what is for sale now", .text("text/html")),
        RouteNotes("GET /docs", "showDocumentation", "This description as a page", .text("text/html"), changesSlowly: true),
        RouteNotes("GET /openapi.json", "describeAPI", "This description", .object, changesSlowly: true),
        RouteNotes("GET /healthz", "checkHealth", "Whether the process lives", .record(StatusAnswer.self)),
        RouteNotes("GET /readyz", "checkReadiness", "Whether commands are taken", .record(ReadinessAnswer.self)),
        RouteNotes("GET /metrics", "readMetrics", "Figures for Prometheus", .text("text/plain")),
        RouteNotes("GET /v1/time", "readTime", "The exchange's time", .record(TimeAnswer.self)),
        RouteNotes(
            "POST /v1/clock/advance", "advanceClock", "Let a simulated clock run; all that falls due happens first",
            .record(TimeAnswer.self)),
    ]

    private static let participants: [RouteNotes] = [
        RouteNotes("POST /v1/participants", "createParticipant", "Let a participant in", .created(Participant.self)),
        RouteNotes("GET /v1/participants", "listParticipants", "All participants", .list(Participant.self)),
        RouteNotes("GET /v1/participants/{id}", "readParticipant", "A participant", .record(Participant.self)),
        RouteNotes(
            "POST /v1/participants/{id}/suspend", "suspendParticipant", "Stop a participant and cancel its orders",
            .record(Participant.self)),
        RouteNotes(
            "POST /v1/participants/{id}/reinstate", "reinstateParticipant", "Let a suspended participant go on",
            .record(Participant.self)),
        RouteNotes(
            "PUT /v1/participants/{id}/legal", "setLegalEntity", "Say who a participant is in law; ends what was verified",
            .record(Participant.self)),
        RouteNotes(
            "POST /v1/participants/{id}/verify", "verifyParticipant", "Say that legal data was found right, and until when",
            .record(Participant.self)),
        RouteNotes(
            "PUT /v1/participants/{id}/blocked_buyers", "blockBuyers", "Name the buyers that a provider does not sell to",
            .record(BlockedBuyersView.self)),
        RouteNotes(
            "GET /v1/participants/{id}/blocked_buyers", "listBlockedBuyers", "Whom a provider does not sell to",
            .record(BlockedBuyersView.self)),
        RouteNotes(
            "POST /v1/participants/{id}/api_keys", "createAPIKey", "Make a key; its text is shown this once",
            .created(CreatedAPIKeyAnswer.self)),
        RouteNotes(
            "GET /v1/participants/{id}/api_keys", "listAPIKeys", "A participant's keys, without secrets", .list(APIKeyView.self)),
        RouteNotes(
            "PUT /v1/participants/{id}/signing", "requireSignatures", "Take only signed requests of a participant's keys",
            .record(Participant.self)),
        RouteNotes(
            "POST /v1/api_keys/{id}/rotate", "rotateAPIKey", "Put another key in a key's place", .created(CreatedAPIKeyAnswer.self)),
        RouteNotes(
            "GET /v1/audit_log", "listAuditLog", "Who administered what, the newest first", .list(ActionView.self),
            query: QueryNotes.moments),
        RouteNotes("DELETE /v1/api_keys/{id}", "revokeAPIKey", "End a key at once", .record(APIKeyView.self)),
        RouteNotes(
            "POST /v1/participants/{id}/signing_keys", "addSigningKey", "Register a key that a meter signs with",
            .created(SigningKeyView.self)),
        RouteNotes(
            "GET /v1/participants/{id}/signing_keys", "listSigningKeys", "A meter's keys", .list(SigningKeyView.self)),
        RouteNotes("DELETE /v1/signing_keys/{id}", "revokeSigningKey", "End a meter's key", .record(SigningKeyView.self)),
        RouteNotes(
            "PUT /v1/participants/{id}/signing_policy", "setSigningPolicy", "Say whether a meter without a key may report",
            .record(SigningPolicyView.self)),
        RouteNotes(
            "GET /v1/participants/{id}/reliability", "readReliability", "What a provider delivered of what it sold over 30 days",
            .record(ReliabilityView.self)),
        RouteNotes(
            "GET /v1/participants/{id}/signing_policy", "readSigningPolicy", "Whether a meter without a key may report",
            .record(SigningPolicyView.self)),
    ]

    private static let money: [RouteNotes] = [
        RouteNotes("POST /v1/deposits", "deposit", "Book money that came in", .created(MoneyReceipt.self)),
        RouteNotes("POST /v1/withdrawals", "withdraw", "Book money that went out", .created(MoneyReceipt.self)),
        RouteNotes("GET /v1/balances", "listBalances", "Money, currency by currency", .list(BalanceView.self)),
        RouteNotes("GET /v1/positions", "listPositions", "Hours held and sold that are not settled", .list(PositionView.self)),
    ]

    private static let catalogue: [RouteNotes] = [
        RouteNotes("POST /v1/zones", "createZone", "Define a zone", .created(Zone.self)),
        RouteNotes("GET /v1/zones", "listZones", "All zones", .list(Zone.self), changesSlowly: true),
        RouteNotes("GET /v1/zones/{code}", "readZone", "A zone", .record(Zone.self), changesSlowly: true),
        RouteNotes("PUT /v1/zones/{code}", "correctZone", "Correct a zone's facts, as a new version", .record(Zone.self)),
        RouteNotes("POST /v1/compute_classes", "createComputeClass", "Define a class of accelerators", .created(ComputeClass.self)),
        RouteNotes("GET /v1/compute_classes", "listComputeClasses", "All classes", .list(ComputeClass.self), changesSlowly: true),
        RouteNotes(
            "GET /v1/compute_classes/{code}", "readComputeClass", "A class", .record(ComputeClass.self), changesSlowly: true),
        RouteNotes(
            "PUT /v1/compute_classes/{code}", "correctComputeClass", "Correct a class's facts, as a new version",
            .record(ComputeClass.self)),
        RouteNotes("POST /v1/grades", "createGrade", "Define a grade: what its sellers guarantee", .created(Grade.self)),
        RouteNotes("GET /v1/grades", "listGrades", "All grades", .list(Grade.self), changesSlowly: true),
        RouteNotes("GET /v1/grades/{code}", "readGrade", "A grade", .record(Grade.self), changesSlowly: true),
        RouteNotes("POST /v1/products", "createProduct", "List a product: class, zone, grade and terms", .created(Product.self)),
        RouteNotes("GET /v1/products", "listProducts", "All products", .list(ListedProductAnswer.self), changesSlowly: true),
        RouteNotes("GET /v1/products/{code}", "readProduct", "A product", .record(ListedProductAnswer.self), changesSlowly: true),
        RouteNotes(
            "GET /v1/catalogue", "readCatalogue", "Units, classes, zones, grades, products and network at once",
            .record(CatalogueAnswer.self), changesSlowly: true),
        RouteNotes(
            "GET /v1/catalogue/{version}", "readCatalogueVersion", "The catalogue as a version had it",
            .record(CatalogueAnswer.self), changesSlowly: true),
        RouteNotes(
            "GET /v1/network", "listNetwork", "Distances and paths between zones", .list(NetworkPath.self), changesSlowly: true),
        RouteNotes(
            "GET /v1/network/{from}/{to}", "readNetworkPath", "How far one zone is from another", .record(NetworkPath.self),
            changesSlowly: true),
        RouteNotes(
            "PUT /v1/network/{from}/{to}", "setNetworkPath", "Say how far one zone is from another", .record(NetworkPath.self)),
        RouteNotes("GET /v1/profiles", "listProfiles", "What workload profiles stand for", .list(ProfileAnswer.self)),
    ]

    private static let halts: [RouteNotes] = [
        RouteNotes("POST /v1/halt", "haltMarket", "Halt all trading", .record(StatusAnswer.self)),
        RouteNotes("POST /v1/resume", "resumeMarket", "Go on with all trading", .record(StatusAnswer.self)),
        RouteNotes("POST /v1/products/{code}/halt", "haltProduct", "Halt a product", .record(StatusAnswer.self)),
        RouteNotes("POST /v1/products/{code}/resume", "resumeProduct", "Go on with a product", .record(StatusAnswer.self)),
        RouteNotes("POST /v1/contracts/{symbol}/halt", "haltContract", "Halt a contract", .record(StatusAnswer.self)),
        RouteNotes("POST /v1/contracts/{symbol}/resume", "resumeContract", "Go on with a contract", .record(StatusAnswer.self)),
    ]

    private static let resources: [RouteNotes] = [
        RouteNotes("POST /v1/resources", "registerResource", "Register accelerators at a site", .created(Resource.self)),
        RouteNotes("GET /v1/resources", "listResources", "One's resources", .list(Resource.self)),
        RouteNotes("GET /v1/resources/{id}", "readResource", "A resource", .record(Resource.self)),
        RouteNotes("DELETE /v1/resources/{id}", "retireResource", "Take a resource off the market", .record(Resource.self)),
        RouteNotes(
            "PUT /v1/resources/{id}/site", "correctSite", "Renew a site's figures and certificates; the hardware stays",
            .record(Resource.self)),
        RouteNotes(
            "POST /v1/resources/{id}/certify", "certifyResource", "Say how many units may be sold, and when", .record(Resource.self)),
        RouteNotes(
            "GET /v1/resources/{id}/certifications", "listCertifications", "What the operator certified of a resource",
            .list(IssuedCertification.self)),
        RouteNotes(
            "GET /v1/resources/{id}/outages", "listOutages", "What was declared away, and what that breaks as things stand",
            .list(OutageView.self)),
        RouteNotes(
            "POST /v1/resources/{id}/outages", "declareOutage", "Declare units away; the answer says what that breaks", .created(OutageView.self)),
        RouteNotes("GET /v1/resources/{id}/capacity", "listCapacity", "Units hour by hour", .list(CapacityView.self)),
        RouteNotes(
            "GET /v1/resolve/{cri}", "resolveResource", "What a compute resource identifier names",
            .record(ResolvedResourceAnswer.self)),
    ]

    private static let offers: [RouteNotes] = [
        RouteNotes("POST /v1/offers", "createOffer", "Offer hours of a resource, as one thing", .created(OfferView.self)),
        RouteNotes("GET /v1/offers", "listOffers", "One's offers", .list(OfferView.self)),
        RouteNotes("GET /v1/offers/{id}", "readOffer", "An offer", .record(OfferView.self)),
        RouteNotes("PATCH /v1/offers/{id}", "amendOffer", "Change price or quantity", .record(OfferView.self)),
        RouteNotes("DELETE /v1/offers/{id}", "cancelOffer", "Cancel what is left", .record(OfferView.self)),
    ]

    private static let bids: [RouteNotes] = [
        RouteNotes("POST /v1/bids", "placeBid", "Buy hours by what they must be able to do", .created(BidView.self)),
        RouteNotes("GET /v1/bids", "listBids", "One's bids", .list(BidView.self)),
        RouteNotes("GET /v1/bids/{id}", "readBid", "A bid", .record(BidView.self)),
        RouteNotes("DELETE /v1/bids/{id}", "cancelBid", "Cancel what a bid still wants", .record(BidView.self)),
        RouteNotes("POST /v1/quotes", "quote", "What a bid would do now; nothing is done", .record(QuoteView.self)),
    ]

    private static let orders: [RouteNotes] = [
        RouteNotes("POST /v1/orders", "placeOrder", "Buy or sell one hour", .created(OrderReceipt.self)),
        RouteNotes("POST /v1/orders/batch", "placeOrders", "Up to 1,000 orders, each for itself", .record(OrderBatchAnswer.self)),
        RouteNotes("GET /v1/orders", "listOrders", "One's orders: what lives or closed lately, then older ones", .list(OrderView.self)),
        RouteNotes("DELETE /v1/orders", "cancelOrders", "Cancel all of one's orders, or those of a contract", .record(CancelledCount.self)),
        RouteNotes("GET /v1/orders/{id}", "readOrder", "An order", .record(OrderView.self)),
        RouteNotes("PATCH /v1/orders/{id}", "amendOrder", "Change price or quantity", .record(OrderReceipt.self)),
        RouteNotes("DELETE /v1/orders/{id}", "cancelOrder", "Cancel an order", .record(OrderView.self)),
        RouteNotes(
            "POST /v1/cancel_all_after", "cancelAllAfter", "Cancel all of one's orders unless this is repeated in time",
            .record(CancelTimerView.self)),
        RouteNotes(
            "GET /v1/trades", "listTrades", "Trades, the newest first; overseers see both sides",
            .list([OwnTradeView.self, TradeView.self])),
    ]

    private static let market: [RouteNotes] = [
        RouteNotes("GET /v1/market", "readMarket", "What can be had of each product", .list(MarketLineView.self)),
        RouteNotes("GET /v1/contracts", "listContracts", "Contracts by product and hour", .list(ContractView.self)),
        RouteNotes("GET /v1/contracts/{symbol}", "readContract", "A contract", .record(ContractView.self)),
        RouteNotes("GET /v1/contracts/{symbol}/book", "readBook", "A contract's order book", .record(BookView.self)),
        RouteNotes(
            "GET /v1/contracts/{symbol}/trades", "listContractTrades", "A contract's trades, the newest first",
            .list(PublicTradeView.self)),
        RouteNotes("GET /v1/products/{code}/demand", "listDemand", "What standing bids want, without names", .list(DemandView.self)),
        RouteNotes("GET /v1/stream", "stream", "Snapshots and changes as Server-Sent Events", .events, required: ["channels"]),
    ]

    private static let allocations: [RouteNotes] = [
        RouteNotes("GET /v1/allocations", "listAllocations", "What one holds or provides", .list(AllocationView.self)),
        RouteNotes("GET /v1/allocations/{id}", "readAllocation", "An allocation", .record(AllocationDetailsAnswer.self)),
        RouteNotes(
            "PUT /v1/allocations/{id}/access", "setAccess", "Say how the holder gets in", .record(AllocationView.self)),
        RouteNotes("GET /v1/allocations/{id}/access", "readAccess", "How one gets in", .record(AccessDetails.self)),
        RouteNotes(
            "PUT /v1/allocations/{id}/request", "setRequest", "Say what one needs of the provider", .record(AllocationView.self)),
        RouteNotes("GET /v1/allocations/{id}/request", "readRequest", "What the holder needs", .record(HandoverRequest.self)),
        RouteNotes(
            "PUT /v1/contact", "setContact", "Say whom the other side of one's allocations turns to", .record(StatusAnswer.self)),
        RouteNotes("GET /v1/contact", "readContact", "One's own contact", .record(Contact.self)),
        RouteNotes(
            "POST /v1/allocations/{id}/decline", "declineAllocation", "Say ahead that hours will not be delivered",
            .record(AllocationView.self)),
        RouteNotes(
            "POST /v1/allocations/{id}/terminate", "terminateAllocation", "End what was twice in a row not usable",
            .record(AllocationView.self)),
    ]

    private static let deliveries: [RouteNotes] = [
        RouteNotes("GET /v1/deliveries", "listDeliveries", "What is to be delivered, and what was", .list(DeliveryView.self)),
        RouteNotes("GET /v1/deliveries/{id}", "readDelivery", "A delivery", .record(DeliveryView.self)),
        RouteNotes("POST /v1/meter_reports", "reportMeter", "Report an hour of a resource", .created(MeterReceipt.self)),
        RouteNotes(
            "POST /v1/meter_reports/batch", "reportMeters", "Up to 1,000 reports, each for itself", .record(MeterReportsAnswer.self)),
        RouteNotes(
            "POST /v1/deliveries/{id}/disputes", "disputeDelivery", "Say that a report is wrong", .created(DisputeView.self)),
        RouteNotes(
            "GET /v1/disputes", "listDisputes", "Disputes", .list(DisputeView.self),
            query: ["status": .choice(DisputeStatus.self, "Only disputes that stand so.")]),
        RouteNotes("GET /v1/disputes/{id}", "readDispute", "A dispute", .record(DisputeView.self)),
        RouteNotes("POST /v1/disputes/{id}/decide", "decideDispute", "Say what counts and who is at fault", .record(DisputeView.self)),
        RouteNotes(
            "POST /v1/deliveries/{id}/corrections", "correctDelivery", "Correct a settled delivery by compensating entries",
            .created(CorrectionView.self)),
        RouteNotes(
            "GET /v1/corrections", "listCorrections", "Corrections of settled deliveries", .list(CorrectionView.self),
            query: ["delivery_id": .text("Only of this delivery.")]),
        RouteNotes("POST /v1/deliveries/{id}/moves", "proposeMove", "Propose another resource", .created(MoveView.self)),
        RouteNotes(
            "GET /v1/moves", "listMoves", "Proposed moves and what became of them", .list(MoveView.self),
            query: ["delivery_id": .text("Only of this delivery.")]),
        RouteNotes("GET /v1/moves/{id}", "readMove", "A move", .record(MoveView.self)),
        RouteNotes("POST /v1/moves/{id}/accept", "acceptMove", "Consent to a move; it is done", .record(MoveView.self)),
        RouteNotes("POST /v1/moves/{id}/refuse", "refuseMove", "Refuse a move", .record(MoveView.self)),
    ]

    private static let settlements: [RouteNotes] = [
        RouteNotes("POST /v1/settlements", "settle", "List what was settled since the run before", .created(SettlementRunView.self)),
        RouteNotes("GET /v1/settlements", "listSettlements", "All runs", .list(SettlementRunView.self)),
        RouteNotes("GET /v1/settlements/{id}", "readSettlement", "A run", .record(SettlementRunView.self)),
        RouteNotes("GET /v1/settlements/{id}/lines", "listSettlementLines", "The deliveries of a run", .list(DeliveryView.self)),
    ]

    private static let ledger: [RouteNotes] = [
        RouteNotes("GET /v1/ledger/accounts", "listAccounts", "Open accounts", .list(LedgerAccountView.self)),
        RouteNotes("GET /v1/ledger/accounts/{id}", "readAccount", "An account", .record(LedgerAccountView.self)),
        RouteNotes(
            "GET /v1/ledger/transfers", "listTransfers", "Transfers in the order of posting", .list(TransferView.self),
            query: QueryNotes.transfers),
        RouteNotes(
            "GET /v1/ledger/transfers.csv", "exportTransfersAsCSV", "All transfers that match, one line each", .text("text/csv"),
            query: QueryNotes.transfers),
        RouteNotes(
            "GET /v1/ledger/transfers.ndjson", "exportTransfersAsNDJSON", "All transfers that match, one object each",
            .text("application/x-ndjson"), query: QueryNotes.transfers),
        RouteNotes(
            "GET /v1/ledger/trial_balance", "readTrialBalance", "Debits and credits, asset by asset", .list(TrialBalanceView.self)),
        RouteNotes("GET /v1/ledger/balances", "listPastBalances", "Balances of any moment", .list(PastBalanceView.self)),
        RouteNotes(
            "GET /v1/statements", "listStatements",
            "Opening balance, what came and went and for what, closing balance; as JSON, CSV or a page to print",
            .list(StatementView.self), otherForms: ["text/csv", "text/html"], query: QueryNotes.moments),
        RouteNotes(
            "GET /v1/ledger/checkpoints/latest", "readLatestCheckpoint", "The newest signed checkpoint",
            .record(CheckpointView.self)),
        RouteNotes("GET /v1/ledger/checkpoints", "listCheckpoints", "Checkpoints, the newest first", .list(CheckpointView.self)),
        RouteNotes(
            "GET /v1/ledger/proofs/inclusion", "proveInclusion", "That a transfer is in the ledger",
            .record(InclusionProofView.self), required: ["transfer"]),
        RouteNotes(
            "GET /v1/ledger/proofs/consistency", "proveConsistency", "That a ledger only grew", .record(ConsistencyProofView.self),
            required: ["first"]),
        RouteNotes("GET /v1/ledger/keys", "listLedgerKeys", "The keys that signed checkpoints", .list(LedgerKeyView.self)),
    ]
}
