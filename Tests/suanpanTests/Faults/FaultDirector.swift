import Foundation
import Synchronization
import TestSupport

/// Counts answers for a round's director and tells the clients when the round is over.
final class RoundGuide: TrafficGuide {
    private let answers = Atomic(0)
    private let over = Atomic(false)
    private let outlivesServer: Bool

    /// - Parameter outlivesServer: whether clients go on after a request that got no answer.
    init(outlivesServer: Bool) { self.outlivesServer = outlivesServer }

    var isOver: Bool { over.load(ordering: .acquiring) }
    func noteAnswer() async throws { answers.wrappingAdd(1, ordering: .relaxed) }
    func goesOnAfterFailure() -> Bool { outlivesServer && !isOver }
    func end() { over.store(true, ordering: .releasing) }

    /// Waits for that many more answers, at most 40 s.
    func waitForAnswers(_ count: Int, _ what: String) async throws {
        let target = answers.load(ordering: .relaxed) + count
        let end = ContinuousClock.now + .seconds(40)
        while answers.load(ordering: .relaxed) < target {
            guard .now < end else { throw FaultDatabase.Fault(what: "no answers \(what)") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }
}

/// Strikes at drawn moments of one round.
struct FaultDirector {
    let kind: FaultKind
    private var generator: SeededGenerator
    private(set) var points = 0

    init(kind: FaultKind, generator: SeededGenerator) {
        self.kind = kind
        self.generator = generator
    }

    private mutating func draw(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(generator.next() % UInt64(range.count))
    }

    /// Lets all strikes of the round happen, each after a drawn number of answers since the one before and a drawn moment, and
    /// then some more answers come, so that what was harmed is seen to work again.
    mutating func run(
        _ server: ServerProcess, _ database: FaultDatabase, _ relay: FaultRelay, _ guide: RoundGuide
    ) async throws {
        for number in 1...kind.strikes {
            try await guide.waitForAnswers(draw(15...90), "before \(kind.rawValue) \(number)")
            try await Task.sleep(for: .microseconds(draw(0...4_000)))
            try await strike(server, database, relay)
            points += 1
        }
        if kind.leavesServer { try await guide.waitForAnswers(draw(20...60), "after \(kind.rawValue)") }
    }

    private mutating func strike(_ server: ServerProcess, _ database: FaultDatabase, _ relay: FaultRelay) async throws {
        switch kind {
        case .killServer, .takeOverKilled: server.send(SIGKILL)
        case .endServer: server.send(SIGTERM)
        case .takeOverStopped: server.send(SIGSTOP)
        case .stopServer:
            server.send(SIGSTOP)
            try await Task.sleep(for: .milliseconds(draw(1...400)))
            server.send(SIGCONT)
        case .terminateSession: _ = database.terminateJournal()
        case .cut: relay.cut()
        case .loseRequest: try await lose(.request, relay)
        case .loseReply: try await lose(.reply, relay)
        case .loseReplyAndFarewell: try await lose(.replyAndFarewell, relay)
        case .stall:
            relay.stall()
            try await Task.sleep(for: .milliseconds(draw(1...500)))
            relay.resume()
        case .killBackend:
            if let process = database.journalProcess { kill(process, SIGKILL) }
        case .killPostgres: try restart(database, relay, SIGKILL)
        case .restartPostgres: try restart(database, relay, SIGQUIT)
        case .fillDisk:
            database.fill()
            try await Task.sleep(for: .milliseconds(draw(100...1_200)))
            database.free()
            try restartIfGone(database, relay)
        }
    }

    private func lose(_ loss: FaultRelay.Loss, _ relay: FaultRelay) async throws {
        relay.lose(loss)
        let end = ContinuousClock.now + .seconds(20)
        while !relay.hasStruck {
            guard .now < end else { throw FaultDatabase.Fault(what: "no commit came to be lost") }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private func restart(_ database: FaultDatabase, _ relay: FaultRelay, _ signal: Int32) throws {
        try database.end(with: signal)
        relay.redirect(to: database.socket)
    }

    /// PostgreSQL comes back by itself, unless it found no room for its own recovery.
    private func restartIfGone(_ database: FaultDatabase, _ relay: FaultRelay) throws {
        try database.startAgain()
        relay.redirect(to: database.socket)
    }
}
