import Exchange
import Quantities
import Testing
import TestSupport

@Suite("Positions")
struct PositionTests {
    private func figures(_ views: [PositionView]) -> [[Int64]] {
        views.map { [Int64($0.contract.hour.hoursSince1970), $0.quantity, $0.sold, $0.unrealisedProfit?.rawValue ?? .min] }
    }

    @Test("what was given up ahead is settled and no position any more, for neither side")
    func declined() throws {
        let pit = Pit()
        _ = try pit.market.offer(pit.market.offer(of: pit.resource, 4, at: cents(200), from: 30, hours: 3), as: pit.provider).get()
        let bid = try pit.market.bid(pit.market.bid(quantity: 4, hours: 3, from: 30), as: pit.alice).get()
        pit.trade(cents(210), 2, to: pit.bob, hour: 31)
        #expect(pit.market.positions(of: pit.provider).map(\.sold) == [4, 6, 4])
        var body = DeclineAllocation.Body()
        body.from = pit.midnight + 31
        body.reason = "cooling failed"
        #expect(pit.market.code(.declineAllocation(DeclineAllocation(bid.allocationID ?? .none, body)), as: pit.provider) == nil)
        #expect(figures(pit.market.positions(of: pit.alice)) == [[Int64((pit.midnight + 30).hoursSince1970), 4, 0, 0]])
        #expect(pit.market.positions(of: pit.bob).map(\.quantity) == [2])
        #expect(pit.market.positions(of: pit.provider).map(\.sold) == [4, 2])
    }

    @Test("a search in steps finds the same, and goes on from a place")
    func steps() throws {
        let pit = Pit()
        for hour in [Int32(2), 3, 5, 9] {
            for price in [Int64(200), 210, 220] { pit.trade(cents(price), 2, to: hour == 3 ? pit.bob : pit.alice, hour: hour) }
        }
        pit.resell(cents(230), 1, as: pit.alice, hour: 5)
        pit.buy(cents(230), 1, as: pit.bob, hour: 5)
        pit.advance(minutes: 106)
        for participant in [pit.alice, pit.bob, pit.provider, pit.meter] {
            let whole = figures(pit.market.positions(of: participant, looking: .max))
            for count in [0, 1, 2, 5] { #expect(figures(pit.market.positions(of: participant, looking: count)) == whole) }
            var paged: [PositionView] = []
            var place = 0
            while true {
                let search = pit.market.exchange.continued(PositionSearch(of: participant, after: place, limit: 1), looking: .max)
                guard search.isOver, let last = search.places.last else { break }
                paged += search.found
                place = last
            }
            #expect(figures(paged) == whole)
        }
        #expect(pit.market.positions(of: pit.provider).map(\.sold) == [6, 6, 6, 6])
        #expect(pit.market.positions(of: pit.bob).map(\.quantity) == [6, 1])
    }

    @Test("what is traded, closed or settled between two steps tears no position apart, and a busy contract does not keep a search forever")
    func between() {
        let pit = Pit()
        for _ in 0..<6 { pit.trade(cents(200), 1, to: pit.alice) }
        var search = PositionSearch(of: pit.alice)
        var steps = 0
        while !search.isOver {
            search = pit.market.exchange.continued(search, looking: 3)
            if search.found.isEmpty { pit.trade(cents(200), 1, to: pit.alice) }
            steps += 1
        }
        #expect(steps < 9 && search.found.map(\.quantity) == pit.market.positions(of: pit.alice).map(\.quantity))

        // Half looked at before the gate, the rest after it.
        search = pit.market.exchange.continued(PositionSearch(of: pit.alice), looking: 4)
        #expect(!search.isOver && search.found.isEmpty)
        let held = pit.market.positions(of: pit.alice).map(\.quantity)
        pit.advance(minutes: 106)
        while !search.isOver { search = pit.market.exchange.continued(search, looking: 4) }
        #expect(search.found.map(\.quantity) == held)

        search = pit.market.exchange.continued(PositionSearch(of: pit.alice), looking: 4)
        pit.advance(minutes: 3_000)
        while !search.isOver { search = pit.market.exchange.continued(search, looking: 4) }
        #expect(search.found.isEmpty)
    }
}
