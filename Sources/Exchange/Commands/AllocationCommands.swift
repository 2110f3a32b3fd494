import Quantities

/// `POST /v1/allocations/{id}/decline`: a provider says ahead that it cannot deliver.
package struct DeclineAllocation: Record {
    package var allocation = AllocationID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        /// The first hour that will not be delivered; all later ones with it.
        package var from = Hour()
        package var reason = ""

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("from", &from)
            coder.field("reason", &reason)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) {
            try Bounds.time(from.start, "from")
            try Bounds.text(reason, "reason")
        }
    }

    package init() {}
    package init(_ allocation: AllocationID, _ body: Body) {
        self.allocation = allocation
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("allocation", &allocation)
        coder.field("body", &body)
    }
}

/// `POST /v1/allocations/{id}/terminate`: the holder ends what was twice in a row not usable.
package struct TerminateAllocation: Record {
    package var allocation = AllocationID.none
    package var body = Body()

    /// What the client sends, or leaves out.
    package struct Body: Record {
        package var reason: String?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) { coder.field("reason", &reason) }

        /// Bounds of the body.
        package func check() throws(Refusal) { try Bounds.text(reason, "reason") }
    }

    package init() {}
    package init(_ allocation: AllocationID, _ body: Body = Body()) {
        self.allocation = allocation
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("allocation", &allocation)
        coder.field("body", &body)
    }
}

/// `POST /v1/deliveries/{id}/moves`: a provider asks to deliver from another of its resources.
package struct ProposeMove: Record {
    package var delivery = DeliveryID.none
    package var body = Body()

    /// What the client sends.
    package struct Body: Record {
        package var resourceID = ResourceID.none
        package var reason: String?

        package init() {}
        package mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("resource_id", &resourceID)
            coder.field("reason", &reason)
        }

        /// Bounds of the body.
        package func check() throws(Refusal) { try Bounds.text(reason, "reason") }
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

/// `POST /v1/moves/{id}/accept` and `/refuse`: the holder's answer.
package struct AnswerMove: Record {
    package var move = MoveID.none
    package var accepted = false

    package init() {}
    package init(_ move: MoveID, accepted: Bool) {
        self.move = move
        self.accepted = accepted
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("move", &move)
        coder.field("accepted", &accepted)
    }
}

/// `PUT /v1/contact`: says that a participant's contact was sealed in the vault; the journal keeps only its hash.
package struct RecordContact: Record {
    /// SHA-256 of the sealed details.
    package var hash = Bytes()
    /// The number of the sealed row.
    package var version: Int64 = 0

    package init() {}
    package init(hash: Bytes, version: Int64) {
        self.hash = hash
        self.version = version
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("hash", &hash)
        coder.field("version", &version)
    }
}
