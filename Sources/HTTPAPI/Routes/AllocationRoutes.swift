import Exchange
import Quantities
import Registry
import Sequencer

/// Allocations and the hand-over of what they give.
enum AllocationRoutes {
    static let routes: [Route] = [
        Route(.get, "/v1/allocations", .participants, query: Page.parameters + ["participant_id"], list),
        Route(.get, "/v1/allocations/{id}", .participants, get),
        Route(.put, "/v1/allocations/{id}/access", .roles(.provider), body: AccessDetails.self, setAccess),
        Route(.get, "/v1/allocations/{id}/access", .participants, access),
        Route(.put, "/v1/allocations/{id}/request", .roles(.consumer), body: HandoverRequest.self, setRequest),
        Route(.get, "/v1/allocations/{id}/request", .participants, request),
        Route(.post, "/v1/allocations/{id}/decline", .roles(.provider), body: DeclineAllocation.Body.self, decline),
        Route(.post, "/v1/allocations/{id}/terminate", .roles(.consumer), body: TerminateAllocation.Body.self, terminate).withOptionalBody(),
    ]

    @Sendable static func decline(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(DeclineAllocation.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let id = call.id(AllocationID.self)
        return try await perform(.declineAllocation(DeclineAllocation(id, body)), about: id, call) { view in
            view.hours.contains { $0.providerID == call.caller.participant }
        }
    }

    @Sendable static func terminate(_ call: Call) async throws(Problem) -> Answer {
        let body = call.body == nil ? TerminateAllocation.Body() : try call.read(TerminateAllocation.Body.self)
        try call.check { () throws(Refusal) in try body.check() }
        let id = call.id(AllocationID.self)
        return try await perform(.terminateAllocation(TerminateAllocation(id, body)), about: id, call) { view in
            view.holderID == call.caller.participant
        }
    }

    /// Submits a command and answers the allocation, with those of its hours that have left the exchange's memory.
    ///
    /// - Parameter isParty: Who may be told that an allocation that has left memory is over; to others there is none.
    private static func perform(
        _ command: Command, about id: AllocationID, _ call: Call, for isParty: (AllocationView) -> Bool
    ) async throws(Problem) -> Answer {
        var outcome: Outcome
        do throws(Problem) {
            outcome = try await call.submit(command)
        } catch {
            guard error.code == .conflict, try await call.query({ $0.isArchived(id) }) else { throw error }
            guard let view = try await call.allocations([id]).first else { throw Call.unsound }
            throw isParty(view) ? error : call.hidden(error, "there is no such allocation")
        }
        if let whole = await Self.whole(id, call) { outcome.reply = .allocation(whole) }
        return Answer(to: outcome, status: 200, products: call.products)
    }

    /// An allocation of which parts have left memory, as it stands now; nil where nothing has, or where the record cannot be read now. The
    /// command has taken effect then, so its own reply is answered, and its hours that have left are missing there.
    private static func whole(_ id: AllocationID, _ call: Call) async -> AllocationView? {
        do throws(Problem) {
            guard try await call.query({ $0.archivedDeliveries(around: id) > 0 || $0.isArchived(id) }) else { return nil }
            return try await call.allocations([id]).first
        } catch {
            return nil
        }
    }

    /// What somebody is to an allocation.
    private struct Standing: Sendable {
        var view: AllocationView
        var isHolder: Bool
        var isProvider: Bool
        /// Where the access details were sealed.
        var origin: AllocationID
        /// The other side: for the holder its providers, for a provider the holder.
        var others: [(id: ParticipantID, name: String, contact: Int64?)]

        /// Whether the holder still holds hours of it: access passes with a resale.
        var mayEnter: Bool { isHolder && view.status != .transferred }
    }

    @Sendable static func list(_ call: Call) async throws(Problem) -> Answer {
        let page = try Page(call.query)
        let after = try page.after(AllocationID.self)
        let subject = try call.subject()
        var numbers: [AllocationID] = []
        var next: AllocationID? = after
        var isPartInRecord = false
        while let start = next, numbers.count <= page.limit {
            let limit = page.limit + 1 - numbers.count
            let (more, rest, isInRecord) = try await call.query { exchange in
                let (more, rest) = exchange.allocationNumbers(of: subject, after: start, limit: limit, looking: Self.lookedAtOnce)
                // Who provides may have provided hours that have left, of allocations that have not.
                if exchange.participant(subject)?.roles.contains(.provider) ?? false { return (more, rest, exchange.archivedDeliveries > 0) }
                let end = rest ?? (more.count == limit ? more.last : nil) ?? exchange.lastAllocation
                return (more, rest, exchange.hasArchived(after: start, through: end))
            }
            numbers += more
            next = rest
            isPartInRecord = isPartInRecord || isInRecord
        }
        if isPartInRecord {
            let archived = try await call.past { (history, known) async throws(HistoryError) in
                try await history.allocationNumbers(of: subject, after: after, limit: page.limit + 1, including: known)
            }
            numbers = Set(numbers + archived).sorted()
        }
        let found = try await call.allocations(Array(numbers.prefix(page.limit + 1)))
        return call.list(found, limit: page.limit) { String($0.id.rawValue) }
    }

    /// Allocations, lots and deliveries that one question to the exchange looks at.
    private static let lookedAtOnce = 10_000

    /// The allocation; for the holder with access details and its own request, for the provider with the request.
    @Sendable static func get(_ call: Call) async throws(Problem) -> Answer {
        let standing = try await visible(call)
        let view = standing.view
        let access = standing.mayEnter ? try await details(call, .access, standing.origin, view.accessVersion) : nil
        let request = standing.isHolder || standing.isProvider ? try await details(call, .request, view.id, view.requestVersion) : nil
        var contacts: [PartyContact] = []
        for other in standing.others {
            let contact = try await ContactRoutes.contact(call, other.id, other.contact)
            contacts.append(PartyContact(participantID: other.id, name: other.name, contact: contact))
        }
        var answer = Answer.object(products: call.products) { writer in
            writer.members(of: view)
            if standing.mayEnter { writer.json("access", access) }
            if standing.isHolder || standing.isProvider { writer.json("request", request) }
            if standing.isHolder || standing.isProvider { writer.member("contacts", contacts) }
        }
        answer.isSecret = access != nil || contacts.contains { $0.contact != nil }
        return answer
    }

    @Sendable static func access(_ call: Call) async throws(Problem) -> Answer {
        let standing = try await visible(call)
        guard standing.mayEnter else { throw Problem(.forbidden, "access details are for the holder alone") }
        return try await only(details(call, .access, standing.origin, standing.view.accessVersion), "access details")
    }

    @Sendable static func request(_ call: Call) async throws(Problem) -> Answer {
        let standing = try await visible(call)
        guard standing.isHolder || standing.isProvider else { throw Problem(.forbidden, "requests are for holder and provider") }
        return try await only(details(call, .request, standing.view.id, standing.view.requestVersion), "request")
    }

    @Sendable static func setAccess(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(AccessDetails.self, longTextFields: ["instructions"])
        let standing = try await visible(call)
        guard standing.isProvider else { throw Problem(.forbidden, "only the provider sets access details") }
        return try await seal(call, body, as: .access, standing.view.id)
    }

    @Sendable static func setRequest(_ call: Call) async throws(Problem) -> Answer {
        let body = try call.read(HandoverRequest.self, longTextFields: ["ssh_public_keys"])
        guard body.sshPublicKeys != nil || body.image != nil else {
            throw .invalid("ssh_public_keys", "ssh_public_keys or image must be named")
        }
        guard (body.sshPublicKeys?.count ?? 0) <= 64 else {
            throw .invalid("ssh_public_keys", "ssh_public_keys must have at most 64 entries")
        }
        let standing = try await visible(call)
        guard standing.isHolder else { throw Problem(.forbidden, "only the holder says what it needs") }
        return try await seal(call, body, as: .request, standing.view.id)
    }

    /// The allocation in the path, if the caller may see it.
    private static func visible(_ call: Call) async throws(Problem) -> Standing {
        let id = call.id(AllocationID.self)
        let participant = call.caller.participant
        guard let found = try await call.standing([id]).first else { throw .notFound("allocation") }
        let (view, origin) = (found.view, found.origin)
        let (isHolder, isProvider) = (view.holderID == participant, view.hours.contains { $0.providerID == participant })
        guard isHolder || isProvider || call.caller.seesEverything else { throw .notFound("allocation") }
        var others: [ParticipantID] = []
        if isHolder { for hour in view.hours where !others.contains(hour.providerID) { others.append(hour.providerID) } }
        if isProvider, !isHolder { others.append(view.holderID) }
        let named = others
        return try await call.query { exchange in
            Standing(
                view: view, isHolder: isHolder, isProvider: isProvider, origin: origin,
                others: named.map { ($0, exchange.participant($0)?.name ?? "", exchange.contactVersion(of: $0)) }
            )
        }
    }

    /// Seals details in the vault, then says so to the exchange, which keeps their hash only.
    private static func seal(
        _ call: Call, _ body: some Record, as kind: HandoverKind, _ id: AllocationID
    ) async throws(Problem) -> Answer {
        let json = JSONFieldWriter.text(body, products: call.products)
        let sealed: (version: Int64, hash: [UInt8])
        do throws(VaultError) {
            sealed = try await call.services.vault.seal(json, kind: kind, allocation: id)
        } catch {
            throw Problem(error)
        }
        let command = Command.recordHandover(RecordHandover(allocation: id, kind: kind, hash: Bytes(sealed.hash), version: sealed.version))
        // Whoever comes here has been found to be a party.
        return try await perform(command, about: id, call) { _ in true }
    }

    /// Sealed details as the JSON that was sealed; nil where there are none, or none any more.
    private static func details(
        _ call: Call, _ kind: HandoverKind, _ id: AllocationID, _ version: Int64?
    ) async throws(Problem) -> [UInt8]? {
        guard let version else { return nil }
        do throws(VaultError) {
            return try await call.services.vault.open(kind: kind, allocation: id, version: version)
        } catch {
            throw Problem(error)
        }
    }

    private static func only(_ details: [UInt8]?, _ what: String) throws(Problem) -> Answer {
        guard let details else { throw .notFound(what) }
        var answer = Answer(body: details)
        answer.isSecret = true
        return answer
    }
}

extension JSONFieldWriter {
    /// Writes a member whose value already is JSON; null where there is none.
    fileprivate mutating func json(_ name: StaticString, _ value: [UInt8]?) {
        self.name(name)
        if let value { raw(value) } else { null() }
    }
}

/// `PUT /v1/allocations/{id}/access`: how the holder gets in.
struct AccessDetails: Record {
    var endpoint = ""
    var instructions = ""
    var expiresAt = Timestamp()

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("endpoint", &endpoint)
        coder.field("instructions", &instructions)
        coder.field("expires_at", &expiresAt)
    }
}

/// `PUT /v1/allocations/{id}/request`: what the provider needs of the holder.
struct HandoverRequest: Record {
    var sshPublicKeys: [String]?
    var image: String?

    init() {}
    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("ssh_public_keys", &sshPublicKeys)
        coder.field("image", &image)
    }
}
