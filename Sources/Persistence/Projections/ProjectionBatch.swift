import Exchange
import Postgres
import Quantities

/// How far the projections have followed the journal.
package struct ProjectionPosition: Equatable, Sendable {
    /// The last sequence number that the tables include.
    package var sequence: Int64
    /// The hash of the frame that ends with it.
    package var frameHash: [UInt8]

    /// As the tables say.
    static func stored(_ connection: Connection) throws(PostgresError) -> ProjectionPosition {
        let row = try connection.query("SELECT sequence, frame_hash FROM projector_position").onlyRow()
        return ProjectionPosition(sequence: try row.int64(0), frameHash: try row.bytes(1))
    }
}

/// Why the projections cannot follow the journal: it is not what it was, or the tables are not.
package struct ProjectionFault: Error, Equatable, CustomStringConvertible {
    package let description: String
}

/// The rows that the events of some frames make.
package struct ProjectedRows {
    var accounts: [AccountRow] = []
    var transfers: [TransferRow] = []
    var trades: [TradeRow] = []
    var orders: [OrderRow] = []
    var actions: [AuditLogRow] = []
    var archivedDeliveries: [ArchivedDeliveryRow] = []
    var archivedParties: [ArchivedPartyRow] = []
    var archivedAllocations: [ArchivedAllocationRow] = []
    var archivedInputs: [ArchivedInputsRow] = []

    package init() {}

    /// Every row's columns, table by table in the order of the events: two ways to read the same events are held against each other here.
    package var columns: [[SQLValue]] {
        let trading = accounts.map(\.values) + transfers.map(\.values) + trades.map(\.values) + orders.map(\.values)
        let archived = archivedDeliveries.map(\.values) + archivedParties.map(\.values) + archivedAllocations.map(\.values)
        return trading + actions.map(\.values) + archived + archivedInputs.map(\.values)
    }

    var count: Int {
        accounts.count + transfers.count + trades.count + orders.count + actions.count + archivedDeliveries.count
            + archivedParties.count + archivedAllocations.count + archivedInputs.count
    }

    /// Adds the row that an event makes, if it makes one.
    package mutating func add(_ recorded: RecordedEvent) {
        switch recorded.event {
        case .account(let account):
            accounts.append(AccountRow(account, sequence: recorded.sequence, time: recorded.time))
        case .transfer(let transfer):
            transfers.append(TransferRow(transfer, sequence: recorded.sequence, time: recorded.time))
        case .trade(let trade): trades.append(TradeRow(trade, sequence: recorded.sequence))
        case .orderClosed(let order): orders.append(OrderRow(order, sequence: recorded.sequence))
        case .administered(let action): actions.append(AuditLogRow(action, sequence: recorded.sequence))
        case .deliveryArchived(let delivery):
            archivedDeliveries.append(ArchivedDeliveryRow(delivery, sequence: recorded.sequence))
            archivedParties += ArchivedPartyRow.all(of: delivery)
        case .allocationArchived(let allocation):
            archivedAllocations.append(ArchivedAllocationRow(allocation, sequence: recorded.sequence))
        case .inputsArchived(let inputs): archivedInputs.append(ArchivedInputsRow(inputs, sequence: recorded.sequence))
        case .participant, .apiKey, .zone, .computeClass, .grade, .product, .resource, .orderAccepted, .offer, .bid,
            .allocation, .delivery, .meterReport, .settlement, .halt, .resume, .energyCertificate, .attestationKey, .wipe, .feeVersion,
            .dispute, .correction, .signingKey, .move, .networkPath:
            break
        }
    }

    /// Forgets the rows and keeps the memory.
    mutating func removeAll() {
        accounts.removeAll(keepingCapacity: true)
        transfers.removeAll(keepingCapacity: true)
        trades.removeAll(keepingCapacity: true)
        orders.removeAll(keepingCapacity: true)
        actions.removeAll(keepingCapacity: true)
        archivedDeliveries.removeAll(keepingCapacity: true)
        archivedParties.removeAll(keepingCapacity: true)
        archivedAllocations.removeAll(keepingCapacity: true)
        archivedInputs.removeAll(keepingCapacity: true)
    }
}

/// The next frames' rows with the position that they lead to: what one transaction writes.
struct ProjectionBatch {
    let start: ProjectionPosition
    let end: ProjectionPosition
    let rows: ProjectedRows
    let frames: Int

    /// Bytes of events in one transaction; one frame is always taken.
    static let byteLimit = 8 << 20

    /// Reads what follows `start`; nil when nothing does.
    ///
    /// - Throws: `ProjectionFault` when the frames do not continue `start`, `PostgresError`.
    static func next(after start: ProjectionPosition, _ connection: Connection) throws -> ProjectionBatch? {
        let frames = try JournalReading.next(connection, after: start.sequence, byteLimit: byteLimit)
        return frames.isEmpty ? nil : try ProjectionBatch(frames, after: start)
    }

    /// The rows of frames that follow `start`.
    ///
    /// - Throws: `ProjectionFault` when they do not continue it, or their events cannot be read.
    init(_ frames: [CommittedFrame], after start: ProjectionPosition) throws(ProjectionFault) {
        var end = start
        var rows = ProjectedRows()
        for frame in frames {
            func fault(_ reason: String) -> ProjectionFault {
                ProjectionFault(description: "journal_frames, row with first_sequence \(frame.firstSequence): \(reason)")
            }
            guard frame.firstSequence == end.sequence + 1, frame.previousHash == end.frameHash else {
                throw fault("it does not continue sequence \(end.sequence), to which the projections followed")
            }
            do throws(BinaryDecoder.Failure) {
                try rows.add(frame.events)
            } catch {
                throw fault("its events cannot be read: \(error)")
            }
            end = ProjectionPosition(sequence: frame.lastSequence, frameHash: frame.frameHash)
        }
        // What leaves together comes last first; in the order of their keys rows go into the same pages of an index.
        rows.archivedDeliveries.sort { $0.id < $1.id }
        rows.archivedParties.sort { ($0.participant, $0.settledAt, $0.delivery) < ($1.participant, $1.settledAt, $1.delivery) }
        self.start = start
        self.end = end
        self.rows = rows
        self.frames = frames.count
    }

    /// Writes the rows and the position in one transaction.
    ///
    /// - Returns: Whether it was written; false when the position has moved meanwhile, and nothing was changed.
    /// - Throws: `PostgresError`; after `ambiguousCommit` the stored position tells what happened.
    func write(_ connection: Connection) throws -> Bool {
        try connection.begin()
        do {
            let moved = try connection.query(
                "UPDATE projector_position SET sequence = $1, frame_hash = $2 WHERE sequence = $3 AND frame_hash = $4",
                [.int64(end.sequence), .bytes(end.frameHash), .int64(start.sequence), .bytes(start.frameHash)])
            guard moved.affectedRows == 1 else {
                try connection.rollback()
                return false
            }
            try copy(rows.accounts, connection)
            try copy(rows.transfers, connection)
            try copy(rows.trades, connection)
            try copy(rows.orders, connection)
            try copy(rows.actions, connection)
            try copy(rows.archivedDeliveries, connection)
            try copy(rows.archivedParties, connection)
            try copy(rows.archivedAllocations, connection)
            try copy(rows.archivedInputs, connection)
        } catch {
            if connection.isInTransaction { try? connection.rollback() }
            throw error
        }
        try connection.commit()
        return true
    }

    private func copy<R: ProjectionRow>(_ rows: [R], _ connection: Connection) throws {
        guard !rows.isEmpty else { return }
        try connection.copy(into: R.table, columns: R.columns) { copy in
            for row in rows {
                try copy.beginRow()
                try row.write(to: &copy)
            }
        }
    }

    /// Empties the tables and puts the position at the journal's beginning.
    static func clear(_ connection: Connection) throws {
        try connection.transaction {
            try connection.query("SELECT 1 FROM projector_position FOR UPDATE")
            let archive = "archived_deliveries, archived_parties, archived_allocations, archived_inputs"
            try connection.executeScript("TRUNCATE accounts, transfers, trades, orders, audit_log, \(archive)")
            try connection.query(
                "UPDATE projector_position SET sequence = 0, frame_hash = $1", [.bytes(ChainLink.start.frameHash)])
        }
    }
}
