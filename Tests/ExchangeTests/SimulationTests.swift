import Exchange
import Foundation
import Quantities
import Registry
import Settlement
import Testing
import TestSupport

@Suite("Simulation")
struct SimulationTests {
    @Test("random trading ends balanced, with nothing in escrow, and replays to the same state")
    func wholeLives() throws {
        let environment = ProcessInfo.processInfo.environment
        let seed = environment["SUANPAN_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 1...UInt64(Int64.max))
        let commands = environment["SUANPAN_SIMULATION_COMMANDS"].flatMap { Int($0) } ?? 100_000
        print("simulation: seed \(seed), \(commands) commands (SUANPAN_SEED, SUANPAN_SIMULATION_COMMANDS)")
        var simulation = Simulation(seed: seed)
        simulation.run(commands: commands)
        let market = simulation.market
        #expect(market.brokenInvariant == nil, "seed \(seed)")
        #expect(market.exchange.firstBrokenInvariant() == nil, "seed \(seed)")
        #expect(simulation.accepted > commands / 4, "the simulation refuses nearly everything: \(simulation.refused)")
        let deliveries = market.exchange.deliveries(of: nil, contract: nil, after: DeliveryID(0), limit: .max)
        print("simulation: \(simulation.accepted) accepted, \(deliveries.count) deliveries, refused \(simulation.refused)")
        for outcome in [DeliveryOutcome.delivered, .partial, .notDelivered, .unverified] {
            #expect(deliveries.contains { $0.outcome == outcome }, "seed \(seed): no delivery is \(outcome)")
        }
        #expect(deliveries.allSatisfy { $0.status == .settled }, "seed \(seed)")
        // Lots that return to their provider are rare here; ResaleTests proves their rule.
        print("simulation: \(market.trades) trades, \(market.resales) resales, \(market.returns) lots returned to their provider")
        let disputes = market.exchange.disputes(of: nil, status: nil, after: .none, limit: .max)
        let corrections = market.exchange.corrections(of: nil, delivery: nil, after: .none, limit: .max)
        print("simulation: \(disputes.count) disputes, \(disputes.count { $0.status == .decided }) decided, \(corrections.count) corrections")
        #expect(disputes.allSatisfy { $0.status != .open } && disputes.contains { $0.status == .decided }, "seed \(seed)")
        #expect(!corrections.isEmpty, "seed \(seed)")
        #expect(market.resales > 0, "seed \(seed): nothing was sold on")
        for line in market.exchange.trialBalance() { #expect(line.balanced, "seed \(seed)") }
        for account in market.exchange.ledgerAccounts(of: nil, after: AccountID(0), limit: .max) where account.kind == "escrow" {
            #expect(account.balance == "0.000000", "seed \(seed): \(account.id)")
        }
        for participant in market.exchange.participants(after: ParticipantID(0), limit: .max) {
            for balance in market.exchange.balances(of: participant.id) {
                #expect(balance.reserved == .zero && balance.inEscrow == .zero, "seed \(seed): \(participant.name)")
            }
        }
        let replayed = market.replay()
        #expect(replayed.firstDifference == nil, "seed \(seed)")
        #expect(replayed.state == market.state, "seed \(seed)")
    }
}
