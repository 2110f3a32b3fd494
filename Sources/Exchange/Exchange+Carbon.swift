import Quantities
import Registry
import Settlement

/// Energy and CO₂ of what is delivered.
extension Exchange {
    /// Divides a report's energy over the hour's deliveries and holds retired certificates against it.
    ///
    /// - Parameter shares: delivered device-seconds of each delivery of the hour, in delivery order. The energy goes with
    ///   them, exactly to the millionth; where nothing was delivered it is nobody's.
    func noteEnergy(of id: ResourceID, in hour: Hour, shares: [Int64]) {
        let index = Int(id.rawValue) - 1
        let metered = meters[index].hours[hour]
        let parts = Self.energyParts(metered.energyKilowattHours, shares)
        for (delivery, part) in zip(metered.deliveries, parts) {
            deliveries[Int(delivery.rawValue) - 1].energyKilowattHours = part
        }
        // The hour keeps what stood at its first report.
        if metered.pue == nil, let resource = resource(id) { meters[index].hours[hour].pue = resource.spec.site?.pue }
        let freed = unmatchEnergy(of: id, in: hour)
        matchEnergy(of: id, in: hour)
        // What a corrected report leaves over covers other hours of the year, from the earliest on.
        guard freed else { return }
        let year = CivilTime(hour.start).year
        for entry in meters[index].hours.entries(from: Self.firstHour(of: year), to: Self.firstHour(of: year + 1)) where entry.value.sequence > 0 {
            guard certificates.hasOpen(id) else { return }
            matchEnergy(of: id, in: entry.hour)
        }
    }

    static func firstHour(of year: Int) -> Hour { Hour(containing: CivilTime(year: year, month: 1, day: 1).timestamp ?? .limit) }

    /// Gives back what an hour's earlier report took of certificates; true where there was any.
    private func unmatchEnergy(of id: ResourceID, in hour: Hour) -> Bool {
        let index = Int(id.rawValue) - 1
        let metered = meters[index].hours[hour]
        guard metered.hourlyMatched > Measure() || metered.annualMatched > Measure() else { return false }
        certificates.giveBack(metered.hourlyMatched, for: id, in: hour, .hourly)
        certificates.giveBack(metered.annualMatched, for: id, in: hour, .annual)
        meters[index].hours[hour].hourlyMatched = Measure()
        meters[index].hours[hour].annualMatched = Measure()
        return true
    }

    /// The parts of `energy` in proportion to `shares`, together all of it; all zero where the shares are.
    static func energyParts(_ energy: Measure, _ shares: [Int64]) -> [Measure] {
        let total = shares.reduce(Int128(0)) { $0 + Int128($1) }
        guard total > 0 else { return shares.map { _ in Measure() } }
        var passed: Int128 = 0
        var given: Int128 = 0
        return shares.map { share in
            passed += Int128(share)
            let upTo = Int128(energy.rawValue) * passed / total
            defer { given = upTo }
            return Measure(Int64(upTo - given))
        }
    }

    /// Takes from the resource's retired certificates what an hour still lacks: first those of the same hour.
    func matchEnergy(of id: ResourceID, in hour: Hour) {
        guard certificates.hasOpen(id) else { return }
        let index = Int(id.rawValue) - 1
        let metered = meters[index].hours[hour]
        guard let facility = Carbon.facilityEnergy(metered.energyKilowattHours, pue: metered.pue) else { return }
        var lacking = facility.rawValue - metered.hourlyMatched.rawValue - metered.annualMatched.rawValue
        guard lacking > 0 else { return }
        let hourly = certificates.take(Measure(lacking), for: id, in: hour, .hourly)
        lacking -= hourly.rawValue
        let annual = lacking > 0 ? certificates.take(Measure(lacking), for: id, in: hour, .annual) : Measure()
        meters[index].hours[hour].hourlyMatched = Measure(metered.hourlyMatched.rawValue + hourly.rawValue)
        meters[index].hours[hour].annualMatched = Measure(metered.annualMatched.rawValue + annual.rawValue)
    }

    /// Energy and CO₂ of a delivery; nil until its hour is reported. The grid's factor is that of the catalogue's version that the
    /// contract was listed under.
    func carbon(of state: DeliveryState) -> CarbonView? {
        let index = Int(state.delivery.lot.resource.rawValue) - 1
        guard meters.indices.contains(index) else { return nil }
        let metered = meters[index].hours[state.delivery.contract.hour]
        guard metered.sequence > 0 else { return nil }
        let energy = state.energyKilowattHours
        var view = CarbonView()
        view.itEnergyKilowattHours = energy
        view.facilityEnergyKilowattHours = Carbon.facilityEnergy(energy, pue: metered.pue)
        view.pue = metered.pue
        let factor = catalogue.zone(of: state.delivery.contract).grid?.gramsPerKilowattHour
        view.gridGramsPerKilowattHour = factor
        view.hourlyMatchedKilowattHours = part(metered.hourlyMatched, of: metered, energy)
        view.annualMatchedKilowattHours = part(metered.annualMatched, of: metered, energy)
        view.locationGrams = Carbon.grams(energy: energy, pue: metered.pue, factor: factor)
        let all = metered.hourlyMatched.rawValue + metered.annualMatched.rawValue
        view.hourlyMarketGrams = marketGrams(metered, energy, factor, matched: metered.hourlyMatched)
        view.marketGrams = marketGrams(metered, energy, factor, matched: Measure(all))
        return view
    }

    /// What of an hour's matched energy belongs to a delivery with `energy` of the hour's: rounded down, so that nothing
    /// is counted twice.
    private func part(_ matched: Measure, of metered: MeteredHour, _ energy: Measure) -> Measure {
        let whole = metered.energyKilowattHours.rawValue
        guard whole > 0 else { return Measure() }
        return Measure(Int64(clamping: Int128(matched.rawValue) * Int128(energy.rawValue) / Int128(whole)))
    }

    /// An hour that is covered whole is so for each of its deliveries, whatever the parts' rounding.
    private func marketGrams(_ metered: MeteredHour, _ energy: Measure, _ factor: Measure?, matched: Measure) -> Measure? {
        guard let facility = Carbon.facilityEnergy(metered.energyKilowattHours, pue: metered.pue) else { return nil }
        let share = matched >= facility ? Carbon.facilityEnergy(energy, pue: metered.pue) : part(matched, of: metered, energy)
        return Carbon.grams(energy: energy, pue: metered.pue, factor: factor, matched: share ?? Measure())
    }
}

/// What certificates would save of a plan's CO₂, counted fill by fill.
struct QuoteCarbon {
    /// Millionths of a gram.
    var saved: Int128 = 0
    /// Energy that earlier fills of the plan took; only looked up.
    fileprivate var taken: [ResourceYear: Int128] = [:]

    fileprivate struct ResourceYear: Hashable {
        var resource: ResourceID
        var year: Int
    }
}

extension Exchange {
    /// Adds a fill at the devices' rated power to what the resource's retired certificates would cover of a plan.
    func add(_ quantity: Quantity, of id: ResourceID, in contract: ContractKey, to quote: inout QuoteCarbon) {
        guard certificates.hasOpen(id), let watts = catalogue.computeClass(of: contract).tdpWatts,
            let pue = resource(id)?.spec.site?.pue, let factor = catalogue.zone(of: contract).grid?.gramsPerKilowattHour,
            let each = carbon(of: id, contract)
        else { return }
        let energy = Measure(watts.value * 1_000 * Int64(quantity))
        guard let facility = Carbon.facilityEnergy(energy, pue: pue) else { return }
        let place = QuoteCarbon.ResourceYear(resource: id, year: CivilTime(contract.hour.start).year)
        let hourly = certificates.remaining(for: id, in: contract.hour, .hourly)
        let annual = certificates.remaining(for: id, in: contract.hour, .annual) - quote.taken[place, default: 0]
        let fromHour = min(Int128(facility.rawValue), hourly)
        let fromYear = min(Int128(facility.rawValue) - fromHour, max(annual, 0))
        guard fromHour + fromYear > 0 else { return }
        quote.taken[place, default: 0] += fromYear
        let matched = Measure(Int64(fromHour + fromYear))
        guard let rest = Carbon.grams(energy: energy, pue: pue, factor: factor, matched: matched) else { return }
        quote.saved += max(Int128(each.rawValue) * Int128(quantity) - Int128(rest.rawValue), 0)
    }
}
