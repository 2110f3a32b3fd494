package import Quantities

/// How a retired certificate's energy is held against what was used.
package enum EnergyMatching: String, Choice {
    /// The energy of one hour against the same hour.
    case hourly
    /// Energy against any hour of the same calendar year (UTC).
    case annual
}

/// Where a certificate stands. There is no way back.
package enum EnergyCertificateStatus: String, Choice {
    case registered
    case retired
}

/// The body that registers an energy certificate as its issuer's registry shows it.
package struct EnergyCertificateSpec: Record, Equatable {
    /// Who issued it: `GEC`, `I-REC`, `EECS`.
    package var registry = ""
    /// The registry's own number; registry and number together are unique.
    package var number = ""
    /// The provider that holds it.
    package var participantID = ParticipantID()
    /// Where the energy was generated.
    package var zone = ""
    package var energyKilowattHours = Measure()
    /// When it was generated: the first hour, and the first hour after it; within one calendar year.
    package var start = Hour()
    package var end = Hour()
    /// `wind`, `solar`, `hydro`.
    package var source: String?

    package init() {}

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("registry", &registry)
        coder.field("number", &number)
        coder.field("participant_id", &participantID)
        coder.field("zone", &zone)
        coder.field("energy_kwh", &energyKilowattHours)
        coder.field("start", &start)
        coder.field("end", &end)
        coder.field("source", &source)
    }

    /// The most energy of one certificate: 10⁹ kWh, as of one meter report.
    package static let energyRange = Measure(1)...Measure(1_000_000_000_000_000)

    /// Refuses what no certificate can be; whether holder and zone exist is the exchange's question.
    package func check() throws(Refusal) {
        try TextRule.check(registry, "registry")
        try TextRule.check(number, "number")
        try TextRule.checkCode(zone, "zone")
        try Bounds.check(energyKilowattHours, Self.energyRange, "energy_kwh")
        try Bounds.check(start, end, "start", "end")
        guard year == CivilTime((end + -1).start).year else {
            throw .invalid("end", "start and end must lie in one calendar year (UTC)")
        }
        try TextRule.check(source, "source")
    }

    /// The calendar year of the generation.
    package var year: Int { CivilTime(start.start).year }
}

/// A registered energy certificate. Its energy counts with 0 g CO₂ per kWh, once, after it was retired.
package struct EnergyCertificate: Record, Equatable {
    package var id = EnergyCertificateID()
    package var spec = EnergyCertificateSpec()
    package var status = EnergyCertificateStatus.registered
    package var createdAt = Timestamp()
    /// Of the retirement: for which resource, held against what, when.
    package var resourceID: ResourceID?
    package var matching: EnergyMatching?
    package var retiredAt: Timestamp?
    /// The part of its energy that was held against deliveries so far.
    package var matchedKilowattHours = Measure()

    package init() {}
    package init(id: EnergyCertificateID, spec: EnergyCertificateSpec, createdAt: Timestamp) {
        self.id = id
        self.spec = spec
        self.createdAt = createdAt
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("id", &id)
        spec.fields(&coder)
        coder.field("status", &status)
        coder.field("created_at", &createdAt)
        coder.field("resource_id", &resourceID)
        coder.field("matching", &matching)
        coder.field("retired_at", &retiredAt)
        coder.field("matched_kwh", &matchedKilowattHours)
    }

    /// The energy that is not held against anything yet.
    package var remaining: Measure { Measure(spec.energyKilowattHours.rawValue - matchedKilowattHours.rawValue) }

    /// Whether its fields go together; for readers of bytes that may be damaged.
    package var isPossible: Bool {
        let isRetired = status == .retired
        guard (resourceID != nil) == isRetired, (matching != nil) == isRetired, (retiredAt != nil) == isRetired,
            EnergyCertificateSpec.energyRange.contains(spec.energyKilowattHours), spec.start.hoursSince1970 >= 0,
            spec.start < spec.end, spec.end.start <= .limit
        else { return false }
        return matchedKilowattHours.rawValue >= 0 && matchedKilowattHours <= spec.energyKilowattHours
            && (isRetired || matchedKilowattHours == Measure())
    }
}

/// The body that retires a certificate.
package struct EnergyRetirement: Record, Equatable {
    package var resourceID = ResourceID()
    package var matching = EnergyMatching.annual

    package init() {}
    package init(resourceID: ResourceID, matching: EnergyMatching) {
        self.resourceID = resourceID
        self.matching = matching
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource_id", &resourceID)
        coder.field("matching", &matching)
    }
}
