import Exchange
import Quantities
import Sequencer

/// Who administered what: read from the record by those who oversee.
enum AuditLogRoutes {
    static let routes: [Route] = [
        Route(
            .get, "/v1/audit_log", .roles(.overseers), query: Page.parameters + ["participant_id", "action", "from", "to"], list)
    ]

    /// The newest first.
    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let number = try page.number()
        var filter = ActionFilter()
        filter.participant = call.query.identifier("participant_id", ParticipantID.self)
        filter.action = try action(call.query)
        filter.from = try call.query.time("from")
        filter.to = try call.query.time("to")
        let asked = filter
        let found = try await call.past { (history, sequence) async throws(HistoryError) in
            try await history.actions(asked, before: number == 0 ? nil : number, limit: page.limit + 1, including: sequence)
        }
        return call.list(found.map(ActionView.init), limit: page.limit) { $0.id }
    }

    private static func action(_ query: QueryValues) throws(Problem) -> CommandTag? {
        guard let text = query["action"] else { return nil }
        guard let tag = CommandTag.allCases.first(where: { $0.isAdministrative && $0.wireName == text }) else {
            let names = CommandTag.allCases.filter(\.isAdministrative).map(\.wireName)
            throw .invalid("action", "action must be one of " + names.joined(separator: ", "))
        }
        return tag
    }
}

/// An entry as the API shows it.
struct ActionView: Record {
    var id = ""
    var time = Timestamp()
    var participantID = ParticipantID.none
    var keyID = APIKeyID.none
    var address: String?
    var requestID = ""
    var action = ""
    var subject: String?
    var outcome = ""

    init() {}

    init(_ action: AdministrativeAction) {
        id = String(action.id)
        time = action.time
        participantID = action.participantID
        keyID = action.keyID
        address = action.address
        requestID = action.requestID
        self.action = action.action.wireName
        subject = action.subject
        outcome = action.refusal?.rawValue ?? "done"
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("time", &time)
        coder.field("participant_id", &participantID)
        coder.field("key_id", &keyID)
        coder.field("address", &address)
        coder.field("request_id", &requestID)
        coder.field("action", &action)
        coder.field("subject", &subject)
        coder.field("outcome", &outcome)
    }
}

extension CommandTag {
    /// The name in the API's spelling: `create_api_key`.
    var wireName: String {
        switch self {
        case .createAPIKey: return "create_api_key"
        case .rotateAPIKey: return "rotate_api_key"
        case .revokeAPIKey: return "revoke_api_key"
        default:
            return rawValue.reduce(into: "") { name, character in
                if character.isUppercase { name += "_" }
                name += character.lowercased()
            }
        }
    }
}
