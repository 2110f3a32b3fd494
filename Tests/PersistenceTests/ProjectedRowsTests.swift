import Exchange
import Matching
import Persistence
import Postgres
import Quantities
import TestSupport
import Testing

/// The rows that are read straight from the events' bytes are those of the general decoder. The audit reads with the same code as the
/// projector, so nothing but this tells a misread field.
@Suite("ProjectedRows")
struct ProjectedRowsTests {
    /// The rows by the general decoder alone; nil where the bytes are no events.
    private func general(_ events: [UInt8]) -> [[SQLValue]]? {
        var rows = ProjectedRows()
        var decoder = BinaryDecoder(events)
        while !decoder.isAtEnd {
            guard let recorded = try? decoder.read(RecordedEvent.self) else { return nil }
            rows.add(recorded)
        }
        return rows.columns
    }

    private func direct(_ events: [UInt8]) -> [[SQLValue]]? {
        var rows = ProjectedRows()
        do {
            try rows.add(events)
        } catch {
            return nil
        }
        return rows.columns
    }

    @Test("the events of a random market make the same rows either way")
    func simulation() throws {
        var rows = 0
        var kinds: Set<EventTag> = []
        var (named, stops, hidden, expiring) = (0, 0, 0, 0)
        for seed in [1, 2, 3, 20_261_123] as [UInt64] {
            var simulation = Simulation(seed: seed)
            simulation.run(commands: 3_000)
            for events in simulation.market.events {
                let expected = try #require(general(events), "seed \(seed)")
                #expect(direct(events) == expected, "seed \(seed)")
                rows += expected.count
                var decoder = BinaryDecoder(events)
                while !decoder.isAtEnd {
                    let recorded = try decoder.read(RecordedEvent.self)
                    kinds.insert(recorded.event.tag)
                    guard case .orderClosed(let order) = recorded.event else { continue }
                    if order.clientOrderID != nil { named += 1 }
                    if order.stopPrice != nil { stops += 1 }
                    if order.displayQuantity != nil { hidden += 1 }
                    if order.expiresAt != nil { expiring += 1 }
                }
            }
        }
        #expect(rows > 1_000)
        #expect(kinds.isSuperset(of: [.account, .transfer, .orderAccepted, .orderClosed, .trade]))
        #expect(stops > 0 && hidden > 0 && expiring > 0, "\(named) named, \(stops) stops, \(hidden) hidden, \(expiring) expiring")
    }

    @Test("an order with everything that an order may have makes the same row either way")
    func wholeOrder() throws {
        var order = OrderView()
        order.id = OrderID(7)
        order.clientOrderID = "named ü"
        order.participantID = ParticipantID(3)
        order.contract = ContractKey(product: ProductID(2), hour: Hour(498_734))
        order.side = .sell
        order.type = .stopLimit
        order.timeInForce = .gtd
        order.price = Price(3_150_000)
        order.stopPrice = Price(3_200_000)
        order.quantity = 9
        order.filledQuantity = 4
        order.displayQuantity = 2
        order.minQuantity = 1
        order.postOnly = true
        order.selfTradePrevention = .cancelBoth
        order.status = .cancelled
        order.reason = .capacityReduced
        order.averagePrice = Price(3_149_999)
        order.expiresAt = Timestamp(1_795_426_200_000_001)
        order.resourceID = ResourceID(11)
        order.allocationID = AllocationID(12)
        order.offerID = OfferID(13)
        order.bidID = BidID(14)
        order.createdAt = Timestamp(1_795_426_200_000_002)
        order.closedAt = Timestamp(1_795_426_200_000_003)
        let events = BinaryEncoder.encode(RecordedEvent(sequence: 5, time: Timestamp(6), event: .orderClosed(order)))
        #expect(direct(events) == general(events))
        #expect(direct(events)?.first?.contains(.null) == false, "every column has a value")
    }

    @Test("damaged events make the same rows either way, or none either way")
    func damaged() throws {
        var simulation = Simulation(seed: 5)
        simulation.run(commands: 1_000)
        let events = Array(simulation.market.events.joined().prefix(20_000))
        var random = SeededGenerator(seed: 20_261_125)
        for round in 0..<2_000 {
            var bytes = events
            let position = Int(random.next() % UInt64(bytes.count))
            if round % 4 == 0 { bytes.removeSubrange(position...) } else { bytes[position] ^= 1 << UInt8(random.next() % 8) }
            #expect(direct(bytes) == general(bytes), "round \(round), byte \(position)")
        }
    }
}
