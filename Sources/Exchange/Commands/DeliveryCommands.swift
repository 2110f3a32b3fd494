import Quantities

/// `POST /v1/meter_reports`: what a resource delivered in one hour.
package struct MeterReportSpec: Record {
    package var resourceID = ResourceID.none
    package var hour = Hour()
    /// From 1, without gaps, per resource.
    package var sequence: Int64 = 0
    /// The hash of the resource's report before this one, in hexadecimal; absent at the first.
    package var previousHash: String?
    package var deliveredDeviceSeconds: Int64 = 0
    package var deliveries: [DeliveredShare]?
    package var itEnergyKilowattHours = Measure()
    package var replaces: Int64?
    package var signature: String?

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("resource_id", &resourceID)
        coder.field("hour", &hour)
        coder.field("sequence", &sequence)
        coder.field("previous_hash", &previousHash)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("deliveries", &deliveries)
        coder.field("it_energy_kwh", &itEnergyKilowattHours)
        coder.field("replaces", &replaces)
        coder.field("signature", &signature)
    }
}

/// A meter's own split of an hour's total.
package struct DeliveredShare: Record {
    package var deliveryID = DeliveryID.none
    package var deliveredDeviceSeconds: Int64 = 0

    package init() {}
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("delivery_id", &deliveryID)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
    }
}

/// A report and the SHA-256 (hexadecimal) of its body without `signature` in canonical JSON, computed by the shell.
package struct ReportMeter: Record {
    package var report = MeterReportSpec()
    package var hash = ""
    /// The registered key under which the shell found the signature to be right; nil where there is none.
    package var signingKey: SigningKeyID?

    package init() {}
    package init(report: MeterReportSpec, hash: String, signingKey: SigningKeyID? = nil) {
        self.report = report
        self.hash = hash
        self.signingKey = signingKey
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("report", &report)
        coder.field("hash", &hash)
        coder.field("signing_key", &signingKey)
    }
}

/// `POST /v1/meter_reports/batch`: each report for itself, in order.
package struct ReportMeters: Record {
    package var reports: [ReportMeter] = []

    package init() {}
    package init(_ reports: [ReportMeter]) { self.reports = reports }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("reports", &reports) }
}

/// `POST /v1/settlements`.
package struct Settle: Record {
    package var through = Timestamp()

    package init() {}
    package init(through: Timestamp) { self.through = through }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("through", &through) }
}
