import Exchange
import Postgres
import Quantities
import Sequencer

/// Proves a database: computes the journal again and holds every row of every projection against it.
///
/// 1. Every frame: the chain, the hashes, the events and results that its commands give.
/// 2. Every row of `accounts`, `transfers`, `trades`, `orders`, `audit_log` and the archive up to where the projections are: missing, extra,
///    different.
/// 3. Every snapshot: its rows by their hashes, and its state's hash against the state that was computed.
/// 4. The rows of `transfers` summed anew: nobody but the world ever below zero, balanced per asset, equal to the exchange,
///    nothing in the escrow of settled contracts.
///
/// Runs beside a server: the tables are read as they are at one moment, over connections that cannot write.
package struct ProjectionAudit {
    private let replay: FrameReplay
    private let position: ProjectionPosition
    private var accounts: OrderedTableAudit<AccountRow>
    private var transfers: OrderedTableAudit<TransferRow>
    private var trades: OrderedTableAudit<TradeRow>
    private var orders: OrderTableAudit
    private var actions: OrderedTableAudit<AuditLogRow>
    private var archivedDeliveries: KeyedTableAudit<ArchivedDeliveryRow>
    private var archivedParties: KeyedTableAudit<ArchivedPartyRow>
    private var archivedAllocations: KeyedTableAudit<ArchivedAllocationRow>
    private var archivedInputs: KeyedTableAudit<ArchivedInputsRow>
    private var balances = BalanceAudit()
    private var rules = RuleAudit()
    private var rows = ProjectedRows()
    private var tablesConfirmed = false

    /// Audits the database; a fault is in the report.
    ///
    /// - Parameter progress: Called now and then with the sequence reached and the one to come to.
    /// - Throws: `PostgresError` where the database cannot be read.
    package static func run(
        _ target: ConnectionString, progress: (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) throws -> AuditReport {
        let journal = try Connection(to: target, applicationName: "suanpan audit", access: .readOnly)
        let tables = try Connection(to: target, applicationName: "suanpan audit", access: .readOnly)
        try tables.begin()
        try tables.executeScript("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        var report = AuditReport()
        do {
            // The tables first: what they include is in the journal then.
            let snapshots = try StoredSnapshot.all(tables)
            var audit = try ProjectionAudit(tables, try Replay.statesToMeet(tables, snapshots))
            do {
                for snapshot in snapshots { try SnapshotReading.confirm(snapshot, tables) }
                try audit.compareAll(journal, progress)
                try StoredSnapshot.confirmEnd(snapshots, audit.replay.exchange.sequence)
            } catch {
                audit.fill(&report)
                throw error
            }
            audit.fill(&report)
        } catch let fault as AuditFault {
            report.fault = fault.description
        } catch let fault as SnapshotFault {
            report.fault = fault.description
        } catch let fault as ReplayFault {
            report.fault = fault.description
        } catch JournalError.damaged(let reason) {
            report.fault = reason
        }
        return report
    }

    private init(_ tables: Connection, _ noted: [NotedState]) throws {
        replay = FrameReplay(Exchange(), noted: noted)
        position = try ProjectionPosition.stored(tables)
        accounts = try OrderedTableAudit(tables)
        transfers = try OrderedTableAudit(tables)
        trades = try OrderedTableAudit(tables)
        orders = OrderTableAudit(tables)
        actions = try OrderedTableAudit(tables)
        archivedDeliveries = KeyedTableAudit(tables)
        archivedParties = KeyedTableAudit(tables)
        archivedAllocations = KeyedTableAudit(tables)
        archivedInputs = KeyedTableAudit(tables)
    }

    private mutating func compareAll(_ journal: Connection, _ progress: (Int64, Int64) -> Void) throws {
        let head = try JournalReading.head(journal)
        if position.sequence == 0 { try confirmTables() }
        try JournalReading.read(journal, after: .start) { stored in
            try replay.apply(stored.frame)
            try rules.confirm(stored.frame, replay.exchange)
            if replay.frames % 64 == 0 { progress(stored.frame.lastSequence, head.sequence) }
            guard stored.frame.lastSequence <= position.sequence else { return }
            try compare(stored.frame)
            guard stored.frame.lastSequence == position.sequence else { return }
            guard stored.link.frameHash == position.frameHash else {
                throw AuditFault("projector_position: its frame_hash is not the one of the frame that ends there")
            }
            try confirmTables()
        }
        guard tablesConfirmed else {
            throw AuditFault("projector_position: no frame ends with sequence \(position.sequence)")
        }
        try JournalReading.confirmEnd(journal)
        if let broken = replay.exchange.firstBrokenInvariant() { throw AuditFault(broken) }
        progress(head.sequence, head.sequence)
    }

    private mutating func compare(_ frame: Frame) throws {
        rows.removeAll()
        do throws(BinaryDecoder.Failure) {
            try rows.add(frame.events)
        } catch {
            throw AuditFault(
                "journal_frames, row with first_sequence \(frame.firstSequence): its events cannot be read: \(error)")
        }
        for account in rows.accounts { balances.open(try accounts.confirm(account)) }
        for transfer in rows.transfers { try balances.post(try transfers.confirm(transfer)) }
        for trade in rows.trades { _ = try trades.confirm(trade) }
        for order in rows.orders { try orders.confirm(order) }
        for action in rows.actions { _ = try actions.confirm(action) }
        for delivery in rows.archivedDeliveries { try archivedDeliveries.confirm(delivery) }
        for party in rows.archivedParties { try archivedParties.confirm(party) }
        for allocation in rows.archivedAllocations { try archivedAllocations.confirm(allocation) }
        for inputs in rows.archivedInputs { try archivedInputs.confirm(inputs) }
    }

    /// At the sequence number that the tables include.
    private mutating func confirmTables() throws {
        try accounts.confirmEnd()
        try transfers.confirmEnd()
        try trades.confirmEnd()
        try orders.confirmEnd()
        try actions.confirmEnd()
        try archivedDeliveries.confirmEnd()
        try archivedParties.confirmEnd()
        try archivedAllocations.confirmEnd()
        try archivedInputs.confirmEnd()
        try balances.confirmEnd(replay.exchange)
        tablesConfirmed = true
    }

    private func fill(_ report: inout AuditReport) {
        report.frames = replay.frames
        report.commands = replay.commands
        report.events = replay.events
        report.sequence = replay.exchange.sequence
        report.stateHash = StateHash.of(replay.exchange)
        report.notedStatesConfirmed = replay.notedStatesConfirmed
        report.snapshotsConfirmed = replay.snapshotsConfirmed
        report.projectedSequence = position.sequence
        report.accounts = accounts.compared
        report.transfers = transfers.compared
        report.trades = trades.compared
        report.orders = orders.compared
        report.trialBalance = balances.trialBalance
        report.sales = rules.sales
    }
}
