import Exchange
import Postgres
import Quantities
import Sequencer

/// A frame as it lies in the table, with the epoch that it was written under and where the chain stands after it.
package struct StoredFrame: Sendable {
    package let frame: Frame
    package let epoch: Int64
    package let link: ChainLink
}

/// Reads of the journal that need no lease: recovery, replay, the audit.
///
/// Nothing that is read is believed: the rows must follow each other without a gap, each must name the hash of the one
/// before, and its own hashes must be the ones of its bytes.
package enum JournalReading {
    /// The version of the frames' form, kept in `meta`.
    package static let format = "1"

    private static let columns =
        "first_sequence, last_sequence, recorded_at_micros, epoch, rules_version, event_hash, previous_hash, frame_hash, "
        + "commands, results, events"

    /// Where the table ends.
    package static func head(_ connection: Connection) throws -> ChainLink {
        let rows = try connection.query(
            "SELECT last_sequence, frame_hash, event_hash FROM journal_frames ORDER BY first_sequence DESC LIMIT 1")
        guard let row = rows.first else { return .start }
        return try link(row)
    }

    /// Where the chain stands at `sequence`, the last number of some frame.
    ///
    /// - Throws: `JournalError.damaged` when no frame ends there.
    package static func link(endingAt sequence: Int64, _ connection: Connection) throws -> ChainLink {
        guard sequence > 0 else { return .start }
        let rows = try connection.query(
            "SELECT last_sequence, frame_hash, event_hash FROM journal_frames WHERE first_sequence <= $1 "
                + "ORDER BY first_sequence DESC LIMIT 1",
            [.int64(sequence)])
        guard let row = rows.first, try row.int64(0) == sequence else {
            throw JournalError.damaged("journal_frames: no frame ends with sequence \(sequence)")
        }
        return try link(row)
    }

    /// Hands every frame after `start` to `body`, in order and checked, in memory that does not grow with them.
    ///
    /// - Returns: Where the chain stands after the last.
    /// - Throws: `JournalError.damaged` naming the row, `PostgresError`, what `body` throws.
    @discardableResult
    package static func read(
        _ connection: Connection, after start: ChainLink, _ body: (StoredFrame) throws -> Void
    ) throws -> ChainLink {
        var link = start
        try connection.stream(
            "SELECT \(columns) FROM journal_frames WHERE first_sequence > $1 ORDER BY first_sequence",
            [.int64(start.sequence)]
        ) { row in
            let stored = try checked(row, after: link)
            link = stored.link
            try body(stored)
        }
        return link
    }

    /// The next frames after a sequence number for a follower that holds them against its own position: at most 1,024, and so many bytes of
    /// events (one frame is always taken). Their hashes are not computed again; recovery and audit do that.
    static func next(_ connection: Connection, after sequence: Int64, byteLimit: Int) throws(PostgresError) -> [CommittedFrame] {
        // Lengths come from the rows' heads, so frames beyond the bound are not fetched from where they are stored.
        let found = try connection.query(
            """
            SELECT first_sequence, last_sequence, previous_hash, frame_hash, events FROM (
                SELECT *, sum(octet_length(events)) OVER (ORDER BY first_sequence) - octet_length(events) AS before
                FROM (
                    SELECT first_sequence, last_sequence, previous_hash, frame_hash, events FROM journal_frames
                    WHERE first_sequence > $1 ORDER BY first_sequence LIMIT 1024
                ) AS next
            ) AS measured WHERE before < $2 ORDER BY first_sequence
            """, [.int64(sequence), .int64(Int64(byteLimit))])
        var frames: [CommittedFrame] = []
        for row in found {
            frames.append(
                CommittedFrame(
                    firstSequence: try row.int64(0), lastSequence: try row.int64(1), previousHash: try row.bytes(2),
                    frameHash: try row.bytes(3), events: try row.bytes(4)))
        }
        return frames
    }

    /// The frame of a row that must continue `link`.
    private static func checked(_ row: Row, after link: ChainLink) throws -> StoredFrame {
        let first = try row.int64(0)
        func damaged(_ reason: String) -> JournalError {
            .damaged("journal_frames, row with first_sequence \(first): \(reason)")
        }
        guard first == link.sequence + 1 else {
            throw JournalError.damaged(
                "journal_frames: the row with first_sequence \(link.sequence + 1) is missing; "
                    + "\(first) follows \(link.sequence)")
        }
        let rules = try row.int64(4)
        guard rules == Int64(Exchange.rulesVersion) else {
            throw damaged("computed with rules version \(rules); this program knows only \(Exchange.rulesVersion)")
        }
        let frame = Frame(
            firstSequence: first, lastSequence: try row.int64(1), rulesVersion: Exchange.rulesVersion,
            time: Timestamp(try row.int64(2)), commands: try row.bytes(8), results: try row.bytes(9),
            events: try row.bytes(10))
        let epoch = try row.int64(3)
        guard frame.lastSequence >= first else { throw damaged("it ends before it begins") }
        guard try row.bytes(6) == link.frameHash else {
            throw damaged("previous_hash is not the hash of the frame before")
        }
        let next = link.extended(by: frame, epoch: epoch)
        guard try row.bytes(5) == next.eventHash else { throw damaged("event_hash is not the hash of its events") }
        guard try row.bytes(7) == next.frameHash else { throw damaged("frame_hash is not the hash of the row") }
        return StoredFrame(frame: frame, epoch: epoch, link: next)
    }

    private static func link(_ row: Row) throws -> ChainLink {
        ChainLink(sequence: try row.int64(0), frameHash: try row.bytes(1), eventHash: try row.bytes(2))
    }

    /// Holds the table's end against everything else that remembers how far the journal once went: where the projections
    /// stand and the noted hashes of the state. Frames that were removed from the end show here.
    ///
    /// - Throws: `JournalError.damaged`.
    package static func confirmEnd(_ connection: Connection) throws {
        // The journal's end is read last: beside a server that writes, everything else may grow meanwhile.
        let position = try ProjectionPosition.stored(connection)
        let noted = try NotedState.newest(connection)?.sequence ?? 0
        let head = try head(connection)
        guard position.sequence <= head.sequence else {
            throw JournalError.damaged(
                "journal_frames ends with sequence \(head.sequence), but the projections followed it to "
                    + "\(position.sequence): rows were removed from its end")
        }
        guard noted <= head.sequence else {
            throw JournalError.damaged(
                "journal_frames ends with sequence \(head.sequence), but a state was noted at \(noted): rows were "
                    + "removed from its end")
        }
        guard try link(endingAt: position.sequence, connection).frameHash == position.frameHash else {
            throw JournalError.damaged(
                "journal_frames, row with last_sequence \(position.sequence): frame_hash is not the one that the "
                    + "projections followed")
        }
    }
}
