import Exchange
import Foundation
import Matching
import Quantities
import Registry
import Testing
import TestSupport

@Suite("Refusals change nothing")
struct RefusalTests {
    @Test("numbers at and beyond every bound are refused in every command, and nothing changes")
    func extremes() {
        let pit = Pit()
        pit.trade(cents(200), 5, to: pit.alice)
        pit.sell(cents(250), 5)
        pit.buy(cents(150), 5, as: pit.bob)
        pit.advance(minutes: 60)
        let hostile = HostileCommands(
            market: pit.market, provider: pit.provider, consumer: pit.alice, meter: pit.meter, resource: pit.resource,
            contract: pit.contract())
        pit.market.apply(.cancelOffer(CancelOffer(OfferID(0))), as: pit.provider)
        let before = pit.market.stateWithoutHeader
        let commands = hostile.all
        #expect(commands.count > 390)
        for (command, issuer) in commands {
            let refusal = pit.market.refusal(command, as: issuer)
            #expect(refusal != nil, "accepted: \(command)")
            if pit.market.stateWithoutHeader != before {
                Issue.record("changed the state: \(command)")
                return
            }
        }
        let replayed = pit.market.replay()
        #expect(replayed.firstDifference == nil && replayed.state == pit.market.state)
    }

    @Test("reads with numbers at and beyond every bound answer, and do not stop the exchange")
    func reads() throws {
        let pit = Pit()
        pit.trade(cents(200), 5, to: pit.alice)
        let exchange = pit.market.exchange
        for number in [0, -1, Int64.max, Int64.min] {
            for participant in [ParticipantID?.none, pit.alice, ParticipantID(number)] {
                _ = exchange.ledgerAccounts(of: participant, after: AccountID(number), limit: 3)
                _ = exchange.offers(of: participant, after: OfferID(number), limit: 3)
                _ = exchange.bids(of: participant, after: BidID(number), limit: 3)
                _ = exchange.deliveries(of: participant, contract: nil, after: DeliveryID(number), limit: 3)
                _ = exchange.resources(provider: participant, after: ResourceID(number), limit: 3)
            }
            _ = exchange.participants(after: ParticipantID(number), limit: 3)
            _ = exchange.allocations(of: ParticipantID(number), after: AllocationID(number), limit: 3)
            _ = exchange.orders(of: ParticipantID(number), status: nil, contract: nil, after: OrderID(number), limit: 3)
            _ = exchange.orders(of: pit.alice, status: nil, contract: nil, after: OrderID(number), limit: 3)
            _ = exchange.settlementRuns(after: SettlementRunID(number), limit: 3)
            _ = exchange.continued(PositionSearch(of: pit.alice, after: Int(number), limit: 3), looking: 100)
            _ = exchange.balances(of: ParticipantID(number))
            #expect(exchange.settlementLines(SettlementRunID(number), from: Int(clamping: number), limit: 3) == nil)
            #expect(exchange.order(OrderReference(id: OrderID(number)), of: nil) == nil)
            #expect(exchange.offer(OfferID(number)) == nil && exchange.bid(BidID(number)) == nil)
            #expect(exchange.allocation(AllocationID(number)) == nil && exchange.delivery(DeliveryID(number)) == nil)
            #expect(exchange.resource(ResourceID(number)) == nil && exchange.participant(ParticipantID(number)) == nil)
            #expect(exchange.ledgerAccount(AccountID(number)) == nil)
            #expect(!exchange.isHolder(pit.alice, of: AllocationID(number)) && !exchange.isProvider(pit.alice, of: AllocationID(number)))
        }
        for hour in [Int32.min, -1, 0, Int32.max] {
            let key = ContractKey(product: pit.product, hour: Hour(hour))
            #expect(exchange.contract(key) == nil)
            #expect(exchange.book(key, depth: 3) == nil)
            #expect(exchange.contracts(product: pit.product, from: Hour(hour), to: Hour(hour), limit: 3).isEmpty)
            _ = exchange.contracts(product: pit.product, from: Hour(.min), to: Hour(hour), limit: 3)
            _ = exchange.capacity(pit.resource, from: Hour(hour), to: Hour(.max))
        }
        #expect(exchange.contracts(product: .none, from: Hour(0), to: Hour(9), limit: 3).isEmpty)
        #expect(exchange.product(.none) == nil)
        #expect(exchange.book(pit.contract(), depth: -1)?.bids.isEmpty == true)
    }

    @Test("no refused command of a random market changes anything but number and time")
    func randomMarket() {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        let commands = environment["SUANPAN_REFUSAL_COMMANDS"].flatMap { Int($0) } ?? 2_000
        print("refusals: seed \(seed), \(commands) commands (SUANPAN_SEED, SUANPAN_REFUSAL_COMMANDS)")
        var simulation = Simulation(seed: seed)
        simulation.run(commands: commands)
        let journal = simulation.market.journal
        // Replayed command by command: before each one a command that is always refused takes over the new time, so that
        // what time alone forgets is forgotten before the states are compared.
        let exchange = Exchange()
        var output = ExchangeOutput()
        func state() -> ArraySlice<UInt8> {
            var encoder = BinaryEncoder()
            exchange.encodeState(into: &encoder)
            return encoder.bytes.dropFirst(16)
        }
        var refusals = 0
        for (position, envelope) in journal.enumerated() {
            switch envelope.command {
            case .genesis, .passTime:
                _ = exchange.apply(envelope, output: &output)
                continue
            default: break
            }
            _ = exchange.apply(Envelope(time: envelope.time, issuer: .none, command: .settle(Settle())), output: &output)
            // The whole state is large: the commands are looked at one in three.
            let before = position % 3 == 0 ? state() : []
            output.removeAll()
            let outcome = exchange.apply(envelope, output: &output)
            guard case .refused(let refusal) = outcome.reply else { continue }
            #expect(output.eventCount == 0, "seed \(seed): \(refusal.code) had an event")
            guard position % 3 == 0 else { continue }
            refusals += 1
            #expect(state() == before, "seed \(seed): \(refusal.code) at \(position) changed the state: \(envelope.command.tag)")
        }
        #expect(refusals > commands / 40, "seed \(seed): only \(refusals)")
    }
}
