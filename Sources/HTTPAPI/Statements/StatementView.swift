import Exchange
import Ledger
import Quantities

/// One currency's account of a participant in one period: its money, and the hours, energy and CO₂ that it was for.
///
///     closing = opening + received − paid
///             = opening + deposits − withdrawals − purchases − fees + proceeds + refunds + compensation − bonds + other
///
/// Money counts when it was posted, trades when they were made, hours, energy and CO₂ when their delivery settled.
struct StatementView: Record {
    var account = AccountID.none
    var participantID: ParticipantID?
    var asset = Currency()
    var from = Timestamp()
    var to = Timestamp()
    var opening = MicrosSum()
    var received = MicrosSum()
    var paid = MicrosSum()
    var closing = MicrosSum()
    var deposits = MicrosSum()
    var withdrawals = MicrosSum()
    /// Notional of hours bought.
    var purchases = MicrosSum()
    /// Buyer's fees, less rebates and what came back for hours that were not delivered.
    var fees = MicrosSum()
    /// Of hours sold, capacity and resales, after the seller's fees.
    var proceeds = MicrosSum()
    var refunds = MicrosSum()
    var compensation = MicrosSum()
    /// Bonds posted less bonds returned.
    var bonds = MicrosSum()
    /// Corrections and what else there may be.
    var other = MicrosSum()
    var trades: Int64 = 0
    var hoursBought: Int64 = 0
    var hoursSold: Int64 = 0
    var deliveries: Int64 = 0
    /// To the participant as holder, and by its resources.
    var deliveredDeviceSeconds: Int64 = 0
    var providedDeviceSeconds: Int64 = 0
    /// Fees on what was delivered, of the participant's side of each sale.
    var settledFees = MicrosSum()
    /// What holders got out of the participant's bonds.
    var compensationPaid = MicrosSum()
    /// Of the hours held.
    var energy = MicrosSum()
    var carbonLocation = MicrosSum()
    var carbonMarket = MicrosSum()
    /// Of the hours provided.
    var providedEnergy = MicrosSum()
    var providedCarbonLocation = MicrosSum()
    var providedCarbonMarket = MicrosSum()
    /// Deliveries whose CO₂ is unknown, so that the sums lack it.
    var carbonUnknown: Int64 = 0

    init() {}

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("account", &account)
        coder.field("participant_id", &participantID)
        coder.field("asset", &asset)
        coder.field("from", &from)
        coder.field("to", &to)
        coder.field("opening", &opening)
        coder.field("received", &received)
        coder.field("paid", &paid)
        coder.field("closing", &closing)
        coder.field("deposits", &deposits)
        coder.field("withdrawals", &withdrawals)
        coder.field("purchases", &purchases)
        coder.field("fees", &fees)
        coder.field("proceeds", &proceeds)
        coder.field("refunds", &refunds)
        coder.field("compensation", &compensation)
        coder.field("bonds", &bonds)
        coder.field("other", &other)
        coder.field("trades", &trades)
        coder.field("hours_bought", &hoursBought)
        coder.field("hours_sold", &hoursSold)
        coder.field("deliveries", &deliveries)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("provided_device_seconds", &providedDeviceSeconds)
        coder.field("settled_fees", &settledFees)
        coder.field("compensation_paid", &compensationPaid)
        coder.field("energy_kwh", &energy)
        coder.field("carbon_location_g", &carbonLocation)
        coder.field("carbon_market_g", &carbonMarket)
        coder.field("provided_energy_kwh", &providedEnergy)
        coder.field("provided_carbon_location_g", &providedCarbonLocation)
        coder.field("provided_carbon_market_g", &providedCarbonMarket)
        coder.field("carbon_unknown", &carbonUnknown)
    }
}

extension MicrosSum {
    static func += (sum: inout MicrosSum, amount: Int128) { sum.rawValue += amount }
}
