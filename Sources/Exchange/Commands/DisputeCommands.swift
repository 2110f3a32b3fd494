import Quantities
import Settlement

/// `POST /v1/deliveries/{id}/disputes`: a side says that the report is wrong.
package struct DisputeDelivery: Record {
    package var delivery = DeliveryID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var reason = ""
        /// What was delivered in this side's opinion.
        package var claimedDeviceSeconds: Int64?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("reason", &reason)
            coder.field("claimed_device_seconds", &claimedDeviceSeconds)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.text(reason, "reason")
            try Bounds.deviceSeconds(claimedDeviceSeconds, "claimed_device_seconds")
        }
    }

    package init() {}
    package init(_ delivery: DeliveryID, _ body: Body) {
        self.delivery = delivery
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("delivery", &delivery)
        coder.field("body", &body)
    }
}

/// `POST /v1/disputes/{id}/decide`: an operator says what counts, and who is at fault.
package struct DecideDispute: Record {
    package var dispute = DisputeID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var deliveredDeviceSeconds: Int64 = 0
        package var fault = FaultParty.nobody
        package var reason = ""

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
            coder.field("fault", &fault)
            coder.field("reason", &reason)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.deviceSeconds(deliveredDeviceSeconds, "delivered_device_seconds")
            try Bounds.text(reason, "reason")
        }
    }

    package init() {}
    package init(_ dispute: DisputeID, _ body: Body) {
        self.dispute = dispute
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("dispute", &dispute)
        coder.field("body", &body)
    }
}

/// `POST /v1/deliveries/{id}/corrections`: an operator says what should have counted for a settled delivery.
package struct CorrectDelivery: Record {
    package var delivery = DeliveryID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var deliveredDeviceSeconds: Int64 = 0
        /// The provider where something is missing and nobody is named.
        package var fault: FaultParty?
        /// The operator's own name for the correction, used once.
        package var reference = ""
        package var reason = ""

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
            coder.field("fault", &fault)
            coder.field("reference", &reference)
            coder.field("reason", &reason)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.deviceSeconds(deliveredDeviceSeconds, "delivered_device_seconds")
            try Bounds.text(reference, "reference")
            try Bounds.text(reason, "reason")
        }
    }

    package init() {}
    package init(_ delivery: DeliveryID, _ body: Body) {
        self.delivery = delivery
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("delivery", &delivery)
        coder.field("body", &body)
    }
}

extension Bounds {
    /// A figure of one delivery or one resource in one hour.
    static func deviceSeconds(_ value: Int64?, _ field: String) throws(Refusal) {
        guard let value else { return }
        guard value >= 0, value <= Int64(Quantity.limit) * MeterSplit.secondsPerDevice else {
            throw .invalid(field, "must be 0 to 3600 for each device")
        }
    }
}
