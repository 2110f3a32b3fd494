import Foundation
import HTTPTypes
import Ledger
import Quantities
import Sequencer
import Testing
import TestSupport

/// Statements add up to the ledger, to the micro, however they are divided.
@Suite struct StatementTests {
    private static let seed =
        ProcessInfo.processInfo.environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))

    /// Six decimals as a whole number of millionths.
    private func micros(_ value: (any Sendable)?) -> Int128 {
        guard let text = value as? String, let point = text.firstIndex(of: ".") else { return Int128.min }
        let digits = text[..<point] + text[text.index(after: point)...]
        return Int128(digits) ?? Int128.min
    }

    /// Some hours of trading, resale, deliveries in full and in part.
    private func trade(_ scene: APIScene) async throws {
        var random = SeededGenerator(seed: Self.seed)
        func order(_ side: String, _ hour: Int, _ price: Int, _ quantity: Int, _ more: String = "") -> String {
            "{\"contract\":\"H100-SXM.US-IOWA.20261123\(hour)\",\"side\":\"\(side)\",\"type\":\"limit\",\"price\":\"\(price / 100).\(String(price % 100 + 100).dropFirst())\",\"quantity\":\(quantity),\"time_in_force\":\"gtc\"\(more)}"
        }
        let second = try await scene.host.participant("Second", "consumer")
        try await scene.host.deposit(second.id, "5000", reference: "s")
        for hour in 12..<16 {
            let price = Int(random.next() % 40) + 180
            let own = ",\"resource_id\":\"\(scene.resource)\""
            try await scene.provider.must("POST", "/v1/orders", order("sell", hour, price, 8, own))
            try await scene.buyer.must("POST", "/v1/orders", order("buy", hour, price, 5))
            try await second.client.must("POST", "/v1/orders", order("buy", hour, price, 3))
            try await scene.buyer.must("POST", "/v1/orders", order("sell", hour, price + 7, 2))
            try await second.client.must("POST", "/v1/orders", order("buy", hour, price + 7, 2))
            try await scene.host.must("POST", "/v1/clock/advance", "{\"to\":\"2026-11-23T\(hour - 3 < 10 ? "0" : "")\(hour - 3):30:00Z\"}")
        }
        var hash = "null"
        for hour in 12..<15 {
            try await scene.host.must("POST", "/v1/clock/advance", "{\"to\":\"2026-11-23T\(hour + 1):05:00Z\"}")
            let delivered = hour == 12 ? 28_800 : Int(random.next() % 28_801)
            let report = try await scene.meter.must(
                "POST", "/v1/meter_reports",
                "{\"resource_id\":\"\(scene.resource)\",\"hour\":\"2026-11-23T\(hour):00:00Z\",\"sequence\":\(hour - 11),\"previous_hash\":\(hash),\"delivered_device_seconds\":\(delivered),\"it_energy_kwh\":\"5.6\"}"
            )
            hash = "\"\(report.string("hash") ?? "")\""
        }
        // The hour without a report ends with its grace, a day later.
        try await scene.host.must("POST", "/v1/clock/advance", #"{"to":"2026-11-25T06:00:00Z"}"#)
        try await scene.host.must(
            "POST", "/v1/withdrawals",
            "{\"participant_id\":\"\(second.id)\",\"currency\":\"USD\",\"amount\":\"17.5\",\"reference\":\"w\"}")
    }

    @Test("every participant's lines add up to its transfers, whole and by hour, day and month")
    func addsUp() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            try await trade(scene)
            let names = ["deposits", "proceeds", "refunds", "compensation", "other"]
            let lessNames = ["withdrawals", "purchases", "fees", "bonds"]
            let window = "from=2026-11-23T00:00:00Z&to=2026-11-26T00:00:00Z"
            for participant in try await host.get("/v1/participants").data.compactMap({ $0["id"] as? String }) {
                let accounts = try await host.get("/v1/ledger/accounts?participant_id=\(participant)").data
                for step in ["", "&by=hour", "&by=day", "&by=month"] {
                    let lines = try await host.get("/v1/statements?participant_id=\(participant)&\(window)\(step)").data
                    #expect(lines.isEmpty == accounts.isEmpty, "\(participant) \(step), seed \(Self.seed)")
                    var balance: Int128 = 0
                    for line in lines {
                        #expect(micros(line["opening"]) == balance, "seed \(Self.seed)")
                        balance += micros(line["received"]) - micros(line["paid"])
                        let sum = names.reduce(0) { $0 + micros(line[$1]) } - lessNames.reduce(0) { $0 + micros(line[$1]) }
                        #expect(micros(line["opening"]) + sum == micros(line["closing"]), "\(line), seed \(Self.seed)")
                        #expect(micros(line["closing"]) == balance && micros(line["other"]) == 0, "seed \(Self.seed)")
                    }
                    if let account = accounts.first { #expect(micros(account["balance"]) == balance, "\(step), seed \(Self.seed)") }
                    if step == "&by=hour" { #expect(lines.count > 4 || lines.isEmpty) }
                }
            }
        }
    }

    @Test("lines name hours, fees, energy and CO2 as trades, deliveries and the exchange's revenue have them")
    func namesFigures() async throws {
        let bench = APIBench()
        try await bench.run { (host) async throws in
            let scene = try await APIScene(host)
            try await trade(scene)
            var fees: Int128 = 0
            var energy: Int128 = 0
            for participant in try await host.get("/v1/participants").data.compactMap({ $0["id"] as? String }) {
                for line in try await host.get("/v1/statements?participant_id=\(participant)&month=2026-11").data {
                    fees += micros(line["settled_fees"])
                    energy += micros(line["energy_kwh"])
                }
            }
            let revenue = bench.gateway.archive.transfers.filter { $0.transfer.kind == .feeRevenue }
            #expect(revenue.reduce(Int128(0)) { $0 + Int128($1.transfer.amount.rawValue) } == fees && fees > 0, "seed \(Self.seed)")
            #expect(energy <= 3 * 5_600_000 && energy > 0, "seed \(Self.seed)")
            let mine = try #require(try await scene.buyer.get("/v1/statements?month=2026-11").data.first)
            #expect(mine["trades"] as? Int == 8 && mine["hours_bought"] as? Int == 20 && mine["hours_sold"] as? Int == 8)
            let theirs = try #require(try await scene.provider.get("/v1/statements?month=2026-11").data.first)
            #expect(theirs["hours_sold"] as? Int == 32 && theirs["hours_bought"] as? Int == 0)
            let deliveries = try await host.get("/v1/deliveries").data
            let provided = deliveries.reduce(0) { $0 + ($1["delivered_device_seconds"] as? Int ?? 0) }
            #expect(theirs["provided_device_seconds"] as? Int == provided && theirs["carbon_unknown"] as? Int == 3)
            #expect(micros(theirs["provided_energy_kwh"]) == energy)
            let compensated = deliveries.reduce(Int128(0)) { $0 + micros($1["compensation"]) }
            #expect(micros(theirs["compensation_paid"]) == compensated)
        }
    }

    @Test("energy and CO2 of a statement are the sums over its deliveries, with what a retired certificate covers left out of the market's")
    func sumsCarbon() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            let certificate = try await host.must(
                "POST", "/v1/energy_certificates",
                "{\"registry\":\"I-REC\",\"number\":\"1\",\"participant_id\":\"\(scene.providerID)\",\"zone\":\"US-IOWA\",\"energy_kwh\":\"9\",\"start\":\"2026-11-01T00:00:00Z\",\"end\":\"2026-12-01T00:00:00Z\",\"source\":\"wind\"}")
            try await scene.provider.must(
                "POST", "/v1/energy_certificates/\(certificate.id)/retire", "{\"resource_id\":\"\(scene.resource)\",\"matching\":\"annual\"}")
            try await trade(scene)
            let names = ["carbon_location_g", "carbon_market_g", "it_energy_kwh"]
            func millionths(_ value: (any Sendable)?) throws -> Int64 { try (value as? String).map { try DecimalText.parse($0) } ?? 0 }
            func sums(_ deliveries: [[String: any Sendable]]) throws -> [Int64] {
                try names.map { name in try deliveries.reduce(0) { $0 + (try millionths($1[name])) } }
            }
            let all = try await host.get("/v1/deliveries").data
            var held: [Int64] = [0, 0, 0]
            for participant in try await host.get("/v1/participants").data.compactMap({ $0["id"] as? String }) {
                let lines = try await host.get("/v1/statements?participant_id=\(participant)&month=2026-11").data
                let own = try sums(all.filter { $0["holder_id"] as? String == participant })
                let said = try ["carbon_location_g", "carbon_market_g", "energy_kwh"].map { name in
                    try lines.reduce(0) { $0 + (try millionths($1[name])) }
                }
                #expect(said == own, "\(participant), seed \(Self.seed)")
                for position in held.indices { held[position] += said[position] }
                let days = try await host.get("/v1/statements?participant_id=\(participant)&month=2026-11&by=hour").data
                #expect(try days.reduce(0) { $0 + (try millionths($1["carbon_market_g"])) } == own[1], "seed \(Self.seed)")
            }
            let provided = try #require(try await scene.provider.get("/v1/statements?month=2026-11").data.first)
            let theirs = try ["location", "market"].map { try millionths(provided["provided_carbon_\($0)_g"]) }
            let delivered = try sums(all)
            #expect(theirs == Array(held.prefix(2)) && held == delivered, "seed \(Self.seed)")
            // 3 × 5.6 kWh × 1.2 are metered, 9 kWh of them are covered.
            #expect(held[1] > 0 && held[1] < held[0], "seed \(Self.seed)")
        }
    }

    @Test("the same statement comes as CSV and as a page that prints, by format and by Accept")
    func forms() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            try await trade(scene)
            let json = try await scene.buyer.get("/v1/statements?day=2026-11-23&by=hour").data
            let csv = try await scene.buyer.get("/v1/statements?day=2026-11-23&by=hour&format=csv")
            #expect(csv.headers[.contentType]?.hasPrefix("text/csv") == true)
            let rows = csv.text.split(separator: "\r\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
            #expect(rows.count == json.count + 1 && rows.allSatisfy { $0.count == rows[0].count })
            for (row, line) in zip(rows.dropFirst(), json) {
                for (name, value) in zip(rows[0], row) {
                    #expect(value == (line[name] as? String ?? (line[name] as? Int).map(String.init) ?? ""), "\(name)")
                }
            }
            let page = try await scene.buyer.send("GET", "/v1/statements?day=2026-11-23", headers: ["Accept": "text/html,*/*;q=0.8"])
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            for part in ["<h1>Statement</h1>", "@media print", "prefers-color-scheme: dark", "Buyer", json[0]["opening"] as? String ?? "-"] {
                #expect(page.text.contains(part), "\(part)")
            }
            #expect(!page.text.contains("<script") && !page.text.contains("http"))
            #expect(try await scene.buyer.send("GET", "/v1/statements?day=2026-11-23", headers: ["Accept": "text/csv"]).text.hasPrefix("account,"))
            #expect(try await scene.buyer.send("GET", "/v1/statements?day=2026-11-23", headers: ["Accept": "*/*"]).object["data"] != nil)
            let named = try await host.must("POST", "/v1/participants", #"{"name":"<b>&\"x","roles":["consumer"]}"#)
            let escaped = try await host.get("/v1/statements?day=2026-11-23&format=html&participant_id=\(named.id)")
            #expect(escaped.text.contains("&lt;b&gt;&amp;&quot;x") && !escaped.text.contains("<b>"))
            #expect(escaped.text.contains("Nothing happened"))
        }
    }

    @Test("pages of a divided statement follow each other; what is wrong is refused")
    func refuses() async throws {
        try await APIBench().run { (host) async throws in
            let scene = try await APIScene(host)
            try await trade(scene)
            let all = try await scene.buyer.get("/v1/statements?day=2026-11-23&by=hour").data
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try await scene.buyer.get("/v1/statements?day=2026-11-23&by=hour&limit=2" + (cursor.isEmpty ? "" : "&cursor=\(cursor)"))
                seen += page.data.compactMap { $0["from"] as? String }
                cursor = page.string("next_cursor") ?? ""
            } while !cursor.isEmpty
            #expect(seen == all.compactMap { $0["from"] as? String } && seen.count > 3)
            for (query, field) in [
                ("", "day"), ("day=2026-11-31", "day"), ("month=2026-13", "month"), ("hour=2026-11-23T14:30:00Z", "hour"),
                ("day=2026-11-23&month=2026-11", "month"), ("day=2026-11-23&from=2026-11-23T00:00:00Z", "day"),
                ("from=2026-11-23T00:00:00Z", "to"), ("from=2026-11-23T00:00:00Z&to=2026-11-23T00:00:00Z", "to"),
                ("day=2026-11-23&by=week", "by"), ("from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z&by=hour", "by"),
                ("day=2026-11-23&format=pdf", "format"),
            ] {
                let answer = try await scene.buyer.get("/v1/statements?\(query)")
                #expect(answer.code == "invalid_request" && answer.field == field, "\(query): \(answer.text)")
            }
            #expect(try await scene.buyer.get("/v1/statements?day=2026-11-23&participant_id=\(scene.providerID)").code == "not_found")
            #expect(try await host.acting(with: nil).get("/v1/statements?day=2026-11-23").status == 401)
        }
    }
}
