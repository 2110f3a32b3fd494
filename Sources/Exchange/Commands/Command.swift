import Quantities
import Registry

/// Everything that can change the exchange. Nothing else does.
///
/// The case's number is the journal's: new cases go to the end of `Command` and of `CommandTag`.
package enum Command: Sendable {
    /// The first command of every journal.
    case genesis(Genesis)
    /// Lets time pass: all that falls due until the command's time happens, in order.
    case passTime(PassTime)
    case createParticipant(ParticipantSpec)
    case suspendParticipant(ParticipantReference)
    case reinstateParticipant(ParticipantReference)
    case createAPIKey(CreateAPIKey)
    case revokeAPIKey(RevokeAPIKey)
    case deposit(MoneyMovement)
    case withdraw(MoneyMovement)
    case addZone(Zone)
    case addComputeClass(ComputeClass)
    case addGrade(Grade)
    case addProduct(ProductTerms)
    case registerResource(ResourceSpec)
    case certifyResource(CertifyResource)
    case declareOutage(DeclareOutage)
    case retireResource(RetireResource)
    case halt(TradingScope)
    case resume(TradingScope)
    case placeOrder(OrderSpec)
    case placeOrders(OrderBatch)
    case amendOrder(AmendOrder)
    case cancelOrder(CancelOrder)
    case cancelOrders(CancelOrders)
    case postOffer(OfferSpec)
    case amendOffer(AmendOffer)
    case cancelOffer(CancelOffer)
    case placeBid(BidSpec)
    case cancelBid(CancelBid)
    case recordHandover(RecordHandover)
    case reportMeter(ReportMeter)
    case reportMeters(ReportMeters)
    case settle(Settle)
    case rotateAPIKey(RotateAPIKey)
    indirect case administrative(AdministrativeCommand)
    case cancelAllAfter(CancelAllAfter)
    case registerEnergyCertificate(EnergyCertificateSpec)
    case retireEnergyCertificate(RetireEnergyCertificate)
    case addAttestationKey(AttestationKeySpec)
    case revokeAttestationKey(RevokeAttestationKey)
    case attestDelivery(AttestDelivery)
    case recordWipe(RecordWipe)
    case postFees(PostFees)
    case overrideBand(OverrideBand)
    case reviseIndex(ReviseIndex)
    case disputeDelivery(DisputeDelivery)
    case decideDispute(DecideDispute)
    case declineAllocation(DeclineAllocation)
    case terminateAllocation(TerminateAllocation)
    case correctDelivery(CorrectDelivery)
    case addSigningKey(AddSigningKey)
    case revokeSigningKey(RevokeSigningKey)
    case setSigningPolicy(SetSigningPolicy)
    case proposeMove(ProposeMove)
    case answerMove(AnswerMove)
    case recordContact(RecordContact)
    case correctZone(Zone)
    case correctComputeClass(ComputeClass)
    case setNetworkPath(NetworkPath)
    case setLegalEntity(SetLegalEntity)
    case verifyParticipant(VerifyParticipant)
    case blockBuyers(BlockBuyers)
    case setTradingPolicy(TradingPolicy)
    case requireSignatures(RequireSignatures)
    case correctSite(CorrectSite)
}

/// The number of a command's kind in the journal.
package enum CommandTag: String, Choice {
    case genesis, passTime, createParticipant, suspendParticipant, reinstateParticipant, createAPIKey, revokeAPIKey
    case deposit, withdraw, addZone, addComputeClass, addGrade, addProduct, registerResource, certifyResource
    case declareOutage, retireResource, halt, resume, placeOrder, placeOrders, amendOrder, cancelOrder, cancelOrders
    case postOffer, amendOffer, cancelOffer, placeBid, cancelBid, recordHandover, reportMeter, reportMeters, settle
    case rotateAPIKey, administrative, cancelAllAfter
    case registerEnergyCertificate, retireEnergyCertificate
    case addAttestationKey, revokeAttestationKey, attestDelivery, recordWipe
    case postFees, overrideBand, reviseIndex
    case disputeDelivery, decideDispute, declineAllocation, terminateAllocation, correctDelivery, addSigningKey, revokeSigningKey
    case setSigningPolicy, proposeMove, answerMove, recordContact
    case correctZone, correctComputeClass, setNetworkPath, setLegalEntity, verifyParticipant, blockBuyers, setTradingPolicy
    case requireSignatures, correctSite
}

/// Who asks for what, when: one entry of the journal.
package struct Envelope: Record {
    /// When the sequencer took the command: never before the one before it.
    package var time = Timestamp()
    /// The participant whose key signed the request; none for the exchange's own commands.
    package var issuer = ParticipantID.none
    package var idempotency: IdempotencyKey?
    package var command = Command.passTime(PassTime())

    package init() {}
    package init(time: Timestamp, issuer: ParticipantID, idempotency: IdempotencyKey? = nil, command: Command) {
        self.time = time
        self.issuer = issuer
        self.idempotency = idempotency
        self.command = command
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("time", &time)
        coder.field("issuer", &issuer)
        coder.field("idempotency", &idempotency)
        coder.field("command", &command)
    }
}

/// A request's `Idempotency-Key`, as the shell hashed it: a repeat is known by the key, a misuse by the fingerprint.
package struct IdempotencyKey: Record, Hashable {
    /// 128 bits of the hash of participant, method, path and key.
    package var high: UInt64 = 0
    package var low: UInt64 = 0
    /// 64 bits of the hash of the body.
    package var fingerprint: UInt64 = 0

    package init() {}
    package init(high: UInt64, low: UInt64, fingerprint: UInt64) {
        self.high = high
        self.low = low
        self.fingerprint = fingerprint
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("high", &high)
        coder.field("low", &low)
        coder.field("fingerprint", &fingerprint)
    }
}
