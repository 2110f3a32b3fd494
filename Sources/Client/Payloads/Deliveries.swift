import Quantities

/// A filled bid's hours as one thing to hand over, watch and resell.
package struct Allocation: Codable, Sendable {
    package var id: String
    package var holderId: String?
    package var bidId: String?
    package var orderId: String?
    package var status: String?
    package var hours: [AllocationHour]?
}

/// One hour of an allocation on one resource.
package struct AllocationHour: Codable, Sendable, Equatable {
    package var contract: String
    package var resourceId: String
    package var providerId: String?
    package var quantity: Int
    package var deliveryId: String?
}

/// How the holder reaches its machines: the body of `PUT /v1/allocations/{id}/access`.
package struct Access: Codable, Sendable {
    package var endpoint: String?
    package var instructions: String?
    package var expiresAt: Timestamp?

    package init(endpoint: String, instructions: String, expiresAt: Timestamp) {
        self.endpoint = endpoint
        self.instructions = instructions
        self.expiresAt = expiresAt
    }
}

/// What the holder sends to the provider: the body of `PUT /v1/allocations/{id}/request`.
package struct AccessRequest: Codable, Sendable {
    package var sshPublicKeys: [String]?
    package var image: String?

    package init(sshPublicKeys: [String]? = nil, image: String? = nil) {
        self.sshPublicKeys = sshPublicKeys
        self.image = image
    }
}

/// One lot in one hour, to be delivered and metered.
package struct Delivery: Codable, Sendable {
    package var id: String
    package var contract: String?
    package var resourceId: String?
    package var quantity: Int?
    package var status: String?
    package var outcome: String?
    package var deliveredDeviceSeconds: Int64?
    package var allocationId: String?
    package var providerId: String?
    package var holderId: String?
    package var dueAt: Timestamp?
    package var settledAt: Timestamp?
    package var paid: Micros?
    package var refunded: Micros?
    package var compensation: Micros?
    package var fees: Micros?
}

/// The body of `POST /v1/meter_reports`.
package struct NewMeterReport: Encodable, Sendable {
    package var resourceId: String
    /// The hour's start.
    package var hour: Timestamp
    /// From 1, per resource, without gaps.
    package var sequence: Int64
    /// The hash of the resource's report before; nil, written as null, at first.
    package var previousHash: String?
    package var deliveredDeviceSeconds: Int64
    package var itEnergyKwh: Measure

    package init(
        resourceId: String, hour: Timestamp, sequence: Int64, previousHash: String?, deliveredDeviceSeconds: Int64,
        itEnergyKwh: Measure
    ) {
        self.resourceId = resourceId
        self.hour = hour
        self.sequence = sequence
        self.previousHash = previousHash
        self.deliveredDeviceSeconds = deliveredDeviceSeconds
        self.itEnergyKwh = itEnergyKwh
    }

    private enum CodingKeys: CodingKey {
        case resourceId, hour, sequence, previousHash, deliveredDeviceSeconds, itEnergyKwh
    }

    /// As the synthesized one would, but for the null: a hash covers the body, so an absent name is another report.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(resourceId, forKey: .resourceId)
        try container.encode(hour, forKey: .hour)
        try container.encode(sequence, forKey: .sequence)
        try container.encode(previousHash, forKey: .previousHash)
        try container.encode(deliveredDeviceSeconds, forKey: .deliveredDeviceSeconds)
        try container.encode(itEnergyKwh, forKey: .itEnergyKwh)
    }
}

/// An accepted report: its hash is the next one's `previousHash`.
package struct MeterReceipt: Codable, Sendable {
    package var hash: String
}

/// One element of a batch's answer: a hash or a problem.
package struct MeterBatchElement: Codable, Sendable {
    package var hash: String?
    package var error: ElementRefusal?
}
