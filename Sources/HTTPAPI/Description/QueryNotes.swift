import Exchange
import Ledger

/// What the parameters of queries mean wherever a route's notes do not say otherwise.
package enum QueryNotes {
    package static let common: [String: QueryNote] = [
        "limit": QueryNote(
            ["type": "integer", "minimum": 1, "maximum": .number(Int64(Page.largestLimit)), "default": .number(Int64(Page.defaultLimit))],
            "The most elements of a page."),
        "cursor": .text("The next_cursor of the page before."),
        "participant_id": .text("Whose; overseers may name anybody, others only themselves."),
        "from": .time("The first hour."),
        "to": .time("The end of the last hour."),
        "status": .choice(OrderStatus.self, "Only orders that stand so."),
        "contract": .text("Only of this contract, by its symbol."),
        "product": .text("Only of this product, by its code."),
        "quantity": .whole(1, 1_000_000, "Devices; 1 where absent."),
        "duration_hours": .whole(1, 8_784, "Hours without a gap; 1 where absent."),
        "depth": .whole(1, 1_000, "Price levels on each side; 100 where absent."),
        "account": .text("Only of this account, by its identifier."),
        "kind": .choice(AccountKind.self, "Only accounts of this kind."),
        "asset": .text("Only accounts in this asset."),
        "cause_kind": .choice(CauseKind.self, "Only transfers with such a cause."),
        "cause": .text("Only transfers of this cause, by its identifier."),
        "entry_set": .text("Only transfers of this entry set."),
        "after": .text("After this transfer, by its identifier."),
        "before": .whole(1, nil, "Before the checkpoint of this number."),
        "sequence": .whole(0, nil, "As it was after this command."),
        "time": .time("As it was at this moment."),
        "hour": .time("An hour, instead of from and to."),
        "month": .text("A month in UTC such as 2026-11, instead of from and to."),
        "by": .choice(StatementStep.self, "Divided by hours, days or months of UTC; periods without anything are left out."),
        "format": .choice(ReportForm.self, "Instead of Accept; json where neither says otherwise."),
        "day": QueryNote(["type": "string", "format": "date"], "A day in UTC, instead of from and to."),
        "transfer": .text("The transfer's identifier."),
        "tree_size": .whole(1, nil, "The size of the tree; the latest checkpoint's where absent."),
        "action": .text("Only commands of this name."),
        "channels": .text("Channels with commas between them: book:SYMBOL (with the contract's status), trades:PRODUCT or SYMBOL, demand:PRODUCT, orders, fills, balances, bids."),
        "last_event_id": .text("The id of the last event that was seen."),
        "first": .whole(1, nil, "The smaller tree's size."),
        "second": .whole(1, nil, "The larger tree's size; the latest checkpoint's where absent."),
    ]

    static let moments: [String: QueryNote] = [
        "from": .time("Not before this moment."), "to": .time("Before this moment."),
    ]

    static let transfers = moments.merging(["kind": .choice(TransferKind.self, "Only transfers of this kind.")]) { $1 }
}
