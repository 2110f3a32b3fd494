import Quantities
import Settlement
import TestSupport
import Testing

let provider = ParticipantID(1)

/// A sale of capacity by `provider` to participant 2.
func makeLot(
    quantity: Quantity, price: Int64, buyerFee: Int64 = 0, sellerFee: Int64 = 0, bond: Int64 = 0
) -> Lot {
    Lot(
        id: LotID(1), resource: ResourceID(1), allocation: AllocationID(1), quantity: quantity, bond: Micros(bond),
        sale: SaleLink(
            trade: TradeID(1), seller: provider, buyer: ParticipantID(2), price: Price(price), buyerFee: Micros(buyerFee),
            sellerFee: Micros(sellerFee)),
        acquiredAt: Timestamp(0))
}

/// Sells the lot on to the next participant by number; returns what was released.
func resell(
    _ lot: inout Lot, price: Int64, buyerFee: Int64 = 0, sellerFee: Int64 = 0, to buyer: ParticipantID? = nil
) -> Micros {
    lot.resell(
        trade: TradeID(Int64(lot.links.count + 1)), price: Price(price), buyer: buyer ?? ParticipantID(lot.holder.rawValue + 1),
        buyerFee: Micros(buyerFee), sellerFee: Micros(sellerFee), allocation: AllocationID(9), at: Timestamp(5))
}

/// What every party gets, by the formulas of the rules, in 128 bits and without a thought for speed or sign.
struct NaiveSettlement {
    /// Position 0 is the provider, i the buyer of sale i, before the bond is counted.
    var parties: [Int128] = []
    var exchange: [Int128] = []
    var bondBack: Int128 = 0
    var compensation: Int128 = 0
    var escrow: Int128 = 0

    init(_ lot: Lot, delivered: Int64) {
        let whole = Int128(lot.deviceSeconds)
        func share(_ amount: Int128) -> Int128 { amount * Int128(delivered) / whole }
        parties = Array(repeating: 0, count: lot.links.count + 1)
        for (position, link) in lot.links.enumerated() {
            let notional = Int128(link.price.rawValue) * Int128(lot.quantity)
            let buyerFee = Int128(link.buyerFee.rawValue)
            let sellerFee = Int128(link.sellerFee.rawValue)
            parties[position] += share(notional) - share(sellerFee) - Int128(link.released.rawValue)
            parties[position + 1] += notional - share(notional) + buyerFee - share(buyerFee)
            exchange.append(share(buyerFee) + share(sellerFee))
            escrow += notional + buyerFee - Int128(link.released.rawValue)
        }
        bondBack = share(Int128(lot.bond.rawValue))
        compensation = Int128(lot.bond.rawValue) - bondBack
        escrow += Int128(lot.bond.rawValue)
    }

    /// What is wrong with it, or nil: somebody would have to pay, or the sum is not what escrow holds.
    var fault: String? {
        if parties.contains(where: { $0 < 0 }) { return "a party would have to pay: \(parties)" }
        if exchange.contains(where: { $0 < 0 }) { return "the exchange would have to pay: \(exchange)" }
        let sum = parties.reduce(0, +) + exchange.reduce(0, +) + bondBack + compensation
        return sum == escrow ? nil : "pays \(sum) out of \(escrow)"
    }
}

/// The sizes of everything random about a chain of resales and splits.
struct ChainBounds: Sendable, CustomTestStringConvertible {
    var name: String
    var quantity: ClosedRange<UInt32>
    var price: ClosedRange<Int64>
    /// Basis points of the fee rates.
    var rate: ClosedRange<Int64>
    var testDescription: String { name }

    static let all = [
        ChainBounds(name: "a few micros", quantity: 1...6, price: 1...6, rate: -5_000...5_000),
        ChainBounds(name: "a few micros, no rebates", quantity: 1...6, price: 1...6, rate: 0...5_000),
        ChainBounds(name: "near the guard", quantity: 2...40, price: 1...12, rate: -2_500...5_000),
        ChainBounds(name: "ordinary", quantity: 1...64, price: 1_000_000...9_000_000, rate: -100...100),
        ChainBounds(name: "ordinary, no rebates", quantity: 1...64, price: 1_000_000...9_000_000, rate: 0...100),
        ChainBounds(name: "equal prices", quantity: 1...30, price: 7...7, rate: -5_000...5_000),
        ChainBounds(
            name: "as large as the market takes", quantity: 900_000...1_000_000,
            price: 900_000_000_000...1_000_000_000_000, rate: -100...5_000),
    ]

    /// Two random fees on a notional that together are not below zero.
    func fees(_ notional: Int64, _ random: inout SeededGenerator) -> (buyer: Int64, seller: Int64) {
        while true {
            let buyer = truncatedShare(notional, Int64.random(in: rate, using: &random), 10_000)
            let seller = truncatedShare(notional, Int64.random(in: rate, using: &random), 10_000)
            if buyer + seller >= 0 { return (buyer, seller) }
            // A pinned rebate may meet a lower fee; the rule then cuts the rebate.
            if Bool.random(using: &random) {
                return buyer < 0 ? (max(buyer, -max(seller, 0)), max(seller, 0)) : (buyer, max(seller, -buyer))
            }
        }
    }

    func lot(_ random: inout SeededGenerator) -> Lot {
        let quantity = UInt32.random(in: quantity, using: &random)
        let price = Int64.random(in: price, using: &random)
        let notional = price * Int64(quantity)
        let fees = fees(notional, &random)
        return makeLot(
            quantity: quantity, price: price, buyerFee: fees.buyer, sellerFee: fees.seller,
            bond: floorShare(notional, Int64.random(in: 0...10_000, using: &random), 10_000))
    }

    func resell(_ lot: inout Lot, _ random: inout SeededGenerator) -> Micros {
        let price = Int64.random(in: price, using: &random)
        let fees = fees(price * Int64(lot.quantity), &random)
        return SettlementTests.resell(&lot, price: price, buyerFee: fees.buyer, sellerFee: fees.seller)
    }
}
