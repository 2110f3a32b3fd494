import Exchange
import Matching
import Quantities
import Registry
import TestSupport

/// Commands that must be refused whatever the state is: every number of every body at and beyond its bounds.
struct HostileCommands {
    let market: Market
    let provider: ParticipantID
    let consumer: ParticipantID
    let meter: ParticipantID
    let resource: ResourceID
    let contract: ContractKey

    private static let ids: [Int64] = [0, -1, Int64.max, Int64.min, 1 << 62]
    private static let quantities: [Quantity] = [0, Quantity.limit + 1, .max]
    private static let prices: [Int64] = [0, -1, Price.limit.rawValue + 1, Int64.max, Int64.min]
    private static let amounts: [Int64] = [0, -1, Micros.limit.rawValue + 1, Int64.max, Int64.min]
    private static let hours: [Int32] = [-1, Int32.max, Int32.min, 2_016_144]
    private static let times: [Int64] = [-1, Int64.max, Int64.min, Timestamp.limit.microseconds]
    private static let texts = ["", "a\u{0}b", "a\nb", String(repeating: "x", count: 256), "\u{85}"]

    /// Every hostile command with its issuer.
    var all: [(command: Command, issuer: ParticipantID)] {
        orders + offers + bids + reports + administration + unknownObjects + evidence + cases
    }

    private func varied<Body>(_ body: Body, _ changes: [(inout Body) -> Void]) -> [Body] {
        changes.map { change in
            var copy = body
            change(&copy)
            return copy
        }
    }

    private var orders: [(Command, ParticipantID)] {
        let good = market.order(.buy, contract, cents(200), 1)
        var changes: [(inout OrderSpec) -> Void] = []
        for quantity in Self.quantities {
            changes.append { $0.quantity = quantity }
            changes.append { $0.displayQuantity = quantity }
            changes.append {
                $0.timeInForce = .ioc
                $0.minQuantity = quantity
            }
        }
        for price in Self.prices {
            changes.append { $0.price = Price(price) }
            changes.append {
                $0.type = .stopLimit
                $0.stopPrice = Price(price)
            }
        }
        for time in Self.times + [0] {
            changes.append {
                $0.timeInForce = .gtd
                $0.expiresAt = Timestamp(time)
            }
        }
        for hour in Self.hours { changes.append { $0.contract.hour = Hour(hour) } }
        for index in [UInt32.max, UInt32.max - 1, 1 << 31, 1_000] { changes.append { $0.contract.product = ProductID(index) } }
        for text in Self.texts { changes.append { $0.clientOrderID = text } }
        var found = varied(good, changes).map { (Command.placeOrder($0), consumer) }
        for id in Self.ids {
            found.append((.placeOrder(market.order(.sell, contract, cents(200), 1, resource: ResourceID(id))), provider))
            var resale = market.order(.sell, contract, cents(200), 1)
            resale.allocationID = AllocationID(id)
            found.append((.placeOrder(resale), consumer))
        }
        var batch = OrderBatch()
        found.append((.placeOrders(batch), consumer))
        batch.orders = Array(repeating: good, count: 1_001)
        found.append((.placeOrders(batch), consumer))
        return found
    }

    private var offers: [(Command, ParticipantID)] {
        var good = OfferSpec()
        good.resourceID = resource
        good.start = contract.hour
        good.end = contract.hour + 2
        good.quantity = 1
        good.price = cents(200)
        var changes: [(inout OfferSpec) -> Void] = []
        for quantity in Self.quantities {
            changes.append { $0.quantity = quantity }
            changes.append { $0.minQuantity = quantity }
        }
        for price in Self.prices {
            changes.append { $0.price = Price(price) }
            changes.append {
                $0.price = nil
                $0.prices = [cents(200), Price(price)]
            }
        }
        for hour in Self.hours {
            changes.append { $0.start = Hour(hour) }
            changes.append { $0.end = Hour(hour) }
            changes.append {
                $0.start = Hour(hour)
                $0.end = Hour(hour == .max ? hour : hour + 1)
            }
        }
        for id in Self.ids { changes.append { $0.resourceID = ResourceID(id) } }
        for text in Self.texts {
            changes.append { $0.clientOfferID = text }
            changes.append { $0.product = text }
            changes.append { $0.grade = text }
        }
        changes.append { $0.prices = [cents(200), cents(200)] }
        changes.append { $0.price = nil }
        changes.append {
            $0.price = nil
            $0.prices = Array(repeating: cents(200), count: 100_000)
        }
        changes.append { $0.end = $0.start }
        changes.append { $0.end = $0.start + 8_785 }
        changes.append { $0.minHours = .min }
        return varied(good, changes).map { (.postOffer($0), provider) }
    }

    private var bids: [(Command, ParticipantID)] {
        var good = BidSpec()
        good.earliestStart = contract.hour
        good.latestEnd = contract.hour + 4
        good.durationHours = 2
        good.quantity = 1
        good.limitPrice = cents(200)
        var changes: [(inout BidSpec) -> Void] = []
        for quantity in Self.quantities { changes.append { $0.quantity = quantity } }
        for price in Self.prices { changes.append { $0.limitPrice = Price(price) } }
        for amount in Self.amounts {
            changes.append {
                $0.limitPrice = nil
                $0.maxTotal = Micros(amount)
            }
        }
        for hour in Self.hours {
            changes.append { $0.earliestStart = Hour(hour) }
            changes.append { $0.latestEnd = Hour(hour) }
            changes.append {
                $0.earliestStart = Hour(.min)
                $0.latestEnd = Hour(hour)
            }
        }
        for duration in [0, -1, Int32.max, Int32.min, 5] { changes.append { $0.durationHours = duration } }
        for text in Self.texts { changes.append { $0.clientBidID = text } }
        for code in ["", "usd", "US", "USDUSDUSD", "U$D"] { changes.append { $0.currency = Currency(unchecked: code) } }
        for figure in [Int64.min, -1, Int64.max] {
            changes.append { $0.requirements.maxPUE = Measure(figure) }
            changes.append { $0.requirements.minBF16Tflops = Measure(figure) }
            changes.append { $0.requirements.maxGramsPerDeviceHour = Measure(figure) }
            changes.append { $0.usableShare = Measure(figure) }
        }
        for count in [UInt32(0), .max] {
            changes.append { $0.requirements.devicesPerNode = count }
            changes.append { $0.requirements.minScaleUpDomain = count }
        }
        changes.append { $0.requirements.products = [] }
        changes.append { $0.requirements.products = Array(repeating: "H100-SXM.CN-GAN", count: 257) }
        changes.append { $0.requirements.zones = ["NO-SUCH-ZONE"] }
        changes.append { $0.maxTotal = .units(1) }
        changes.append { $0.limitPrice = nil }
        changes.append {
            $0.standing = true
            $0.expiresAt = Timestamp(1)
        }
        changes.append { $0.hidden = true }
        changes.append { $0.expiresAt = Timestamp(Int64.max) }
        return varied(good, changes).map { (.placeBid($0), consumer) }
    }

    private var reports: [(Command, ParticipantID)] {
        var good = MeterReportSpec()
        good.resourceID = resource
        good.hour = Hour(1)
        good.sequence = 1
        var changes: [(inout MeterReportSpec) -> Void] = []
        for id in Self.ids { changes.append { $0.resourceID = ResourceID(id) } }
        for hour in Self.hours { changes.append { $0.hour = Hour(hour) } }
        for number in [0, -1, Int64.max, Int64.min] { changes.append { $0.sequence = number } }
        for number in [-1, Int64.max, Int64.min, 3_600_000_001] {
            changes.append { $0.deliveredDeviceSeconds = number }
            changes.append {
                var share = DeliveredShare()
                share.deliveryID = DeliveryID(number)
                share.deliveredDeviceSeconds = number
                $0.deliveries = [share]
            }
        }
        for number in [-1, Int64.max, Int64.min] { changes.append { $0.itEnergyKilowattHours = Measure(number) } }
        for text in ["", "0", String(repeating: "G", count: 64), String(repeating: "A", count: 64)] { changes.append { $0.previousHash = text } }
        changes.append { $0.deliveries = [] }
        changes.append { $0.deliveries = Array(repeating: DeliveredShare(), count: 10_001) }
        changes.append { $0.replaces = Int64.max }
        changes.append { $0.signature = "" }
        let bodies = varied(good, changes).map { ReportMeter(report: $0, hash: Market.hash(resource, 1)) }
        return bodies.map { (.reportMeter($0), meter) } + [
            (.reportMeters(ReportMeters([])), meter), (.reportMeters(ReportMeters(Array(repeating: ReportMeter(), count: 1_001))), meter),
        ]
    }

    private var administration: [(Command, ParticipantID)] {
        var found: [Command] = []
        let good = MoneyMovement(participantID: consumer, currency: Currency(unchecked: "USD"), amount: .units(1), reference: "hostile")
        var movements: [(inout MoneyMovement) -> Void] = []
        for amount in Self.amounts { movements.append { $0.amount = Micros(amount) } }
        for id in Self.ids { movements.append { $0.participantID = ParticipantID(id) } }
        for text in Self.texts { movements.append { $0.reference = text } }
        for code in ["", "usd", "US", "USDUSDUSD"] { movements.append { $0.currency = Currency(unchecked: code) } }
        for movement in varied(good, movements) {
            found.append(.deposit(movement))
            found.append(.withdraw(movement))
        }
        for time in Self.times { found.append(.settle(Settle(through: Timestamp(time)))) }
        var certification = Certification()
        certification.units = 1
        certification.validFrom = contract.hour
        certification.validUntil = contract.hour + 1
        var changes: [(inout Certification) -> Void] = []
        for units in [Quantity.limit + 1, .max, Quantity.limit] { changes.append { $0.units = units } }
        for hour in [-1, Int32.min] {
            changes.append { $0.validFrom = Hour(hour) }
            changes.append { $0.validUntil = Hour(hour) }
        }
        changes.append { $0.validUntil = Hour(.max) }
        changes.append { $0.validFrom = Hour(.max) }
        for id in Self.ids { changes.append { $0.meterID = ParticipantID(id) } }
        for body in varied(certification, changes) { found.append(.certifyResource(CertifyResource(resource: resource, certification: body))) }
        var outage = OutageSpec()
        outage.start = contract.hour
        outage.end = contract.hour + 1
        outage.units = 1
        outage.reason = "hostile"
        var outages: [(inout OutageSpec) -> Void] = []
        for units in Self.quantities { outages.append { $0.units = units } }
        for hour in [-1, Int32.min] {
            outages.append { $0.start = Hour(hour) }
            outages.append { $0.end = Hour(hour) }
        }
        outages.append { $0.end = Hour(.max) }
        outages.append { $0.reason = "" }
        for body in varied(outage, outages) { found.append(.declareOutage(DeclareOutage(resource: resource, body: body))) }
        found += products + [.createParticipant(ParticipantSpec()), .addZone(Zone()), .addComputeClass(ComputeClass()), .addGrade(Grade())]
        return found.map { ($0, market.operatorID) }
    }

    private var products: [Command] {
        guard var good = market.exchange.catalogue.products.first?.terms else { return [] }
        good.grade = "STD"
        var changes: [(inout ProductTerms) -> Void] = [{ _ in }]
        for price in Self.prices {
            changes.append { $0.tickSize = Price(price) }
            changes.append { $0.referencePrice = Price(price) }
        }
        for lot in Self.quantities { changes.append { $0.lotSize = lot } }
        for rate in [5_001, -5_001, Int32.max, Int32.min] {
            changes.append { $0.makerFee = rate }
            changes.append { $0.takerFee = rate }
        }
        for rate in [-1, 10_001, Int32.max, Int32.min] {
            changes.append { $0.bond = rate }
            changes.append { $0.priceBand = rate }
        }
        for number in [-1, 10_081, Int32.max, Int32.min] {
            changes.append { $0.gateClosureMinutes = number }
            changes.append { $0.meterDeadlineMinutes = number }
            changes.append { $0.disputeMinutes = number }
            changes.append { $0.meterGraceHours = number }
            changes.append { $0.handoverLeadMinutes = number }
            changes.append { $0.horizonHours = number }
        }
        return varied(good, changes).map { .addProduct($0) }
    }

    private var unknownObjects: [(Command, ParticipantID)] {
        var found: [(Command, ParticipantID)] = []
        var amendment = AmendOrder.Body()
        amendment.quantity = 1
        var offer = AmendOffer.Body()
        offer.quantity = 1
        for id in Self.ids {
            found.append((.cancelOrder(CancelOrder(OrderReference(id: OrderID(id)))), consumer))
            found.append((.amendOrder(AmendOrder(order: OrderReference(id: OrderID(id)), body: amendment)), consumer))
            found.append((.cancelOffer(CancelOffer(OfferID(id))), provider))
            found.append((.amendOffer(AmendOffer(offer: OfferID(id), body: offer)), provider))
            found.append((.cancelBid(CancelBid(BidID(id))), consumer))
            found.append((.recordHandover(RecordHandover(allocation: AllocationID(id), kind: .request, hash: Bytes(), version: .min)), consumer))
            found.append((.recordHandover(RecordHandover(allocation: AllocationID(id), kind: .access, hash: Bytes(), version: .max)), provider))
            found.append((.retireResource(RetireResource(ResourceID(id))), provider))
            found.append((.correctSite(CorrectSite(resource: ResourceID(id), site: SiteFacts(name: "S"))), provider))
            found.append((.declareOutage(DeclareOutage(resource: ResourceID(id), body: OutageSpec())), provider))
            found.append((.suspendParticipant(ParticipantReference(ParticipantID(id))), market.operatorID))
            found.append((.reinstateParticipant(ParticipantReference(ParticipantID(id))), market.operatorID))
            found.append((.revokeAPIKey(RevokeAPIKey(APIKeyID(id))), market.operatorID))
            found.append((.requireSignatures(RequireSignatures(participant: ParticipantID(id), body: .init())), market.operatorID))
            found.append((.certifyResource(CertifyResource(resource: ResourceID(id), certification: Certification())), market.operatorID))
            found.append((.placeBid(BidSpec()), ParticipantID(id)))
        }
        for hour in Self.hours {
            let key = ContractKey(product: contract.product, hour: Hour(hour))
            found.append((.halt(TradingScope(.contract, contract: key)), market.operatorID))
            found.append((.resume(TradingScope(.contract, contract: key)), market.operatorID))
        }
        for index in [UInt32.max, 1 << 31, 1_000] {
            found.append((.halt(TradingScope(.product, product: ProductID(index))), market.operatorID))
            let key = ContractKey(product: ProductID(index), hour: contract.hour)
            found.append((.cancelOrders(CancelOrders(contract: key)), consumer))
        }
        return found
    }

    /// Disputes, corrections, hours given up, moves, keys and contacts: unknown objects, texts and figures beyond their bounds.
    private var cases: [(Command, ParticipantID)] {
        var found: [(Command, ParticipantID)] = []
        var dispute = DisputeDelivery.Body()
        var decision = DecideDispute.Body()
        var correction = CorrectDelivery.Body()
        var decline = DeclineAllocation.Body()
        (dispute.reason, decision.reason, correction.reason, correction.reference, decline.reason) = ("x", "x", "x", "x", "x")
        decline.from = contract.hour
        for id in Self.ids {
            found.append((.disputeDelivery(DisputeDelivery(DeliveryID(id), dispute)), consumer))
            found.append((.decideDispute(DecideDispute(DisputeID(id), decision)), market.operatorID))
            found.append((.correctDelivery(CorrectDelivery(DeliveryID(id), correction)), market.operatorID))
            found.append((.declineAllocation(DeclineAllocation(AllocationID(id), decline)), provider))
            found.append((.terminateAllocation(TerminateAllocation(AllocationID(id))), consumer))
            found.append((.proposeMove(ProposeMove(DeliveryID(id), ProposeMove.Body())), provider))
            found.append((.answerMove(AnswerMove(MoveID(id), accepted: true)), consumer))
            found.append((.revokeSigningKey(RevokeSigningKey(SigningKeyID(id))), market.operatorID))
            found.append((.addSigningKey(AddSigningKey(ParticipantID(id), AddSigningKey.Body())), market.operatorID))
            found.append((.setSigningPolicy(SetSigningPolicy(ParticipantID(id), SetSigningPolicy.Body())), market.operatorID))
        }
        for text in Self.texts {
            dispute.reason = text
            decision.reason = text
            correction.reference = text
            decline.reason = text
            found.append((.disputeDelivery(DisputeDelivery(DeliveryID(1), dispute)), consumer))
            found.append((.decideDispute(DecideDispute(DisputeID(1), decision)), market.operatorID))
            found.append((.correctDelivery(CorrectDelivery(DeliveryID(1), correction)), market.operatorID))
            found.append((.declineAllocation(DeclineAllocation(AllocationID(1), decline)), provider))
            var key = AddSigningKey.Body()
            key.publicKey = text
            found.append((.addSigningKey(AddSigningKey(meter, key)), market.operatorID))
        }
        for number in [-1, Int64.max, Int64.min] {
            dispute.claimedDeviceSeconds = number
            decision.deliveredDeviceSeconds = number
            correction.deliveredDeviceSeconds = number
            found.append((.disputeDelivery(DisputeDelivery(DeliveryID(1), dispute)), consumer))
            found.append((.decideDispute(DecideDispute(DisputeID(1), decision)), market.operatorID))
            found.append((.correctDelivery(CorrectDelivery(DeliveryID(1), correction)), market.operatorID))
            found.append((.recordContact(RecordContact(hash: Bytes(), version: number == Int64.max ? 0 : number)), consumer))
        }
        for hour in Self.hours where hour != 2_016_144 {
            decline.from = Hour(hour)
            decline.reason = "x"
            found.append((.declineAllocation(DeclineAllocation(AllocationID(1), decline)), provider))
        }
        return found
    }
}
