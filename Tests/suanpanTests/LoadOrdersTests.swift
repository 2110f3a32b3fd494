import ArgumentParser
import Exchange
import Matching
import Quantities
import Testing
import suanpan

@Suite("Orders of a load in time lapse")
struct LoadOrdersTests {
    private let market = LapseMarket(
        product: ProductID(3), meter: ParticipantID(2), sellers: [(ParticipantID(11), ResourceID(5)), (ParticipantID(12), ResourceID(6))],
        buyers: [ParticipantID(21), ParticipantID(22), ParticipantID(23)])
    private static let start = Hour(500_000)

    private func order(_ command: EncodedCommand) throws -> (spec: OrderSpec, issuer: ParticipantID) {
        var decoder = BinaryDecoder(command.bytes)
        let envelope = try decoder.read(Envelope.self)
        guard case .placeOrder(let spec) = envelope.command else {
            Issue.record("no order: \(envelope.command)")
            return (OrderSpec(), envelope.issuer)
        }
        return (spec, envelope.issuer)
    }

    @Test("hours move with the clock, within a window, and nothing else of an order does")
    func window() throws {
        var early = LoadOrders(of: market, nearest: 9)
        var late = early
        var hours: Set<Int32> = []
        for number in 0..<4_000 {
            let isTrading = number % 6 == 0
            let first = try order(early.next(isTrading: isTrading, at: Self.start.start))
            let second = try order(late.next(isTrading: isTrading, at: (Self.start + 70_000).end.advanced(microseconds: -1)))
            hours.insert(first.spec.contract.hour - Self.start)
            #expect(second.spec.contract.hour - first.spec.contract.hour == 70_000)
            var moved = second.spec
            moved.contract.hour = first.spec.contract.hour
            #expect(EncodedCommand(.placeOrder(moved), issuer: second.issuer) == EncodedCommand(.placeOrder(first.spec), issuer: first.issuer))
        }
        #expect(hours == Set(9..<(9 + LoadOrders.windowHours)))
    }

    @Test("orders that rest lie on their side of the middle, those that trade beyond it; sells name their seller's resource")
    func mix() throws {
        var orders = LoadOrders(of: market, nearest: 2)
        var quantities: Set<Quantity> = []
        for number in 0..<4_000 {
            let isTrading = number % 6 == 0
            let (spec, issuer) = try order(orders.next(isTrading: isTrading, at: Self.start.start))
            let price = try #require(spec.price)
            let above = (price.rawValue - LoadOrders.middle.rawValue) / LoadOrders.tick.rawValue
            let distance = spec.side == .buy ? -above : above
            #expect(isTrading ? distance == -8 : (1...100).contains(distance))
            #expect(spec.timeInForce == .gtc && spec.contract.product == market.product)
            quantities.insert(spec.quantity)
            if spec.side == .buy {
                #expect(market.buyers.contains(issuer) && spec.resourceID == nil)
            } else {
                #expect(market.sellers.contains { $0.participant == issuer && $0.resource == spec.resourceID })
            }
        }
        #expect(quantities == Set(1...100))
    }

    @Test("a time lapse that no machine or certificate lasts through is refused", arguments: [
        (["--hours-per-second", "36"], true), (["--hours-per-second", "0", "--seconds", "3600"], true), (["--hours-per-second", "101"], false),
        (["--hours-per-second", "-1"], false), (["--hours-per-second", "36", "--seconds", "3600"], false), ([], true),
    ])
    func options(arguments: [String], isValid: Bool) {
        #expect(((try? BenchLoadCommand.parse(arguments)) != nil) == isValid)
    }
}
