import Quantities

/// The kinds of account that the ledger keeps.
package enum AccountKind: String, Choice {
    /// A participant's money: what it may spend and what is set aside for its orders.
    case cash
    /// What the outcomes of one contract still need.
    case escrow
    /// What the exchange has earned.
    case feeRevenue = "fee_revenue"
    /// Everything outside the exchange: deposits come from it, withdrawals go to it. The only account below zero.
    case world
}

/// Whose account it is. With an asset it names one open account.
package enum AccountOwner: Hashable, Sendable {
    case cash(ParticipantID)
    case escrow(ContractKey)
    case feeRevenue
    case world
}

extension AccountOwner: Record {
    package init() { self = .world }

    package var kind: AccountKind {
        switch self {
        case .cash: .cash
        case .escrow: .escrow
        case .feeRevenue: .feeRevenue
        case .world: .world
        }
    }

    /// The participant of a cash account.
    package var participant: ParticipantID? {
        guard case .cash(let participant) = self else { return nil }
        return participant
    }

    /// The contract of an escrow account.
    package var contract: ContractKey? {
        guard case .escrow(let contract) = self else { return nil }
        return contract
    }

    /// `kind`, then `participant` and `contract` where the kind has one. A kind that lacks its part reads as one that
    /// names nothing.
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        var kind = self.kind
        var participant = self.participant
        var contract = self.contract
        coder.field("kind", &kind)
        coder.field("participant", &participant)
        coder.field("contract", &contract)
        switch kind {
        case .cash: self = .cash(participant ?? .none)
        case .escrow: self = .escrow(contract ?? ContractKey())
        case .feeRevenue: self = .feeRevenue
        case .world: self = .world
        }
    }
}
