import Quantities

/// The body of `POST /v1/resources`.
package struct NewResource: Codable, Sendable {
    package var `class`: String
    package var zone: String
    package var units: Int
    package var node: Node?
    package var site: Site
    package var network: Network
    package var security: Security
    package var green: Green
    package var externalIds: [String]
    /// Of its identifier: `G` general, `I` intelligent, `S` super, `E` edge.
    package var kind: String?
    /// The resource whose hardware was changed.
    package var replaces: String?

    package init(class classCode: String, zone: String, units: Int, siteName: String) {
        self.class = classCode
        self.zone = zone
        self.units = units
        site = Site(name: siteName)
        network = Network()
        security = Security()
        green = Green()
        externalIds = []
    }

    /// One machine of the resource.
    package struct Node: Codable, Sendable {
        package var devicesPerNode: Int?
        package var scaleUpDomain: Int?
        package var fabricGbpsPerDevice: Measure?
        package var vcpus: Int?
        package var memoryGb: WholeFigure?
        package var diskGb: WholeFigure?
        package var cpu: String?

        package init(devicesPerNode: Int? = nil) { self.devicesPerNode = devicesPerNode }
    }

    /// Where it stands.
    package struct Site: Codable, Sendable {
        package var name: String
        package var code: String?
        package var pue: Measure?
        package var pueCategory: WholeFigure?
        package var wue: Measure?
        package var certificates: [Certificate]?
        package var powerKw: Measure?
        package var maintenance: [Maintenance]?

        package init(name: String) { self.name = name }

        /// Counts in hours that end by `expiresAt`.
        package struct Certificate: Codable, Sendable, Equatable {
            package var scheme: String
            package var level: String?
            package var number: String?
            package var expiresAt: Timestamp

            package init(scheme: String, level: String? = nil, number: String? = nil, expiresAt: Timestamp) {
                self.scheme = scheme
                self.level = level
                self.number = number
                self.expiresAt = expiresAt
            }
        }

        /// Whole hours in which units, or all, are off sale.
        package struct Maintenance: Codable, Sendable, Equatable {
            package var start: Timestamp
            package var end: Timestamp
            package var units: Int?

            package init(start: Timestamp, end: Timestamp, units: Int? = nil) {
                self.start = start
                self.end = end
                self.units = units
            }
        }
    }

    /// How it is reached.
    package struct Network: Codable, Sendable {
        package var gbps: Measure?
        package var egressPerGb: Price?

        package init() {}
    }

    /// How it is kept apart.
    package struct Security: Codable, Sendable {
        package var isolation: String?
        package var attestation: String?
        package var dataClass: String?

        package init() {}
    }

    /// What it claims about its energy.
    package struct Green: Codable, Sendable {
        package var certificateIds: [String]?

        package init() {}
    }
}

/// A registered resource.
package struct Resource: Codable, Sendable {
    package var id: String
    package var cri: String?
    package var status: String
    package var `class`: String?
    package var zone: String?
    package var units: Int?
    /// `G1`, `G2`, `G3` or `outside`, derived from PUE.
    package var facilityGrade: String?
}

/// The body of `POST /v1/resources/{id}/certify`.
package struct Certification: Codable, Sendable {
    package var units: Int
    package var validFrom: Timestamp
    package var validUntil: Timestamp
    package var meterId: String?
    package var acceptance: Acceptance?

    package init(
        units: Int, validFrom: Timestamp, validUntil: Timestamp, meterId: String? = nil, acceptance: Acceptance? = nil
    ) {
        self.units = units
        self.validFrom = validFrom
        self.validUntil = validUntil
        self.meterId = meterId
        self.acceptance = acceptance
    }
}

/// The body of `POST /v1/resources/{id}/outages`.
package struct Outage: Codable, Sendable {
    package var start: Timestamp
    package var end: Timestamp
    package var units: Int
    package var reason: String
    /// `outage` where absent, or `maintenance`, which never takes hours that are sold.
    package var kind: String?

    package init(start: Timestamp, end: Timestamp, units: Int, reason: String) {
        self.start = start
        self.end = end
        self.units = units
        self.reason = reason
    }
}

/// A certification as it was issued: an element of `GET /v1/resources/{id}/certifications`.
package struct IssuedCertification: Codable, Sendable {
    package var id: String
    package var resourceId: String
    package var units: Int
    package var validFrom: Timestamp
    package var validUntil: Timestamp
    package var meterId: String?
    package var acceptance: Acceptance?
}

/// An outage as it was declared, with what it breaks: an element of `GET /v1/resources/{id}/outages`.
package struct DeclaredOutage: Codable, Sendable {
    package var id: String
    package var resourceId: String
    package var start: Timestamp
    package var end: Timestamp
    package var units: Int
    package var reason: String
    package var kind: String?
    /// The first thousand.
    package var breaks: [BrokenDelivery]
    package var breaksTotal: Int

    /// Hours of a holder that an outage hits; `deliveryId` from the gate on.
    package struct BrokenDelivery: Codable, Sendable {
        package var contract: String
        package var allocationId: String
        package var deliveryId: String?
        package var quantity: Int
        package var missing: Int
    }
}
