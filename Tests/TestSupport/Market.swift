import Exchange
import Ledger
import Matching
import Quantities
import Registry

/// An exchange in a test's hand: applies commands to a real `Exchange`, lets time pass as the sequencer does, and keeps the
/// journal so that it can be replayed.
package final class Market {
    package private(set) var exchange = Exchange()
    /// Everything that was applied, in order.
    package private(set) var journal: [Envelope] = []
    /// Events of each journal entry, in binary form.
    package private(set) var events: [[UInt8]] = []
    package private(set) var now: Timestamp
    package let operatorID = ParticipantID(1)
    private var references = 0
    private var output = ExchangeOutput()

    /// Checks the contracts that a command touched after every command, and everything after every so many; 0 never.
    package var checkEvery = 1_000
    package private(set) var brokenInvariant: String?

    package init(start: String = "2026-11-23T00:00:00Z", clock: ClockMode = .simulated) {
        now = Timestamp(rfc3339: start) ?? Timestamp()
        apply(.genesis(Genesis(rulesVersion: Exchange.rulesVersion, clockMode: clock, operatorKeyHash: Bytes([1]))), as: .none)
    }

    /// Applies a command at the present time; what fell due before it happens first.
    @discardableResult
    package func apply(_ command: Command, as issuer: ParticipantID, key: IdempotencyKey? = nil) -> Outcome {
        settleDue(at: now)
        return perform(Envelope(time: now, issuer: issuer, idempotency: key, command: command))
    }

    /// Lets time pass until `time`.
    package func advance(to time: Timestamp) {
        precondition(time >= now)
        settleDue(at: time)
        now = time
        perform(Envelope(time: time, issuer: .none, command: .passTime(PassTime())))
    }

    package func advance(to text: String) {
        guard let time = Timestamp(rfc3339: text) else { preconditionFailure("no time: \(text)") }
        advance(to: time)
    }

    private func settleDue(at time: Timestamp) {
        while let due = exchange.nextDue, due <= time {
            perform(Envelope(time: time, issuer: .none, command: .passTime(PassTime())))
        }
    }

    @discardableResult
    private func perform(_ envelope: Envelope) -> Outcome {
        output.removeAll()
        let outcome = exchange.apply(envelope, output: &output)
        journal.append(envelope)
        events.append(output.events.bytes)
        count(output)
        if checkEvery > 0, journal.count % checkEvery == 0, brokenInvariant == nil {
            brokenInvariant = exchange.firstBrokenInvariant()
        }
        return outcome
    }

    /// Trades so far in which held hours were sold on, and those in which they came back to their provider.
    package private(set) var trades = 0
    package private(set) var resales = 0
    package private(set) var returns = 0

    /// Notes what a command did, and holds the contracts that it touched against their invariants.
    private func count(_ output: ExchangeOutput) {
        var touched: Set<ContractKey> = []
        defer {
            if checkEvery > 0, brokenInvariant == nil {
                for key in touched { if let broken = exchange.brokenInvariant(of: key) { brokenInvariant = broken } }
            }
        }
        var decoder = BinaryDecoder(output.events.bytes)
        for _ in 0..<output.eventCount {
            guard let recorded = try? decoder.read(RecordedEvent.self) else { preconditionFailure("events that cannot be read") }
            switch recorded.event {
            case .orderAccepted(let order): touched.insert(order.contract)
            case .orderClosed(let order): touched.insert(order.contract)
            case .delivery(let delivery): touched.insert(delivery.contract)
            case .trade(let trade):
                touched.insert(trade.contract)
                trades += 1
                if trade.resale { resales += 1 }
            case .transfer(let transfer):
                if transfer.kind == .bondReturn, transfer.cause.kind == .trade { returns += 1 }
            default: break
            }
        }
    }

    /// The canonical bytes of the whole state.
    package var state: [UInt8] {
        var encoder = BinaryEncoder()
        exchange.encodeState(into: &encoder)
        return encoder.bytes
    }

    /// Applies the journal, through its binary form, to a fresh exchange; answers its state, or the position of the first
    /// command whose events differ.
    package func replay() -> (state: [UInt8], firstDifference: Int?) {
        let fresh = Exchange()
        var output = ExchangeOutput()
        for (position, envelope) in journal.enumerated() {
            guard let decoded = try? BinaryDecoder.decode(Envelope.self, from: BinaryEncoder.encode(envelope)) else {
                return ([], position)
            }
            output.removeAll()
            _ = fresh.apply(decoded, output: &output)
            if output.events.bytes != events[position] { return ([], position) }
        }
        var encoder = BinaryEncoder()
        fresh.encodeState(into: &encoder)
        return (encoder.bytes, nil)
    }
}

// MARK: Short ways to say what tests say often

extension Market {
    /// Registers a participant; a failure stops the test's process with the refusal.
    package func participant(_ name: String, _ roles: Role..., owner: ParticipantID? = nil) -> ParticipantID {
        var spec = ParticipantSpec()
        spec.name = name
        spec.roles = roles
        spec.ownerID = owner
        guard case .participant(let participant) = apply(.createParticipant(spec), as: operatorID).reply else {
            preconditionFailure("no participant \(name)")
        }
        return participant.id
    }

    /// Gives a participant cash.
    package func deposit(_ units: Int64, to participant: ParticipantID, _ currency: String = "USD") {
        references += 1
        let movement = MoneyMovement(
            participantID: participant, currency: Currency(unchecked: currency), amount: .units(units),
            reference: "wire \(references)"
        )
        guard case .money = apply(.deposit(movement), as: operatorID).reply else { preconditionFailure("no deposit") }
    }

    /// Lists `H100-SXM.CN-GAN`-like products: zone and class are added when missing.
    @discardableResult
    package func product(
        _ computeClass: String = "H100-SXM", _ zone: String = "CN-GAN", currency: String = "USD", tick: Price = Price(10_000),
        lot: Quantity = 1, maker: BasisPoints = 10, taker: BasisPoints = 30, bond: BasisPoints = 3_000,
        reference: Price = Price(2_000_000), horizon: Int32 = 1_000
    ) -> ProductID {
        if exchange.catalogue.zone(code: zone) == nil {
            var record = Zone()
            record.code = zone
            record.name = zone
            record.country = String(zone.prefix(2))
            apply(.addZone(record), as: operatorID)
        }
        if exchange.catalogue.computeClass(code: computeClass) == nil {
            var record = ComputeClass()
            record.code = computeClass
            record.vendor = "vendor"
            record.model = computeClass
            record.abi = "cuda"
            apply(.addComputeClass(record), as: operatorID)
        }
        var terms = ProductTerms()
        terms.computeClass = computeClass
        terms.zone = zone
        terms.currency = Currency(unchecked: currency)
        terms.tickSize = tick
        terms.lotSize = lot
        terms.makerFee = maker
        terms.takerFee = taker
        terms.bond = bond
        terms.priceBand = 5_000
        terms.referencePrice = reference
        terms.horizonHours = horizon
        guard case .product(let product) = apply(.addProduct(terms), as: operatorID).reply else {
            preconditionFailure("no product")
        }
        return product.id
    }

    /// A certified resource of a provider.
    package func resource(
        of provider: ParticipantID, units: Quantity, _ computeClass: String = "H100-SXM", _ zone: String = "CN-GAN",
        hours: Int32 = 1_000, meter: ParticipantID? = nil
    ) -> ResourceID {
        var spec = ResourceSpec()
        spec.computeClass = computeClass
        spec.zone = zone
        spec.units = units
        guard case .resource(let resource) = apply(.registerResource(spec), as: provider).reply else {
            preconditionFailure("no resource")
        }
        var certification = Certification()
        certification.units = units
        certification.validFrom = Hour(containing: now)
        certification.validUntil = Hour(containing: now) + hours
        certification.meterID = meter
        let reply = apply(.certifyResource(CertifyResource(resource: resource.id, certification: certification)), as: operatorID).reply
        guard case .resource = reply else { preconditionFailure("no certification: \(reply)") }
        return resource.id
    }

    /// The contract of a product in the hour that begins `hours` after the present one.
    package func contract(_ product: ProductID, in hours: Int32) -> ContractKey {
        ContractKey(product: product, hour: Hour(containing: now) + hours)
    }

    /// A limit order.
    package func order(
        _ side: Side, _ contract: ContractKey, _ price: Price, _ quantity: Quantity, resource: ResourceID? = nil,
        _ force: TimeInForce = .gtc
    ) -> OrderSpec {
        var spec = OrderSpec()
        spec.contract = contract
        spec.side = side
        spec.price = price
        spec.quantity = quantity
        spec.timeInForce = force
        spec.resourceID = resource
        return spec
    }

    /// Places an order and answers its receipt, or the code of its refusal.
    package func place(_ spec: OrderSpec, as issuer: ParticipantID) -> Result<OrderReceipt, Refusal> {
        switch apply(.placeOrder(spec), as: issuer).reply {
        case .order(let receipt): .success(receipt)
        case .refused(let refusal): .failure(refusal)
        default: .failure(Refusal(.conflict, "not an order's answer"))
        }
    }

    /// A participant's money in one currency.
    package func balance(_ participant: ParticipantID, _ currency: String = "USD") -> BalanceView {
        exchange.balances(of: participant).first { $0.currency.code == currency } ?? BalanceView()
    }

    /// A meter's report of a resource's hour; chains by itself.
    @discardableResult
    package func report(
        _ resource: ResourceID, _ hour: Hour, delivered: Int64, sequence: Int64, as meter: ParticipantID
    ) -> Reply {
        var report = MeterReportSpec()
        report.resourceID = resource
        report.hour = hour
        report.sequence = sequence
        report.previousHash = sequence > 1 ? Market.hash(resource, sequence - 1) : nil
        report.deliveredDeviceSeconds = delivered
        return apply(.reportMeter(ReportMeter(report: report, hash: Market.hash(resource, sequence))), as: meter).reply
    }

    /// A stand-in for a report's hash: the exchange only compares them.
    package static func hash(_ resource: ResourceID, _ sequence: Int64) -> String {
        let text = String(resource.rawValue, radix: 16) + "f" + String(sequence, radix: 16)
        return String(repeating: "0", count: 64 - text.utf8.count) + text
    }
}
