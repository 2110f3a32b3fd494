import Ledger
import Quantities
import Registry

extension Exchange {
    /// Applies the command whose stamped envelope `bytes` begin with: the only way to change the exchange.
    ///
    /// Orders and cancellations are read straight from the bytes; the rest is decoded as any record is.
    ///
    /// - Precondition: the time is not before the last one, and nothing but `passTime` and `genesis` arrives while
    ///   something is due (`nextDue`).
    /// - Throws: Where the bytes are no envelope; nothing has changed then.
    package func apply(
        encoded bytes: UnsafeRawBufferPointer, output: inout ExchangeOutput
    ) throws(BinaryDecoder.Failure) -> Applied {
        swap(&self.output, &output)
        defer { swap(&self.output, &output) }
        var reader = unsafe RawReader(bytes)
        let head = EnvelopeHead(&reader)
        switch head.tag {
        case .placeOrder:
            var plain = reader
            let order = PlainOrder(&plain)
            if plain.isSound {
                return perform(head, byteCount: plain.offset) { () throws(Refusal) in
                    answerOrder(try placeOrder(order, head.issuer))
                }
            }
            let spec = OrderSpec(&reader)
            guard reader.isSound else { break }
            return perform(head, byteCount: reader.offset) { () throws(Refusal) in
                answerOrder(try placeOrder(spec, head.issuer))
            }
        case .cancelOrder:
            let reference = OrderReference(&reader)
            guard reader.isSound else { break }
            return perform(head, byteCount: reader.offset) { () throws(Refusal) in
                try cancelOrder(reference, head.issuer)
                answerCancelledOrder()
            }
        default: break
        }
        // Everything else, and whatever cannot be read: the general decoder says where and why.
        var decoder = BinaryDecoder(unsafe [UInt8](bytes))
        let envelope = try decoder.read(Envelope.self)
        return perform(head, byteCount: decoder.offset) { () throws(Refusal) in try execute(envelope) }
    }

    /// Applies one command. The same as through its bytes, which it goes through.
    package func apply(_ envelope: Envelope, output: inout ExchangeOutput) -> Outcome {
        let bytes = BinaryEncoder.encode(envelope)
        let applied = bytes.withUnsafeBytes { raw -> Applied? in
            do throws(BinaryDecoder.Failure) {
                return try unsafe apply(encoded: raw, output: &output)
            } catch {
                return nil
            }
        }
        guard let applied else { preconditionFailure("an envelope that cannot be read back") }
        return Outcome(reply: reply, sequence: applied.sequence, time: applied.time, replayed: applied.replayed)
    }

    @inline(__always)
    private func perform(
        _ head: EnvelopeHead, byteCount: Int, _ body: () throws(Refusal) -> Void
    ) -> Applied {
        precondition(head.time >= time, "time went back")
        sequence += 1
        time = head.time
        now = head.time
        if !fills.isEmpty { fills.removeAll(keepingCapacity: true) }
        if now >= nextForgetting { forgetExpiredAnswers() }
        forgetClosedOrders()
        if now >= nextMidnight, head.tag != .passTime { beginDay(at: now) }
        var replayed = false
        if let key = head.key, let stored = storedAnswer(to: key, of: head.issuer) {
            answer.set(stored.reply)
            replayed = stored.replayed
        } else {
            do throws(Refusal) {
                if head.tag != .genesis, head.tag != .passTime {
                    precondition(sequence > 1, "no genesis")
                    if let next = due.next { precondition(next > now, "something is due before this command") }
                    ledger.beginEntrySet(Cause())
                }
                try body()
            } catch {
                answer.set(.refused(error))
            }
            settleMarket()
            interruptHitContracts()
            ledger.removeTransfers()
            if let key = head.key { remember(reply, to: key, of: head.issuer) }
        }
        writeResult()
        return Applied(sequence: sequence, time: time, replayed: replayed, byteCount: byteCount)
    }

    /// Forgets orders that closed more than 24 hours ago: they are read from the projections from then on.
    func forgetClosedOrders() {
        let limit = Timestamp(now.microseconds - 24 * Timestamp.microsecondsPerHour)
        if orders.hasClosed(before: limit) { orders.forgetClosed(before: limit) }
    }

    private func execute(_ envelope: Envelope) throws(Refusal) {
        switch envelope.command {
        case .placeOrder(let spec): answerOrder(try placeOrder(spec, envelope.issuer))
        case .amendOrder(let request): answerOrder(try amendOrder(request, envelope.issuer))
        case .cancelOrder(let request):
            try cancelOrder(request.order, envelope.issuer)
            answerCancelledOrder()
        default: answer.set(try reply(to: envelope))
        }
    }

    func reply(to envelope: Envelope) throws(Refusal) -> Reply {
        let issuer = envelope.issuer
        switch envelope.command {
        case .genesis(let genesis): return try begin(genesis)
        case .passTime(let time):
            entropy = Array(time.entropy.value.prefix(Self.entropySize))
            passTime()
            return .done
        case .placeOrder, .amendOrder, .cancelOrder: preconditionFailure("an order's answer is no reply yet")
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
        case .placeOrders(let batch): return try placeOrders(batch, issuer)
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
        case .rotateAPIKey(let request): return try rotateAPIKey(request, issuer)
        case .administrative(let request): return try administer(request, envelope)
        case .postFees(let request): return try postFees(request, issuer)
        case .overrideBand(let request): return try overrideBand(request, issuer)
        case .reviseIndex(let request): return try reviseIndex(request, issuer)
        case .cancelAllAfter(let request): return .cancelTimer(try cancelAllAfter(request, issuer))
        case .registerEnergyCertificate(let spec): return .energyCertificate(try registerEnergyCertificate(spec, issuer))
        case .retireEnergyCertificate(let request): return .energyCertificate(try retireEnergyCertificate(request, issuer))
        case .addAttestationKey(let spec): return .attestationKey(try addAttestationKey(spec, issuer))
        case .revokeAttestationKey(let request): return .attestationKey(try revokeAttestationKey(request.key, issuer))
        case .attestDelivery(let request): return .delivery(try attest(request, issuer))
        case .recordWipe(let request): return .wipe(try recordWipe(request, issuer))
        case .disputeDelivery(let request): return .dispute(try dispute(request, issuer))
        case .decideDispute(let request): return .dispute(try decide(request, issuer))
        case .declineAllocation(let request): return .allocation(try decline(request, issuer))
        case .terminateAllocation(let request): return .allocation(try terminate(request, issuer))
        case .correctDelivery(let request): return .correction(try correct(request, issuer))
        case .addSigningKey(let request): return .signingKey(try addSigningKey(request, issuer))
        case .revokeSigningKey(let request): return .signingKey(try revokeSigningKey(request.key, issuer))
        case .setSigningPolicy(let request): return .signingPolicy(try setSigningPolicy(request, issuer))
        case .proposeMove(let request): return .move(try proposeMove(request, issuer))
        case .answerMove(let request): return .move(try answerMove(request, issuer))
        case .recordContact(let request):
            try recordContact(request, issuer)
            return .done
        case .correctZone(let request): return try correctZone(request, issuer)
        case .correctComputeClass(let request): return try correctComputeClass(request, issuer)
        case .setNetworkPath(let request): return try setNetworkPath(request, issuer)
        case .setLegalEntity(let request): return try setLegal(request, issuer)
        case .verifyParticipant(let request): return try verify(request, issuer)
        case .blockBuyers(let request): return try blockBuyers(request, issuer)
        case .setTradingPolicy(let request): return try setPolicy(request, issuer)
        case .requireSignatures(let request): return try requireSignatures(request, issuer)
        case .correctSite(let request): return try correctSite(request, issuer)
        }
    }
}
