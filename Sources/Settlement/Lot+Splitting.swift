import Quantities

extension Lot {
    /// Takes the first `part` units out of the lot, which keeps the rest and its identifier. The returned lot has the
    /// same chain and no identifier yet.
    ///
    /// Notionals split exactly. Of bond and fees the first part takes ⌊amount × part / whole⌋, also of a rebate, and the
    /// lot keeps the rest. Two exceptions of one micro keep every part whole on its own:
    ///
    /// - Where the floors would let the two parts release less than was released, the first part's seller fee of that
    ///   sale rounds up.
    /// - Where both fees' floors would leave a sale of the first part below zero, its buyer fee rounds up.
    ///
    /// What was released divides so that no part has received more than every outcome owes it. Each exception needs an
    /// inexact floor, so a rounded-up fee keeps its sign and stays within the whole; the exact value of each difference
    /// lies between zero and the whole's, so a micro always suffices.
    ///
    /// - Precondition: `0 < part < quantity`.
    package mutating func splitFirst(_ part: Quantity) -> Lot {
        precondition(part > 0 && part < quantity, "a split needs two parts")
        var first = self
        first.id = .none
        first.quantity = part
        first.bond = Micros(floorShare(bond.rawValue, Int64(part), Int64(quantity)))
        var second = self
        second.quantity = quantity - part
        second.bond = bond - first.bond

        for position in links.indices {
            let whole = links[position]
            var fees = SaleFees(
                buyer: Micros(floorShare(whole.buyerFee.rawValue, Int64(part), Int64(quantity))),
                seller: Micros(floorShare(whole.sellerFee.rawValue, Int64(part), Int64(quantity)))
            )
            first.links[position].sellerFee = fees.seller
            second.links[position].sellerFee = whole.sellerFee - fees.seller
            if position > 0, whole.released > .zero {
                if Self.releasable(first, second, position) < whole.released {
                    fees.seller += Micros(1)
                    first.links[position].sellerFee = fees.seller
                    second.links[position].sellerFee = whole.sellerFee - fees.seller
                }
                precondition(Self.releasable(first, second, position) >= whole.released, "a split lost part of a release")
                let firstReleased = min(max(Self.releasable(first, position), .zero), whole.released)
                first.links[position].released = firstReleased
                second.links[position].released = whole.released - firstReleased
            }
            fees.roundUpBuyerIfBelowZero()
            first.links[position].buyerFee = fees.buyer
            second.links[position].buyerFee = whole.buyerFee - fees.buyer
        }
        self = second
        return first
    }

    /// What the sale at `position` could release at once, by the fees that the lot now has.
    private static func releasable(_ lot: Lot, _ position: Int) -> Micros {
        releasable(bought: lot.links[position - 1], sold: lot.links[position], lot.quantity)
    }

    /// What the two parts could release together.
    private static func releasable(_ first: Lot, _ second: Lot, _ position: Int) -> Micros {
        max(releasable(first, position), .zero) + max(releasable(second, position), .zero)
    }
}
