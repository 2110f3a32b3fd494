import Client
import Foundation
import Persistence
import Postgres
import Quantities
import Testing

import suanpan

@Suite("The ledger over HTTP, to strangers and to whoever remembers a checkpoint")
struct LedgerOverHTTPTests {
    private static let stranger = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Stranger/verify.py").path

    /// What the stranger says, and whether it is content.
    private static func ask(_ arguments: [String]) throws -> (isContent: Bool, words: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", stranger] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus == 0, words)
    }

    /// A server on which the fixtures' day was played, and a folder for files.
    private static func withDay(_ body: (LocalServer, String) async throws -> Void) async throws {
        let server = try await LocalServer.start()
        let files = server.folder + "/files"
        try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
        _ = try await SuanpanClient.withConnections(2, to: server.url, retry: .standard) { client in
            try await FixtureDay(directory: FixtureDayTests.fixtures, operator: client.acting(with: LocalServer.operatorKey)).play()
        }
        do {
            try await body(server, files)
        } catch {
            try await server.discard()
            throw error
        }
        try await server.discard()
    }

    private static func text(_ client: SuanpanClient, _ path: String) async throws -> String {
        let answer = try await client.send("GET", path)
        #expect(answer.status == 200, "\(path): \(answer.text)")
        return answer.text
    }

    private static func save(_ text: String, _ path: String) throws -> String {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    @Test("a stranger verifies bundle, inclusion and consistency with docs/LEDGER.md and Python alone, and sees what was changed")
    func strangerVerifies() async throws {
        try await Self.withDay { server, files in
            let client = try server.client
            // The last transfer's proof waits for the checkpoint that covers it.
            let list = try await client.call("GET", "/v1/ledger/transfers?limit=1000")
            guard case .array(let transfers)? = list[path: "data"], let last = transfers.last?[path: "id"]?.string else {
                Issue.record("no transfers")
                return
            }
            _ = try await Self.text(client, "/v1/ledger/proofs/inclusion?transfer=\(last)")
            let keys = try Self.save(try await Self.text(client, "/v1/ledger/keys"), files + "/keys.json")
            let points = try await client.call("GET", "/v1/ledger/checkpoints?limit=1000")
            guard case .array(let all)? = points[path: "data"] else { return }
            let notes = all.compactMap { $0[path: "note"]?.string }
            let sized = all.filter { if case .integer(let size)? = $0[path: "tree_size"] { size > 0 } else { false } }
            let (newest, oldest) = (try #require(notes.first), try #require(sized.last?[path: "note"]?.string))
            let new = try Self.save(newest, files + "/new.txt")
            let old = try Self.save(oldest, files + "/old.txt")
            guard case .integer(let size)? = all.first?[path: "tree_size"],
                case .integer(let first)? = sized.last?[path: "tree_size"]
            else { return }
            let proof = try Self.save(
                try await Self.text(client, "/v1/ledger/proofs/inclusion?transfer=\(last)&tree_size=\(size)"),
                files + "/proof.json")
            let said = try Self.ask(["inclusion", proof, new, keys])
            #expect(said.isContent, "\(said.words)")
            let path = try Self.save(
                try await Self.text(client, "/v1/ledger/proofs/consistency?first=\(first)&second=\(size)"), files + "/path.json")
            let second = try Self.ask(["consistency", path, old, new, keys])
            #expect(second.isContent, "\(second.words)")

            let bundle = files + "/ledger.bundle"
            _ = try BundleWriter.export(ConnectionString(server.database), to: bundle)
            let third = try Self.ask(["bundle", bundle, old])
            #expect(third.isContent && third.words.hasPrefix("sound: "), "\(third.words)")

            // One bit of a leaf, and a bundle that ends early.
            var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: bundle)))
            let rest = bytes.indices.dropFirst(bytes.count / 2)
            let place = try #require(rest.first { bytes[$0] == UInt8(ascii: "T") && bytes[$0 + 1] == 0 })
            bytes[place + 30] ^= 1
            try Data(bytes).write(to: URL(fileURLWithPath: bundle))
            let fourth = try Self.ask(["bundle", bundle])
            #expect(!fourth.isContent && fourth.words.contains("WRONG"), "\(fourth.words)")
            try Data(bytes.prefix(bytes.count - 40)).write(to: URL(fileURLWithPath: bundle))
            #expect(try !Self.ask(["bundle", bundle]).isContent)
            let fifth = try Self.ask(["inclusion", proof, old, keys])
            #expect(first == size || !fifth.isContent, "\(fifth.words)")
        }
    }

    @Test("a server that goes on continues a remembered checkpoint; a fork of it does not")
    func remembered() async throws {
        try await Self.withDay { server, files in
            let client = try server.client
            let note = try #require(try await client.call("GET", "/v1/ledger/checkpoints?limit=1")[path: "data.0.note"]?.string)
            let kept = try #require(SignedCheckpoint(note: note))
            let claims = try await RemoteClaims.fetch(client, remembered: kept)
            #expect(RemoteAudit.fault(in: claims, remembered: kept) == nil)
            #expect(RemoteAudit.fault(in: claims, remembered: nil) == nil)
            let fork = try await LocalServer.start()
            let foreign = try await RemoteClaims.fetchWhenSigned(fork.client, remembered: kept)
            #expect(RemoteAudit.fault(in: foreign, remembered: kept)?.hasPrefix("key replaced: ") == true)
            try await fork.discard()
        }
    }

    @Test("an auditor sees everything and changes nothing; a participant sees what is its own, with proofs for it")
    func roles() async throws {
        try await Self.withDay { server, _ in
            let venue = try server.client
            func key(_ participant: String) async throws -> SuanpanClient {
                let made = try await venue.call(
                    "POST", "/v1/participants/\(participant)/api_keys", body: .object(["label": .string("test")]))
                return venue.acting(with: made[path: "key"]?.string)
            }
            let created = try await venue.call(
                "POST", "/v1/participants", body: .object(["name": .string("Eye"), "roles": .array([.string("auditor")])]))
            let auditor = try await key(try #require(created[path: "id"]?.string))
            let accounts = try await auditor.call("GET", "/v1/ledger/accounts?kind=cash&limit=1000")
            guard case .array(let cash)? = accounts[path: "data"], let owner = cash.first?[path: "participant_id"]?.string,
                let own = cash.first?[path: "id"]?.string
            else {
                Issue.record("no cash accounts")
                return
            }
            let participant = try await key(owner)
            let mine = try await participant.call("GET", "/v1/ledger/transfers?account=\(own)&limit=1000")
            let theirs = try await auditor.call("GET", "/v1/ledger/transfers?limit=1000")
            guard case .array(let visible)? = mine[path: "data"], case .array(let all)? = theirs[path: "data"] else { return }
            let ids = Set(visible.compactMap { $0[path: "id"]?.string })
            #expect(!ids.isEmpty && ids.count < all.count)
            let inside = try #require(ids.first)
            let outside = try #require(all.compactMap { $0[path: "id"]?.string }.first { !ids.contains($0) })
            func status(_ client: SuanpanClient, _ path: String, _ method: String = "GET") async throws -> Int {
                try await client.send(method, path, body: method == "GET" ? nil : Array("{}".utf8)).status
            }
            for path in ["checkpoints/latest", "keys", "checkpoints", "balances", "proofs/inclusion?transfer=\(inside)"] {
                #expect(try await status(participant, "/v1/ledger/\(path)") == 200, "\(path)")
                #expect(try await status(auditor, "/v1/ledger/\(path)") == 200, "\(path)")
                #expect(try await status(venue.acting(with: nil), "/v1/ledger/\(path)") == 401, "\(path)")
            }
            #expect(try await status(participant, "/v1/ledger/proofs/inclusion?transfer=\(outside)") == 404)
            #expect(try await status(auditor, "/v1/ledger/proofs/inclusion?transfer=\(outside)") == 200)
            #expect(try await status(participant, "/v1/ledger/trial_balance") == 403)
            #expect(try await status(auditor, "/v1/ledger/trial_balance") == 200)
            for path in ["/v1/deposits", "/v1/withdrawals", "/v1/orders", "/v1/settlements", "/v1/halt", "/v1/participants"] {
                #expect(try await status(auditor, path, "POST") == 403, "\(path)")
            }
            for (query, code) in [
                ("proofs/inclusion", 422), ("proofs/inclusion?transfer=\(inside)&tree_size=0", 422),
                ("proofs/inclusion?transfer=\(inside)&tree_size=9999999", 404), ("proofs/consistency?first=5&second=3", 422),
                ("proofs/consistency?first=9223372036854775808", 422), ("balances?sequence=1&time=2026-11-23T00:00:00Z", 422),
                ("transfers?kind=gift", 422), ("transfers?cause=nothing", 422), ("accounts?kind=bank", 422),
            ] {
                #expect(try await status(auditor, "/v1/ledger/\(query)") == code, "\(query)")
            }
        }
    }

    @Test("exports hold every transfer once, and a statement opens, moves and closes to the micro")
    func exports() async throws {
        try await Self.withDay { server, _ in
            let client = try server.client
            let total = try ConnectionPool(to: ConnectionString(server.database), limit: 1).withConnection {
                try $0.query("SELECT count(*) FROM transfers").onlyRow().int64(0)
            }
            let csv = try await Self.text(client, "/v1/ledger/transfers.csv").split(separator: "\r\n")
            #expect(csv.count == Int(total) + 1 && csv[0].hasPrefix("id,entry_set_id,"))
            let lines = try await Self.text(client, "/v1/ledger/transfers.ndjson?kind=notional").split(separator: "\n")
            #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("{\"id\":\"tfr_") && $0.contains("\"kind\":\"notional\"") })
            let accounts = try await client.call("GET", "/v1/ledger/accounts?kind=cash")
            let owner = try #require(accounts[path: "data.0.participant_id"]?.string)
            let day = try await client.call("GET", "/v1/statements?day=2026-11-23&participant_id=\(owner)")
            let opening = try #require(day[path: "data.0.opening"]?.string)
            #expect(opening == "0.000000")
            let now = try await client.call("GET", "/v1/ledger/balances?participant_id=\(owner)")
            let all = try await client.call(
                "GET", "/v1/statements?from=1970-01-01T00:00:00Z&to=2100-01-01T00:00:00Z&participant_id=\(owner)")
            #expect(all[path: "data.0.closing"] == now[path: "data.0.balance"])
        }
    }

    @Test("commands that race are done once: withdrawals of all money, deposits of one reference, settlements of one hour")
    func races() async throws {
        try await Self.withDay { server, _ in
            let client = try server.client
            let accounts = try await client.call("GET", "/v1/ledger/accounts?kind=cash")
            let owner = try #require(accounts[path: "data.0.participant_id"]?.string)
            let balance = try #require(accounts[path: "data.0.balance"]?.string)
            let before = try await client.call("GET", "/v1/ledger/trial_balance")
            func race(_ path: String, _ body: @escaping @Sendable (Int) -> JSONValue) async throws -> [Int] {
                try await withThrowingTaskGroup(of: Int.self) { group in
                    for number in 0..<8 {
                        group.addTask { try await client.send("POST", path, body: try body(number).serialized()).status }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }.sorted()
                }
            }
            let settled = try await race("/v1/settlements") { _ in .object(["through": .string("2026-11-23T00:00:00Z")]) }
            #expect(settled.allSatisfy { $0 == 201 })
            #expect(try await client.call("GET", "/v1/ledger/trial_balance") == before, "nothing was settled twice")
            let paid = try await race("/v1/withdrawals") { number in
                .object([
                    "participant_id": .string(owner), "currency": .string("USD"), "amount": .string(balance),
                    "reference": .string("race \(number)"),
                ])
            }
            #expect(paid == [201] + Array(repeating: 422, count: 7), "one withdrawal wins")
            let repeated = try await race("/v1/deposits") { _ in
                .object([
                    "participant_id": .string(owner), "currency": .string("USD"), "amount": .string("5"),
                    "reference": .string("the same"),
                ])
            }
            #expect(repeated == [201] + Array(repeating: 409, count: 7), "one deposit of a reference wins")
        }
    }

    /// The day's server with a participant who buys and another who sells from a resource of the day, a thousand dollars each.
    private struct Racers {
        let venue: SuanpanClient
        let buyer: SuanpanClient
        let seller: SuanpanClient
        let resource: String
        let price: String
        let lot: Int64
        /// Open contracts of the product that the resource belongs to, with their hours.
        let contracts: [(symbol: String, hour: String)]

        init(_ server: LocalServer) async throws {
            let venue = try server.client
            self.venue = venue
            func made(_ path: String, _ members: [String: JSONValue]) async throws -> JSONValue {
                try await venue.call("POST", path, body: .object(members))
            }
            func key(_ participant: String) async throws -> SuanpanClient {
                let key = try await made("/v1/participants/\(participant)/api_keys", ["label": .string("race")])
                return venue.acting(with: try #require(key[path: "key"]?.string))
            }
            func list(_ path: String) async throws -> [JSONValue] {
                guard case .array(let elements)? = try await venue.call("GET", path)[path: "data"] else { return [] }
                return elements
            }
            let products = try await list("/v1/products?limit=1000").filter { $0[path: "currency"]?.string == "USD" }
            let resources = try await list("/v1/resources?limit=1000").filter { $0[path: "status"]?.string == "certified" }
            let pairs = products.flatMap { product in
                resources.filter {
                    $0[path: "class"] == product[path: "class"] && $0[path: "zone"] == product[path: "zone"]
                }.map { (product, $0) }
            }
            let (product, resource) = try #require(pairs.first)
            let buying = try await made("/v1/participants", ["name": .string("Racer"), "roles": .array([.string("consumer")])])
            let (buyer, provider) = (try #require(buying[path: "id"]?.string), try #require(resource[path: "provider_id"]?.string))
            for owner in [buyer, provider] {
                _ = try await made(
                    "/v1/deposits",
                    [
                        "participant_id": .string(owner), "currency": .string("USD"), "amount": .string("1000"),
                        "reference": .string("racer \(owner)"),
                    ])
            }
            self.buyer = try await key(buyer)
            seller = try await key(provider)
            self.resource = try #require(resource[path: "id"]?.string)
            price = try #require(product[path: "reference_price"]?.string)
            guard case .integer(let lot)? = product[path: "lot_size"] else { throw CancellationError() }
            self.lot = lot
            let code = try #require(product[path: "code"]?.string)
            contracts = try await list("/v1/contracts?product=\(code)&limit=1000").filter { $0[path: "status"]?.string == "open" }
                .compactMap { contract in
                    guard let symbol = contract[path: "symbol"]?.string, let hour = contract[path: "hour"]?.string else { return nil }
                    return (symbol, hour)
                }
        }

        func place(_ client: SuanpanClient, _ side: String, _ quantity: Int64, in contract: String) async throws -> JSONValue {
            var order: [String: JSONValue] = [
                "contract": .string(contract), "side": .string(side), "type": .string("limit"), "price": .string(price),
                "quantity": .integer(quantity), "time_in_force": .string("gtc"),
            ]
            if side == "sell" { order["resource_id"] = .string(resource) }
            return try await client.call("POST", "/v1/orders", body: .object(order))
        }

        /// The buyer's dollars.
        func money() async throws -> JSONValue { try await buyer.call("GET", "/v1/balances")[path: "data.0"] ?? .null }
    }

    @Test("of cancels that race for one order one wins, and its money is released once")
    func cancelRaces() async throws {
        try await Self.withDay { server, _ in
            let racers = try await Racers(server)
            let client = racers.buyer
            let placed = try await racers.place(client, "buy", racers.lot, in: try #require(racers.contracts.last).symbol)
            let order = try #require(placed[path: "order.id"]?.string)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await client.send("DELETE", "/v1/orders/\(order)").status } }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(statuses == [200] + Array(repeating: 409, count: 7))
            let after = try await racers.money()
            #expect(after[path: "available"]?.string == "1000.000000")
            #expect(after[path: "reserved"]?.string == "0.000000")
        }
    }

    @Test("of a cancel and the settlement of its hour that race one wins: the money comes back once, the hour settles once")
    func settlementRaces() async throws {
        try await Self.withDay { server, _ in
            let racers = try await Racers(server)
            let (venue, buyer, lot) = (racers.venue, racers.buyer, racers.lot)
            var (cancelled, expired) = (0, 0)
            // The next race begins after the settlement of the one before: 30 hours on.
            for number in stride(from: 0, to: racers.contracts.count, by: 30).prefix(4) {
                let (contract, hour) = racers.contracts[number]
                // One lot is bought; what is left of the order is what both want to close.
                _ = try await racers.place(racers.seller, "sell", lot, in: contract)
                let placed = try await racers.place(buyer, "buy", 3 * lot, in: contract)
                #expect(placed[path: "order.status"]?.string == "partially_filled", "\(placed)")
                let order = try #require(placed[path: "order.id"]?.string)
                // Nobody reports: the hour settles as undelivered once its grace is over.
                let settled = try #require(Timestamp(rfc3339: hour)).microseconds + 27 * 3_600_000_000
                let advance = try JSONValue.object(["to": .string(Timestamp(settled).description)]).serialized()
                async let settling = venue.send("POST", "/v1/clock/advance", body: advance).status
                async let cancelling = buyer.send("DELETE", "/v1/orders/\(order)").status
                let (advanced, answer) = try await (settling, cancelling)
                #expect(advanced == 200 && (answer == 200 || answer == 409), "\(advanced) \(answer)")
                if answer == 200 { cancelled += 1 } else { expired += 1 }
                let closed = try await buyer.call("GET", "/v1/orders/\(order)")
                #expect(closed[path: "status"]?.string == (answer == 200 ? "cancelled" : "expired"))
                let money = try await racers.money()
                #expect(money[path: "reserved"]?.string == "0.000000" && money[path: "in_escrow"]?.string == "0.000000", "\(money)")
                let refunds = try await venue.call("GET", "/v1/ledger/transfers?kind=refund&limit=1000")
                guard case .array(let paid)? = refunds[path: "data"] else { return }
                #expect(paid.count == Set(paid.compactMap { $0[path: "cause"] }.map { "\($0)" }).count, "one refund a delivery")
                let books = try await venue.call("GET", "/v1/ledger/trial_balance")
                guard case .array(let assets)? = books[path: "data"] else { return }
                #expect(assets.allSatisfy { $0[path: "balanced"] == .boolean(true) }, "\(books)")
            }
            print("a cancel won \(cancelled) races, the settlement \(expired)")
        }
    }

    @Test("amounts beyond 64 and 128 bits are refused at both ends", arguments: [
        "9223372036854.775807", "9223372036854.775808", "-9223372036854.775808", "-0.000001", "0", "0.0000001",
        "170141183460469231731687303715884105727", "-170141183460469231731687303715884105728",
        "340282366920938463463374607431768211456",
    ])
    func overflow(amount: String) async throws {
        let server = try await LocalServer.start()
        let client = try server.client
        let made = try await client.call(
            "POST", "/v1/participants", body: .object(["name": .string("Rich"), "roles": .array([.string("consumer")])]))
        let answer = try await client.send(
            "POST", "/v1/deposits",
            body: try JSONValue.object([
                "participant_id": made[path: "id"] ?? .null, "currency": .string("USD"), "amount": .string(amount),
                "reference": .string("r"),
            ]).serialized())
        try await server.discard()
        #expect(answer.status == 422, "\(answer.text)")
    }
}

extension RemoteClaims {
    /// As `fetch`, once the server has signed its first checkpoint.
    fileprivate static func fetchWhenSigned(_ client: SuanpanClient, remembered: SignedCheckpoint) async throws -> RemoteClaims {
        while try await client.send("GET", "/v1/ledger/checkpoints/latest").status == 404 { await Task.yield() }
        return try await fetch(client, remembered: remembered)
    }
}
