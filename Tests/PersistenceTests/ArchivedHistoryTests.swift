import Exchange
import Persistence
import Postgres
import Quantities
import Sequencer
import TestSupport
import Testing

@Suite("What has left memory, in the read models")
struct ArchivedHistoryTests {
    private let last = SampleHistory.frames.last?.lastSequence ?? 0

    private let record: ArchivedRecord = {
        var record = ArchivedRecord()
        for recorded in SampleHistory.events { record.note(recorded.event) }
        return record
    }()

    private func withHistory(_ body: (PostgresHistory) async throws -> Void) async throws {
        let scene = try Scene()
        try scene.fill()
        let projector = Projector(scene.database, committed: last, logger: Scene.logger)
        projector.start()
        let history = PostgresHistory(scene.database, projector: projector, readers: 2)
        try await body(history)
        history.close()
        projector.stop(catchingUpFor: .seconds(1))
    }

    private func same(_ left: [some FieldValue], _ right: [some FieldValue]) -> Bool {
        left.map { BinaryEncoder.encode($0) } == right.map { BinaryEncoder.encode($0) }
    }

    @Test("deliveries are found by number, party, contract, allocation, run and time of settlement, page by page")
    func deliveries() async throws {
        let all = record.deliveries.values.sorted { $0.id < $1.id }
        #expect(all.count > 20)
        try await withHistory { history in
            let ids = [all[0].id, all[all.count - 1].id, DeliveryID(999_999)]
            #expect(same(try await history.deliveries(.numbers(ids), including: last), [all[0], all[all.count - 1]]))
            #expect(try await history.deliveries(.numbers([]), including: last).isEmpty)
            let everything = ArchivedDeliveryQuery.page(participant: nil, contract: nil, after: .none, limit: 100_000)
            #expect(same(try await history.deliveries(everything, including: last), all))
            for party in Set(all.flatMap(\.parties)) {
                var found: [ArchivedDelivery] = []
                while true {
                    let page = ArchivedDeliveryQuery.page(participant: party, contract: nil, after: found.last?.id ?? .none, limit: 7)
                    let more = try await history.deliveries(page, including: last)
                    found += more
                    if more.count < 7 { break }
                }
                #expect(same(found, all.filter { $0.holder == party || $0.provider == party }))
                let (from, to) = (all[all.count / 4].settledAt, all[all.count * 3 / 4].settledAt)
                var settled: [ArchivedDelivery] = []
                while true {
                    let place = settled.last.map { SettledPlace(time: $0.settledAt, delivery: $0.id) }
                    let page = ArchivedDeliveryQuery.settled(party, from: from, to: to, after: place, limit: 5)
                    let more = try await history.deliveries(page, including: last)
                    settled += more
                    if more.count < 5 { break }
                }
                let expected = all.filter { $0.parties.contains(party) && $0.settledAt >= from && $0.settledAt < to }
                #expect(same(settled, expected.sorted { ($0.settledAt, $0.id) < ($1.settledAt, $1.id) }))
                let numbers = try await history.allocationNumbers(of: party, after: AllocationID(3), limit: 9, including: last)
                let own = record.allocations.values.filter { $0.holder == party }.map(\.id)
                    + all.filter { $0.provider == party }.map(\.allocation)
                #expect(numbers == Array(Set(own).filter { $0 > AllocationID(3) }.sorted().prefix(9)))
            }
            let contract = all[all.count / 2].contract
            let ofContract = ArchivedDeliveryQuery.page(participant: nil, contract: contract, after: .none, limit: 1_000)
            #expect(same(try await history.deliveries(ofContract, including: last), all.filter { $0.contract == contract }))
            // Those of many allocations, however they are named, come allocation by allocation, a page at a time.
            var wanted = Array(Set(all.map(\.allocation)).sorted().reversed())[...]
            wanted.insert(AllocationID(999_999), at: wanted.startIndex)
            let expected = wanted.flatMap { id in all.filter { $0.allocation == id } }
            #expect(same(try await history.deliveries(.allocations(Array(wanted), after: .none, limit: 100_000), including: last), expected))
            var ofAllocations: [ArchivedDelivery] = []
            var after = DeliveryID.none
            while !wanted.isEmpty {
                let more = try await history.deliveries(.allocations(Array(wanted), after: after, limit: 3), including: last)
                ofAllocations += more
                guard more.count == 3, let end = more.last, let place = wanted.firstIndex(of: end.allocation) else { break }
                wanted = wanted[place...]
                after = end.id
            }
            #expect(same(ofAllocations, expected))
            let run = all[0].run
            let lines = all.filter { $0.run == run && (2..<9).contains($0.position) }.sorted { $0.position < $1.position }
            #expect(same(try await history.deliveries(.lines(run, 2..<9, of: nil, limit: 100), including: last), lines))
            #expect(same(try await history.deliveries(.lines(run, 2..<9, of: nil, limit: 4), including: last), Array(lines.prefix(4))))
            for party in Set(lines.flatMap { [$0.holder, $0.provider] }) {
                let own = lines.filter { $0.holder == party || $0.provider == party }
                #expect(same(try await history.deliveries(.lines(run, 2..<9, of: party, limit: 100), including: last), own))
            }
            #expect(try await history.deliveries(.lines(run, 0..<100_000, of: ParticipantID(999_999), limit: 100), including: last).isEmpty)
        }
    }

    @Test("allocations are found by number, sales of indices by product and hour")
    func others() async throws {
        let allocations = record.allocations.values.sorted { $0.id < $1.id }
        #expect(allocations.count > 20 && record.inputs.count > 5)
        try await withHistory { history in
            let found = try await history.allocations(allocations.map(\.id) + [AllocationID(999_999)], including: last)
            #expect(same(found, allocations))
            for (contract, parts) in record.inputs {
                let read = try await history.inputs(products: [contract.product], hours: contract.hour..<contract.hour + 1, including: last)
                #expect(same(read, parts.sorted { $0.start < $1.start }))
            }
        }
    }

    @Test(
        "an audit names what was changed in the archive",
        arguments: [
            ("UPDATE archived_deliveries SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE id = 3", "archived_deliveries: row 3: body"),
            ("UPDATE archived_deliveries SET holder = holder + 1 WHERE id = 2", "archived_deliveries: row 2: holder"),
            ("DELETE FROM archived_deliveries WHERE id = 2", "archived_deliveries: row 2 is missing"),
            ("DELETE FROM archived_parties WHERE delivery = 2", "archived_parties: row"),
            ("INSERT INTO archived_parties VALUES (1, 1, 1)", "archived_parties: "),
            ("UPDATE archived_allocations SET body = body || '\\x00' WHERE id = 1", "archived_allocations: row 1: body"),
            ("DELETE FROM archived_inputs WHERE ctid = (SELECT min(ctid) FROM archived_inputs)", "archived_inputs: row"),
        ])
    func audited(_ statement: String, _ fault: String) throws {
        let scene = try Scene()
        try scene.fill()
        #expect(try ProjectionAudit.run(scene.database).fault == nil)
        try scene.execute(statement)
        let found = try ProjectionAudit.run(scene.database).fault
        #expect(found?.hasPrefix(fault) == true, "\(found ?? "sound")")
    }

    @Test("a damaged body is not answered")
    func damaged() async throws {
        let scene = try Scene()
        try scene.fill()
        try scene.execute("UPDATE archived_deliveries SET body = substr(body, 1, 40) WHERE id = 3")
        let projector = Projector(scene.database, committed: last, logger: Scene.logger)
        projector.start()
        let history = PostgresHistory(scene.database, projector: projector, readers: 1)
        await #expect(throws: HistoryError.self) { try await history.deliveries(.numbers([DeliveryID(3)]), including: last) }
        #expect(try await history.deliveries(.numbers([DeliveryID(4)]), including: last).count == 1)
        history.close()
        projector.stop(catchingUpFor: .seconds(1))
    }

    @Test(
        "a row whose columns say something else than its body is answered to nobody",
        arguments: [
            "holder = holder + 1", "provider = provider + 1", "allocation = allocation + 1", "run = run + 1", "position = position + 1",
            "settled_at_micros = settled_at_micros + 1", "product = product + 1", "hour = hour + 1",
            "body = (SELECT body FROM archived_deliveries WHERE id = 4)", "body = body || '\\x00'",
        ])
    func damagedColumns(_ change: String) async throws {
        let scene = try Scene()
        try scene.fill()
        let all = record.deliveries.values.sorted { $0.id < $1.id }
        let harmed = try #require(record.deliveries[DeliveryID(3)])
        let elsewhere = try #require(all.first { $0.allocation != harmed.allocation && $0.run == harmed.run })
        try scene.execute("UPDATE archived_deliveries SET \(change) WHERE id = 3")
        let projector = Projector(scene.database, committed: last, logger: Scene.logger)
        projector.start()
        let history = PostgresHistory(scene.database, projector: projector, readers: 1)
        await #expect(throws: HistoryError.self) { try await history.deliveries(.numbers([DeliveryID(3)]), including: last) }
        // Nor to whom a column names in its place, nor in a list.
        await #expect(throws: HistoryError.self) {
            try await history.deliveries(.page(participant: nil, contract: nil, after: .none, limit: 100_000), including: last)
        }
        let sound = try await history.deliveries(.numbers([elsewhere.id]), including: last)
        #expect(same(sound, [elsewhere]))
        history.close()
        projector.stop(catchingUpFor: .seconds(1))
    }

    @Test(
        "nor are rows of allocations and of the sales of indices",
        arguments: [
            ("archived_allocations", "holder = holder + 1"), ("archived_allocations", "body = (SELECT body FROM archived_allocations WHERE id = 2)"),
            ("archived_inputs", "start = start + 1"), ("archived_inputs", "body = '\\x00'"),
        ])
    func damagedOthers(_ table: String, _ change: String) async throws {
        let scene = try Scene()
        try scene.fill()
        let row = table == "archived_inputs" ? "ctid = (SELECT min(ctid) FROM archived_inputs)" : "id = 1"
        try scene.execute("UPDATE \(table) SET \(change) WHERE \(row)")
        let projector = Projector(scene.database, committed: last, logger: Scene.logger)
        projector.start()
        let history = PostgresHistory(scene.database, projector: projector, readers: 1)
        let keys = record.inputs.keys.sorted { $0.hour < $1.hour }
        let (products, end) = (Array(Set(keys.map(\.product))), try #require(keys.last).hour + 1)
        await #expect(throws: HistoryError.self) {
            if table == "archived_inputs" {
                _ = try await history.inputs(products: products, hours: keys[0].hour..<end, including: last)
            } else {
                _ = try await history.allocations([AllocationID(1)], including: last)
            }
        }
        history.close()
        projector.stop(catchingUpFor: .seconds(1))
    }
}
