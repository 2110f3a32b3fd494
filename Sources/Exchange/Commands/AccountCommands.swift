import Quantities
import Registry

/// A participant by id, as a path names it.
package struct ParticipantReference: Record {
    package var participant = ParticipantID.none

    package init() {}
    package init(_ participant: ParticipantID) { self.participant = participant }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("participant", &participant) }
}

/// `POST /v1/deposits` and `/v1/withdrawals`: money that came in or went out, told by the operator.
package struct MoneyMovement: Record {
    package var participantID = ParticipantID.none
    package var currency = Currency()
    package var amount = Micros.zero
    /// The bank's reference: unique over all deposits, and over all withdrawals.
    package var reference = ""

    package init() {}
    package init(participantID: ParticipantID, currency: Currency, amount: Micros, reference: String) {
        self.participantID = participantID
        self.currency = currency
        self.amount = amount
        self.reference = reference
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("participant_id", &participantID)
        coder.field("currency", &currency)
        coder.field("amount", &amount)
        coder.field("reference", &reference)
    }
}

/// What a halt or a resumption is about: one contract, a product, or the whole market.
package struct TradingScope: Record {
    package var kind = TradingScopeKind.market
    /// Read where `kind` is `product`.
    package var product = ProductID.none
    /// Read where `kind` is `contract`.
    package var contract = ContractKey()

    package init() {}
    package init(_ kind: TradingScopeKind, product: ProductID = .none, contract: ContractKey = ContractKey()) {
        self.kind = kind
        self.product = product
        self.contract = contract
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("scope", &kind)
        coder.field("product", &product)
        coder.field("contract", &contract)
    }
}

/// The reach of a halt.
package enum TradingScopeKind: String, Choice {
    case market
    case product
    case contract
}
