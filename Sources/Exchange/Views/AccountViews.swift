import Pricing
import Quantities
import Registry

/// An API key without its secret. The answer to its creation adds the secret once, outside the journal.
package struct APIKeyView: Record {
    package var id = APIKeyID.none
    package var participantID = ParticipantID.none
    package var label = ""
    package var scopes: [Role] = []
    package var createdAt = Timestamp()
    package var expiresAt: Timestamp?
    package var revoked = false
    /// Whether the key can only look.
    package var readOnly = false
    /// Ranges of addresses that the key works from; from everywhere when nil.
    package var allowedAddresses: [String]?
    /// Whether each request must be signed.
    package var requireSignature = false
    /// The key that this one took over from.
    package var replaces: APIKeyID?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("participant_id", &participantID)
        coder.field("label", &label)
        coder.field("scopes", &scopes)
        coder.field("created_at", &createdAt)
        coder.field("expires_at", &expiresAt)
        coder.field("revoked", &revoked)
        coder.field("read_only", &readOnly)
        coder.field("allowed_addresses", &allowedAddresses)
        coder.field("require_signature", &requireSignature)
        coder.field("replaces", &replaces)
    }
}

/// A key as the shell's index needs it.
package struct APIKeyRecord: Record {
    package var view = APIKeyView()
    /// SHA-256 of the secret.
    package var hash = Bytes()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("key", &view)
        coder.field("hash", &hash)
    }
}

/// The answer to a deposit or a withdrawal. `id` is a deposit's or a withdrawal's.
package struct MoneyReceipt: Record {
    package var depositID: DepositID?
    package var withdrawalID: WithdrawalID?
    package var entrySetID = EntrySetID.none
    package var participantID = ParticipantID.none
    package var currency = Currency()
    package var amount = Micros.zero
    package var reference = ""
    package var createdAt = Timestamp()

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        // One of the two names the answer; the API shows either as `id`.
        coder.field("deposit_id", &depositID)
        coder.field("withdrawal_id", &withdrawalID)
        coder.field("entry_set_id", &entrySetID)
        coder.field("participant_id", &participantID)
        coder.field("currency", &currency)
        coder.field("amount", &amount)
        coder.field("reference", &reference)
        coder.field("created_at", &createdAt)
    }
}

/// A participant's money in one currency.
package struct BalanceView: Record {
    package var currency = Currency()
    /// Available and reserved together: cash that is yours.
    package var total = Micros.zero
    package var available = Micros.zero
    package var reserved = Micros.zero
    /// What stands in escrow for what you bought and what you guarantee, apart from your cash.
    package var inEscrow = Micros.zero

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("currency", &currency)
        coder.field("total", &total)
        coder.field("available", &available)
        coder.field("reserved", &reserved)
        coder.field("in_escrow", &inEscrow)
    }
}

/// Hours held in one contract.
package struct PositionView: Record {
    package var contract = ContractKey()
    /// Units bought and held.
    package var quantity: Int64 = 0
    /// Of these, units in open resale orders.
    package var onOffer: Int64 = 0
    /// Units sold from own resources.
    package var sold: Int64 = 0
    /// What the held units cost on average, without fees, rounded down.
    package var averagePrice: Price?
    package var currency = Currency()
    /// What an hour of it is worth now, and what that is taken from.
    package var markPrice = Price()
    package var markSource = MarkSource.reference
    /// Of the held units: their worth at the mark less what they cost, without fees; nil where 64 bits cannot hold it.
    package var unrealisedProfit: Micros?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("contract", &contract)
        coder.field("quantity", &quantity)
        coder.field("on_offer", &onOffer)
        coder.field("sold", &sold)
        coder.field("average_price", &averagePrice)
        coder.field("currency", &currency)
        coder.field("mark_price", &markPrice)
        coder.field("mark_source", &markSource)
        coder.field("unrealised_profit", &unrealisedProfit)
    }
}

/// A ledger account.
package struct LedgerAccountView: Record {
    package var id = AccountID.none
    /// `cash`, `escrow`, `fee_revenue` or `world`.
    package var kind = ""
    package var participantID: ParticipantID?
    package var contract: ContractKey?
    package var asset = Currency()
    /// Sums of all postings, and their difference (credits − debits), as decimal text since they are 128 bits wide.
    package var debits = ""
    package var credits = ""
    package var balance = ""

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("kind", &kind)
        coder.field("participant_id", &participantID)
        coder.field("contract", &contract)
        coder.field("asset", &asset)
        coder.field("debits", &debits)
        coder.field("credits", &credits)
        coder.field("balance", &balance)
    }
}

/// One asset's line of the trial balance.
package struct TrialBalanceView: Record {
    package var asset = Currency()
    package var debits = ""
    package var credits = ""
    package var balanced = false

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("asset", &asset)
        coder.field("debits", &debits)
        coder.field("credits", &credits)
        coder.field("balanced", &balanced)
    }
}
