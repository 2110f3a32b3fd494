import Client
import Quantities

/// Loads a folder of fixtures into a running server through its API, as the operator.
///
/// Every call's idempotency key follows from the folder's content, so loading again after an interruption repeats nothing.
/// A server that already has every product of the folder is left alone.
///
///     let loader = try FixtureLoader(directory: "Fixtures", operator: client)
///     let loaded = try await loader.load()
///     if let loaded { try await loader.runDay(with: loaded) }
package struct FixtureLoader {
    /// A participant that was loaded.
    package struct Participant: Sendable {
        package var alias: String
        package var roles: [String]
        package var id: String
        /// Nil where the fixtures ask for none, or an earlier load made it: secrets are shown once.
        package var key: String?
    }

    package let files: FixtureFiles
    package let venue: SuanpanClient

    /// Reads and checks the folder.
    ///
    /// - Throws: `CommaSeparatedTable.Fault`.
    package init(directory: String, operator venue: SuanpanClient) throws {
        files = try FixtureFiles(directory: directory)
        self.venue = venue
    }

    /// Loads zones, the network between them, classes, participants, their keys and money, and at last the products.
    ///
    /// - Returns: the participants in the folder's order, or nil where the server has every product already.
    /// - Throws: `Problem` and `ClientFault`.
    package func load() async throws -> [Participant]? {
        let existing = Set(try await venue.products().compactMap(\.code))
        let wanted = files.products.compactMap { Self.productCode($0) }
        guard !wanted.allSatisfy(existing.contains) else { return nil }
        for zone in files.zones { try await create(zone, at: "/v1/zones", named: "code") }
        for path in files.paths {
            let name = "\(path.from)/\(path.to)"
            _ = try await venue.call("PUT", "/v1/network/" + name, body: path.facts, idempotencyKey: "fixtures-path-" + name)
        }
        for computeClass in files.classes { try await create(computeClass, at: "/v1/compute_classes", named: "code") }
        var loaded: [Participant] = []
        for member in files.members { loaded.append(try await join(member, among: loaded)) }
        for product in files.products {
            if let code = Self.productCode(product), existing.contains(code) { continue }
            _ = try await call("/v1/products", product, key: "product-\(Self.productCode(product) ?? "")")
        }
        return loaded
    }

    /// Plays the folder's scripted day.
    ///
    /// - Throws: `DayScript.Fault` at the first line whose answer is not the expected one.
    package func runDay(with participants: [Participant]) async throws {
        guard let text = files.day else { return }
        let script = try DayScript(parsing: text)
        try await script.play(on: venue, participants: participants)
    }

    /// class.zone, and the grade where it is not the standard one.
    private static func productCode(_ product: JSONValue) -> String? {
        guard let computeClass = product[path: "class"]?.string, let zone = product[path: "zone"]?.string else { return nil }
        let grade = product[path: "grade"]?.string
        return [computeClass, zone, grade == "STD" ? nil : grade].compactMap { $0 }.joined(separator: ".")
    }

    /// Creates an object; that its code is taken is as good, because codes are unique.
    private func create(_ body: JSONValue, at path: String, named name: String) async throws {
        do {
            let step = path.split(separator: "/").last.map { String($0) } ?? path
            _ = try await call(path, body, key: "\(step)-\(body[path: name]?.string ?? "")")
        } catch let problem as Problem where problem.code == "conflict" {
            return
        }
    }

    private func join(_ member: FixtureFiles.Member, among loaded: [Participant]) async throws -> Participant {
        var body = member.body
        if let owner = member.owner, let id = loaded.first(where: { $0.alias == owner })?.id,
            case .object(var members) = body
        {
            members["owner_id"] = .string(id)
            body = .object(members)
        }
        let created = try await call("/v1/participants", body, key: "participant-\(member.alias)")
        guard let id = created[path: "id"]?.string else {
            throw ClientFault.malformedAnswer(method: "POST", path: "/v1/participants", reason: "no id")
        }
        var participant = Participant(alias: member.alias, roles: member.roles, id: id)
        if let label = member.keyLabel {
            let body = JSONValue.object(["label": .string(label)])
            let answer = try await call("/v1/participants/\(id)/api_keys", body, key: "key-\(member.alias)")
            participant.key = answer[path: "key"]?.string
        }
        for deposit in member.deposits {
            let body = JSONValue.object([
                "participant_id": .string(id), "currency": .string(deposit.currency), "amount": .string(deposit.amount),
                "reference": .string("fixtures \(member.alias) \(deposit.currency)"),
            ])
            _ = try await call("/v1/deposits", body, key: "deposit-\(member.alias)-\(deposit.currency)")
        }
        return participant
    }

    private func call(_ path: String, _ body: JSONValue, key: String) async throws -> JSONValue {
        try await venue.call("POST", path, body: body, idempotencyKey: "fixtures-" + key.filter(\.isASCII))
    }
}
