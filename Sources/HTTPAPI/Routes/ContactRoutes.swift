import Exchange
import Quantities
import Sequencer

/// A participant's contact: sealed in the vault, seen by itself and by the other side of what it holds or provides.
enum ContactRoutes {
    static let routes: [Route] = [
        Route(.put, "/v1/contact", .roles([.provider, .consumer]), body: Contact.self, set),
        Route(.get, "/v1/contact", .roles([.provider, .consumer]), get),
    ]

    @Sendable static func set(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(Contact.self)
        guard body.name != nil || body.email != nil || body.phone != nil || body.url != nil else {
            throw .invalid("email", "name, email, phone or url must be named")
        }
        let json = JSONFieldWriter.text(body, products: call.products)
        let subject = AllocationID(call.caller.participant.rawValue)
        let sealed: (version: Int64, hash: [UInt8])
        do throws(VaultError) {
            sealed = try await call.services.vault.seal(json, kind: .contact, allocation: subject)
        } catch {
            throw Problem(error)
        }
        return try await call.perform(.recordContact(RecordContact(hash: Bytes(sealed.hash), version: sealed.version)))
    }

    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let participant = call.caller.participant
        let version = try await call.query { $0.contactVersion(of: participant) }
        guard let contact = try await contact(call, participant, version) else { throw .notFound("contact") }
        var answer = call.json(contact)
        answer.isSecret = true
        return answer
    }

    /// What a participant sealed; nil where there is nothing.
    static func contact(_ call: Call, _ participant: ParticipantID, _ version: Int64?) async throws(Problem) -> Contact? {
        guard let version else { return nil }
        let text: [UInt8]?
        do throws(VaultError) {
            text = try await call.services.vault.open(kind: .contact, allocation: AllocationID(participant.rawValue), version: version)
        } catch {
            throw Problem(error)
        }
        guard let text, let document = try? JSONDocument(parsing: text) else { return nil }
        return try? JSONFieldReader.read(Contact.self, from: document, products: call.products)
    }
}

/// `PUT /v1/contact`: whom the other side turns to.
struct Contact: Record {
    var name: String?
    var email: String?
    var phone: String?
    var url: String?

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("name", &name)
        coder.field("email", &email)
        coder.field("phone", &phone)
        coder.field("url", &url)
    }
}

/// The other side of an allocation.
struct PartyContact: Record {
    var participantID = ParticipantID.none
    var name = ""
    var contact: Contact?

    init() {}
    init(participantID: ParticipantID, name: String, contact: Contact?) {
        self.participantID = participantID
        self.name = name
        self.contact = contact
    }
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant_id", &participantID)
        coder.field("name", &name)
        coder.field("contact", &contact)
    }
}
