import Quantities

/// Both sides' fees on some quantity of one trade; negative is a rebate.
package struct SaleFees: Equatable, Sendable {
    package var buyer: Micros
    package var seller: Micros

    package init(buyer: Micros, seller: Micros) {
        self.buyer = buyer
        self.seller = seller
    }

    /// Takes the fees of the first `part` of `whole` units out of these, which keep the rest: ⌊fee × part / whole⌋ of each.
    ///
    /// A fill that moves several lots gives each its part this way. Where a rebate is among the two and both floors
    /// would leave the part below zero, the buyer's rounds up: together the two never earn below zero, whole or in part.
    ///
    /// - Precondition: `0 < part <= whole`.
    package mutating func takeFirst(_ part: Quantity, of whole: Quantity) -> SaleFees {
        precondition(part > 0 && part <= whole, "a part larger than the whole")
        var first = SaleFees(
            buyer: Micros(floorShare(buyer.rawValue, Int64(part), Int64(whole))),
            seller: Micros(floorShare(seller.rawValue, Int64(part), Int64(whole)))
        )
        first.roundUpBuyerIfBelowZero()
        buyer -= first.buyer
        seller -= first.seller
        return first
    }

    /// Two floors lose less than two micros, and the part's exact sum is not negative, so one micro repairs it.
    mutating func roundUpBuyerIfBelowZero() {
        if buyer + seller < .zero { buyer += Micros(1) }
    }
}
