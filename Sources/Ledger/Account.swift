import Quantities

/// One open account: its owner, its asset and all that was ever posted to it.
///
/// Sums are in 128 bits: 2⁶³ transfers of 2⁶³ micros fit.
///
/// - Invariant: for cash, `credits - debits == cash.total`; only the world's balance is below zero.
package struct Account: Sendable {
    package let owner: AccountOwner
    package let asset: AssetIndex
    /// Everything that left the account, in micros.
    package internal(set) var debits: Int128 = 0
    /// Everything that came in, in micros.
    package internal(set) var credits: Int128 = 0
    /// How a cash account's balance divides; zero and unused for the others.
    package internal(set) var cash = Balance()

    init(owner: AccountOwner, asset: AssetIndex) {
        self.owner = owner
        self.asset = asset
    }

    /// Credits less debits, in micros. Negative for the world only.
    package var balance: Int128 { credits - debits }
}

/// A sum of money that may exceed 64 bits, in micros; six decimals where the form is text, and text in every form.
///
/// For answers, never for state: the journal's amounts are `Micros`.
package struct MicrosSum: FieldValue, Hashable, CustomStringConvertible {
    package var rawValue: Int128

    package init() { rawValue = 0 }
    package init(_ rawValue: Int128) { self.rawValue = rawValue }

    /// Six decimals: `12.500000`.
    package var description: String {
        let (whole, fraction) = rawValue.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
        let digits = String(fraction)
        return (rawValue < 0 ? "-" : "") + String(whole) + "." + String(repeating: "0", count: 6 - digits.utf8.count) + digits
    }

    /// Writes `description`; a reader takes nothing from it.
    package mutating func code<C: FieldCoder>(_ coder: inout C) {
        var text = description
        coder.text(&text)
    }
}

/// One account as the API shows it.
package struct AccountView: Record, Equatable {
    package var id = AccountID()
    package var owner = AccountOwner()
    package var asset = Currency()
    package var debits = MicrosSum()
    package var credits = MicrosSum()
    package var balance = MicrosSum()

    package init() {}
    package init(id: AccountID, account: Account, asset: Currency) {
        self.id = id
        self.owner = account.owner
        self.asset = asset
        debits = MicrosSum(account.debits)
        credits = MicrosSum(account.credits)
        balance = MicrosSum(account.balance)
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        coder.field("owner", &owner)
        coder.field("asset", &asset)
        coder.field("debits", &debits)
        coder.field("credits", &credits)
        coder.field("balance", &balance)
    }
}
