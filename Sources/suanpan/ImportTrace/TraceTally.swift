import Client
import Quantities

/// What an import counts while it trades.
package struct TraceTally: Sendable {
    /// What was sold of one model.
    package struct Sales: Sendable {
        package var bids = 0
        package var deviceHours = 0
        /// Without fees.
        package var cost = Micros.zero
        /// The lowest and the highest average price of a bid.
        package var lowest: Price?
        package var highest: Price?

        /// Cost per device-hour, rounded down.
        package var average: Price? { deviceHours > 0 ? Price(cost.rawValue / Int64(deviceHours)) : nil }
    }

    package var sales: [Sales]
    package var filled = 0
    package var unfilled = 0
    package var offers = 0
    package var reports = 0
    package var clockMoves = 0
    package var cost = Micros.zero
    /// The buyers' fees at the time of their trades.
    package var fees = Micros.zero
    /// How much less the buyers have than they were given.
    package var spent = Micros.zero
    /// How much more the providers have than they were given.
    package var earned = Micros.zero
    package var leftInEscrow = Micros.zero
    package var leftReserved = Micros.zero
    package var settlement: SettlementRun?
    package var trialBalance: [TrialBalanceLine] = []

    package init(models: Int) { sales = Array(repeating: Sales(), count: models) }

    package var deviceHours: Int { sales.reduce(0) { $0 + $1.deviceHours } }

    /// Whether every asset balances and nothing of this import is left in escrow or reserved.
    package var isClean: Bool {
        !trialBalance.isEmpty && trialBalance.allSatisfy(\.balanced) && leftInEscrow == .zero && leftReserved == .zero
    }

    /// Counts a filled bid.
    package mutating func record(model: Int, deviceHours: Int, cost: Micros, fees: Micros) {
        filled += 1
        self.cost += cost
        self.fees += fees
        sales[model].bids += 1
        sales[model].deviceHours += deviceHours
        sales[model].cost += cost
        let price = Price(cost.rawValue / Int64(max(deviceHours, 1)))
        sales[model].lowest = min(sales[model].lowest ?? price, price)
        sales[model].highest = max(sales[model].highest ?? price, price)
    }
}
