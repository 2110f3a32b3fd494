import Exchange
import Foundation
import Logging
import Postgres
import Sequencer

/// How a standby waits.
package struct StandbySettings: Sendable {
    /// A holder of the lease whose session neither ends nor moves for so long is taken for dead or stopped. A living one asks for its lease
    /// every half second.
    package var silence: Duration = .seconds(3)
    /// Between two looks at the journal and the lease, in seconds.
    package var pauseSeconds: TimeInterval = 0.1
    /// Called after every look with the last command that the standby's exchange includes.
    package var followed: @Sendable (_ sequence: Int64) -> Void = { _ in }

    package init() {}
}

/// A server that waits beside the one that writes: its exchange follows the journal, so taking over costs only the last frames.
///
///     snapshot ─► tail ─► look at the lease ──free────────────────► claim it
///                  ▲            │ └─the holder is silent for 3 s──► end its session, claim it
///                  └── 0.1 s ◄──┘
///
/// It reads committed frames and changes nothing until it claims. Time is measured here alone, so no two clocks are compared.
final class Standby {
    private let target: ConnectionString
    private let settings: StandbySettings
    private let logger: Logger
    private let confirmKeys: (Connection) throws -> Void
    private var connection: Connection?
    private var replay: FrameReplay?
    private var link = ChainLink.start
    private var snapshot: Int64 = 0
    private var warnings: [String] = []
    private var damaged: Set<Int64> = []
    private var watch = HolderWatch()

    /// - Parameter confirmKeys: Throws where this server's keys are not those of the record: better now than at the takeover.
    init(
        _ target: ConnectionString, _ settings: StandbySettings, logger: Logger,
        confirmKeys: @escaping (Connection) throws -> Void
    ) {
        self.target = target
        self.settings = settings
        self.logger = logger
        self.confirmKeys = confirmKeys
    }

    /// Blocks until the lease can be claimed, and says how. A lost PostgreSQL is looked for again for ever.
    ///
    /// - Throws: `ReplayFault`, `JournalError.damaged`, what `confirmKeys` throws; `PostgresError` only where another try cannot help.
    func wait() throws -> LeaseContention {
        while true {
            do {
                let connection = try openConnection()
                try follow(connection)
                switch watch.look(try WriterLease.holder(connection), silence: settings.silence) {
                case .free: return .refuse
                case .silent(let holder):
                    logger.warning("the server that writes is silent and is replaced", metadata: ["holder": "\(holder.name)"])
                    return .succeed(holder)
                case .alive: break
                }
            } catch let error as PostgresError where error.mayPass {
                connection = nil
                logger.notice("the standby looks for PostgreSQL", metadata: ["cause": "\(error)"])
            }
            settings.followed(replay?.exchange.sequence ?? 0)
            Thread.sleep(forTimeInterval: settings.pauseSeconds)
        }
    }

    /// The exchange as far as it came, for the recovery to go on with; nil where there is no history yet. Called once.
    func takeExchange() -> (exchange: Exchange, snapshot: Int64, warnings: [String], damaged: Set<Int64>)? {
        defer { replay = nil }
        return replay.map { ($0.exchange, snapshot, warnings, damaged) }
    }

    private func openConnection() throws -> Connection {
        if let connection, connection.isOpen { return connection }
        let fresh = try Connection(to: target, applicationName: "suanpan standby")
        // It learns of a dead network before the server it watches would be missed.
        try fresh.executeScript("SET statement_timeout = 0; SET lock_timeout = '2s'; SET idle_session_timeout = 0")
        connection = fresh
        return fresh
    }

    /// Applies what the journal has beyond the standby's exchange.
    private func follow(_ connection: Connection) throws {
        guard try connection.query("SELECT to_regclass('snapshots') IS NOT NULL").onlyRow().bool(0) else { return }
        // Before the first frame there is nothing to follow, and the keys are the other server's to set.
        guard try replay != nil || JournalReading.head(connection).sequence > 0 else { return }
        let replay = try self.replay ?? begin(connection)
        link = try JournalReading.read(connection, after: link) { stored in
            try replay.apply(stored.frame)
            link = stored.link
        }
    }

    private func begin(_ connection: Connection) throws -> FrameReplay {
        try confirmKeys(connection)
        try JournalReading.confirmEnd(connection)
        let search = try SnapshotReading.newest(connection)
        snapshot = search.restored?.header.sequence ?? 0
        (warnings, damaged) = (search.warnings, search.damaged)
        link = search.restored?.header.link ?? .start
        let fresh = FrameReplay(search.restored?.exchange ?? Exchange(), noted: try NotedState.all(connection))
        replay = fresh
        return fresh
    }
}

/// Judges by looks at the holder of the lease, in the measure of our own clock, whether it lives.
package struct HolderWatch {
    /// What a look came to.
    package enum Finding: Equatable {
        case free
        case alive
        case silent(LeaseHolder)
    }

    private var last: LeaseHolder?
    private var since = ContinuousClock.now

    package init() {}

    /// - Parameter holder: Who has the lock now; nil where nobody has.
    package mutating func look(_ holder: LeaseHolder?, silence: Duration, at now: ContinuousClock.Instant = .now) -> Finding {
        guard let holder else { return .free }
        // PostgreSQL at work for it is no silence of its own, and where its activity cannot be seen only the end of its session counts.
        guard holder == last, holder.waitsForClient else {
            last = holder
            since = now
            return .alive
        }
        return now - since >= silence ? .silent(holder) : .alive
    }
}

extension PostgresError {
    /// Whether the same may succeed later: PostgreSQL is away, starting, stopping or short of something.
    fileprivate var mayPass: Bool {
        switch kind {
        case .cannotConnect, .connectionLost, .ambiguousCommit, .unexpectedResult, .poolExhausted: true
        case .serverRejected(let state): ["53", "55", "57", "58", "40"].contains(state.errorClass)
        }
    }
}
