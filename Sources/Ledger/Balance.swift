import Quantities

/// One cash account's money: what it may spend and what is set aside for orders.
///
/// A buy order reserves its worst cost before it rests, so no fill can overdraw:
///
///     var balance = Balance(available: .units(10))
///     try balance.reserve(.units(4))  // available 6, reserved 4
///     balance.capture(.units(1))      // available 6, reserved 3
///     balance.release(.units(3))      // available 9, reserved 0
///
/// - Invariant: `available >= .zero` and `reserved >= .zero`.
package struct Balance: Equatable, Sendable {
    package private(set) var available: Micros
    package private(set) var reserved: Micros

    /// - Precondition: neither is negative.
    package init(available: Micros = .zero, reserved: Micros = .zero) {
        precondition(available >= .zero && reserved >= .zero, "a balance below zero")
        self.available = available
        self.reserved = reserved
    }

    /// An expected "no". The balance is unchanged.
    package enum Refusal: Error, Equatable {
        case insufficientFunds(shortfall: Micros)
    }

    /// The owner's money, reserved or not.
    package var total: Micros { available + reserved }

    /// Whether `reserve(amount)` would succeed.
    package func canReserve(_ amount: Micros) -> Bool { amount <= available }

    /// Sets `amount` aside for an order.
    ///
    /// - Precondition: `amount >= .zero`.
    package mutating func reserve(_ amount: Micros) throws(Refusal) {
        precondition(amount >= .zero, "reserved a negative amount")
        guard amount <= available else { throw .insufficientFunds(shortfall: amount - available) }
        available -= amount
        reserved += amount
    }

    /// Gives `amount` of the reservation back. Giving back more than was reserved is a defect, so it traps.
    package mutating func release(_ amount: Micros) {
        precondition(amount >= .zero && amount <= reserved, "released more than was reserved")
        reserved -= amount
        available += amount
    }

    /// Pays `amount` out of the reservation. Taking more than was reserved is a defect, so it traps.
    package mutating func capture(_ amount: Micros) {
        precondition(amount >= .zero && amount <= reserved, "captured more than was reserved")
        reserved -= amount
    }

    /// Pays `amount` out of what is available. An overdraft is a defect, so it traps.
    package mutating func withdraw(_ amount: Micros) {
        precondition(amount >= .zero && amount <= available, "an account would fall below zero")
        available -= amount
    }

    /// Whether the total stays within `Micros.limit` with `amount` added.
    package func canDeposit(_ amount: Micros) -> Bool { total.adding(amount) != nil }

    /// Adds `amount` to what is available. Passing `Micros.limit` is a defect, so it traps.
    package mutating func deposit(_ amount: Micros) {
        precondition(amount >= .zero && canDeposit(amount), "an account would pass the limit of money")
        available += amount
    }
}
