import Exchange
import Ledger
import Persistence
import Postgres
import Sequencer
import Testing

@Suite("ProjectionAudit")
struct ProjectionAuditTests {
    @Test("a sound database is sound: every row compared, the books balanced")
    func sound() throws {
        let scene = try Scene()
        try scene.fill()
        let report = try ProjectionAudit.run(scene.database)
        #expect(report.fault == nil && report.isSound)
        #expect(report.stateHash == SampleHistory.stateHash)
        #expect(report.commands == Int64(SampleHistory.envelopes.count))
        #expect(report.sequence == report.projectedSequence)
        for (table, count) in [
            ("accounts", report.accounts), ("transfers", report.transfers), ("trades", report.trades), ("orders", report.orders),
        ] {
            #expect(try scene.number("SELECT count(*) FROM \(table)") == count && count > 10, "\(table)")
        }
        #expect(report.trialBalance.count == 1 && report.trialBalance.allSatisfy(\.balanced))
    }

    @Test("a new database and one whose projections are behind are sound")
    func partial() throws {
        let scene = try Scene()
        let journal = try scene.journal()
        #expect(try ProjectionAudit.run(scene.database).isSound)
        let half = SampleHistory.frames.count / 2
        for frame in SampleHistory.frames.prefix(half) { try journal.append(frame) }
        #expect(try ProjectionAudit.run(scene.database).isSound)
        try Projector.rebuild(scene.database)
        for frame in SampleHistory.frames.dropFirst(half) { try journal.append(frame) }
        let report = try ProjectionAudit.run(scene.database)
        #expect(report.fault == nil)
        #expect(report.projectedSequence == SampleHistory.frames[half - 1].lastSequence)
        #expect(report.sequence > report.projectedSequence)
    }

    @Test(
        "a row that was edited, removed or added is found and named",
        arguments: [
            ("UPDATE transfers SET amount = amount + 1 WHERE id = 17", "transfers: row 17: amount is "),
            ("UPDATE transfers SET kind = 'bond' WHERE id = 3", "transfers: row 3: kind is 'bond', the journal says 'deposit'"),
            ("UPDATE transfers SET kind = 'gift' WHERE id = 3", "transfers: row 3 cannot be read: column 9 holds 'gift'"),
            ("UPDATE transfers SET debit = credit, credit = debit WHERE id = 5", "transfers: row 5: debit is "),
            ("DELETE FROM transfers WHERE id = 100", "transfers: row 100 is missing"),
            ("DELETE FROM transfers WHERE id = (SELECT max(id) FROM transfers)", "is missing"),
            ("UPDATE transfers SET id = -id WHERE id = 100", "transfers: row -100 is in no event of the journal"),
            ("INSERT INTO transfers SELECT id + 1, entry_set, debit, credit, amount, cause_id, sequence, time_micros, asset, kind, "
                + "cause_kind FROM transfers ORDER BY id DESC LIMIT 1", "is in no event of the journal"),
            ("UPDATE trades SET price = price + 10000 WHERE id = 9", "trades: row 9: price is "),
            ("UPDATE trades SET resale = NOT resale WHERE id = 1", "trades: row 1: resale is "),
            ("DELETE FROM trades WHERE id = 2", "trades: row 2 is missing"),
            ("UPDATE accounts SET participant = participant + 1 WHERE id = (SELECT min(id) FROM accounts WHERE kind = 'cash')",
                "participant is "),
            ("DELETE FROM accounts WHERE id = 4", "accounts: row 4 is missing"),
            ("UPDATE orders SET filled_quantity = 0 WHERE id = (SELECT min(id) FROM orders WHERE filled_quantity > 0)",
                "filled_quantity is 0, the journal says "),
            ("UPDATE orders SET client_order_id = 'x' WHERE id = 1", "orders: row 1: client_order_id is 'x', the journal says NULL"),
            ("DELETE FROM orders WHERE id = 1", "orders: row 1 is missing"),
            ("UPDATE orders SET id = 1000000 WHERE id = 1", "orders: row 1 is missing"),
            ("INSERT INTO orders SELECT 1000000, participant, price, stop_price, quantity, filled_quantity, display_quantity, "
                + "min_quantity, average_price, resource, allocation, offer, bid, expires_at_micros, created_at_micros, "
                + "closed_at_micros, sequence, product, hour, side, type, time_in_force, status, reason, self_trade_prevention, "
                + "post_only, client_order_id FROM orders WHERE id = 1", "orders: row 1000000 is in no event of the journal"),
            ("UPDATE projector_position SET sequence = sequence - 1", "projector_position: no frame ends with sequence"),
            ("UPDATE projector_position SET frame_hash = sha256('')", "projector_position: its frame_hash is not"),
            ("UPDATE projector_position SET sequence = sequence + 100", "no frame ends with sequence"),
        ])
    func tampered(sql: String, reason: String) throws {
        let scene = try Scene()
        try scene.fill()
        try scene.execute(sql)
        let fault = try ProjectionAudit.run(scene.database).fault
        #expect(fault?.contains(reason) == true, "\(fault ?? "nothing was found")")
    }

    @Test("a damaged journal is named before any projection")
    func damagedJournal() throws {
        let scene = try Scene()
        try scene.fill()
        try scene.damage("UPDATE journal_frames SET epoch = epoch + 1 WHERE first_sequence = 1")
        #expect(
            try ProjectionAudit.run(scene.database).fault
                == "journal_frames, row with first_sequence 1: frame_hash is not the hash of the row")
    }
}
