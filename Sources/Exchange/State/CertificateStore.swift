import Quantities
import Registry

/// Every energy certificate that was ever registered.
struct CertificateStore {
    /// In the order of their numbers.
    private(set) var all: [EnergyCertificate] = []
    private var names: Set<Name> = []
    /// By resource: positions of retired certificates that may still cover energy, ascending; only looked up, never iterated.
    private var open: [ResourceID: [Int]] = [:]
    /// By resource: positions of all its retired certificates, ascending.
    private var retired: [ResourceID: [Int]] = [:]

    private struct Name: Hashable {
        var registry: String
        var number: String
    }

    /// The most certificates of one exchange.
    static let limit = 10_000_000

    subscript(id: EnergyCertificateID) -> EnergyCertificate? {
        let index = Int(id.rawValue) &- 1
        return all.indices.contains(index) ? all[index] : nil
    }

    func contains(registry: String, number: String) -> Bool { names.contains(Name(registry: registry, number: number)) }

    /// - Precondition: registry and number are not in use, and its id is the next.
    mutating func append(_ certificate: EnergyCertificate) {
        names.insert(Name(registry: certificate.spec.registry, number: certificate.spec.number))
        all.append(certificate)
        noteOpen(all.count - 1)
    }

    /// - Precondition: the certificate is registered and not retired.
    mutating func retire(_ id: EnergyCertificateID, for body: EnergyRetirement, at time: Timestamp) {
        let index = Int(id.rawValue) - 1
        all[index].status = .retired
        all[index].resourceID = body.resourceID
        all[index].matching = body.matching
        all[index].retiredAt = time
        noteOpen(index)
    }

    private mutating func noteOpen(_ index: Int) {
        guard let resource = all[index].resourceID else { return }
        let place = retired[resource, default: []].firstIndex { $0 >= index } ?? retired[resource, default: []].count
        if place == retired[resource, default: []].count || retired[resource, default: []][place] != index {
            retired[resource, default: []].insert(index, at: place)
        }
        guard all[index].remaining > Measure(), open[resource]?.contains(index) != true else { return }
        let position = open[resource, default: []].firstIndex { $0 > index } ?? open[resource, default: []].count
        open[resource, default: []].insert(index, at: position)
    }

    /// Whether a resource has retired certificates left at all.
    func hasOpen(_ resource: ResourceID) -> Bool { open[resource] != nil }

    /// Energy of a resource's retired certificates that an hour may still take.
    func remaining(for resource: ResourceID, in hour: Hour, _ matching: EnergyMatching) -> Int128 {
        guard let positions = open[resource] else { return 0 }
        return positions.reduce(0) { all[$1].covers(hour, matching) ? $0 + Int128(all[$1].remaining.rawValue) : $0 }
    }

    /// Takes up to `wanted` for an hour, the certificate registered first before the next; answers what was there.
    mutating func take(_ wanted: Measure, for resource: ResourceID, in hour: Hour, _ matching: EnergyMatching) -> Measure {
        guard let positions = open[resource] else { return Measure() }
        var left = wanted.rawValue
        for index in positions where left > 0 && all[index].covers(hour, matching) {
            let part = min(left, all[index].remaining.rawValue)
            all[index].matchedKilowattHours = Measure(all[index].matchedKilowattHours.rawValue + part)
            left -= part
        }
        if left < wanted.rawValue {
            let still = positions.filter { all[$0].remaining > Measure() }
            open[resource] = still.isEmpty ? nil : still
        }
        return Measure(wanted.rawValue - left)
    }

    /// Takes back what an hour took and no longer counts, from the certificate registered last before the one before it.
    mutating func giveBack(_ amount: Measure, for resource: ResourceID, in hour: Hour, _ matching: EnergyMatching) {
        var left = amount.rawValue
        for index in (retired[resource] ?? []).reversed() where left > 0 && all[index].covers(hour, matching) {
            let part = min(left, all[index].matchedKilowattHours.rawValue)
            all[index].matchedKilowattHours = Measure(all[index].matchedKilowattHours.rawValue - part)
            left -= part
            noteOpen(index)
        }
    }
}

extension EnergyCertificate {
    /// Whether a retired certificate's energy may be held against an hour in this way.
    func covers(_ hour: Hour, _ matching: EnergyMatching) -> Bool {
        guard self.matching == matching else { return false }
        return switch matching {
        case .hourly: spec.start == hour
        case .annual: spec.year == CivilTime(hour.start).year
        }
    }
}

extension MeteredHour {
    /// Whether its figures can be; for readers of bytes that may be damaged.
    var isEnergyPossible: Bool {
        energyKilowattHours.rawValue >= 0 && hourlyMatched.rawValue >= 0 && annualMatched.rawValue >= 0
            && pue?.rawValue ?? 0 >= 0
            && hourlyMatched.rawValue <= Int64.max / 4 && annualMatched.rawValue <= Int64.max / 4
            && energyKilowattHours.rawValue <= Int64.max / 4
    }
}
