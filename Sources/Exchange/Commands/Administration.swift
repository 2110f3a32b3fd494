import Quantities
import Registry

/// From where a request came: what the record keeps of it beside who asked.
package struct CommandOrigin: Record, Equatable {
    package var key = APIKeyID.none
    /// The client's address, where it is known.
    package var address: String?
    package var requestID = ""

    package init() {}
    package init(key: APIKeyID, address: String?, requestID: String) {
        self.key = key
        self.address = address
        self.requestID = requestID
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("key", &key)
        coder.field("address", &address)
        coder.field("request_id", &requestID)
    }
}

/// A command with its origin: administrative ones are journaled so, and each leaves an entry in the audit log.
package struct AdministrativeCommand: Record {
    package var origin = CommandOrigin()
    package var command = Command.passTime(PassTime())

    package init() {}
    package init(origin: CommandOrigin, command: Command) {
        self.origin = origin
        self.command = command
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("origin", &origin)
        var nested = NestedCommand(command: command)
        coder.field("command", &nested)
        command = nested.command
    }
}

/// A command inside of another.
private struct NestedCommand: FieldValue {
    var command = Command.passTime(PassTime())

    init() {}
    init(command: Command) { self.command = command }
    mutating func code<C: FieldCoder>(_ coder: inout C) { command.code(&coder, isNested: true) }
}

extension CommandTag {
    /// Whether the command administers the exchange or its keys: whoever sends it does so on record.
    package var isAdministrative: Bool {
        switch self {
        case .createParticipant, .suspendParticipant, .reinstateParticipant, .createAPIKey, .rotateAPIKey, .revokeAPIKey, .deposit,
            .withdraw, .addZone, .addComputeClass, .addGrade, .addProduct, .certifyResource, .halt, .resume, .settle,
            .registerEnergyCertificate, .addAttestationKey, .revokeAttestationKey, .postFees, .overrideBand, .reviseIndex,
            .decideDispute, .correctDelivery, .addSigningKey, .revokeSigningKey, .setSigningPolicy,
            .correctZone, .correctComputeClass, .setNetworkPath, .setLegalEntity, .verifyParticipant, .requireSignatures:
            true
        default: false
        }
    }
}

/// An entry of the audit log: who did what, when, from where, and what came of it.
package struct AdministrativeAction: Record, Equatable {
    /// 1, 2, 3 …
    package var id: Int64 = 0
    package var time = Timestamp()
    /// The participant whose key it was.
    package var participantID = ParticipantID.none
    package var keyID = APIKeyID.none
    package var address: String?
    package var requestID = ""
    package var action = CommandTag.passTime
    /// What it was done to, by its identifier or code; nil where nothing came of it that has one.
    package var subject: String?
    /// The refusal's code; nil where it was done.
    package var refusal: RefusalCode?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("time", &time)
        coder.field("participant_id", &participantID)
        coder.field("key_id", &keyID)
        coder.field("address", &address)
        coder.field("request_id", &requestID)
        coder.field("action", &action)
        coder.field("subject", &subject)
        coder.field("refusal", &refusal)
    }
}
