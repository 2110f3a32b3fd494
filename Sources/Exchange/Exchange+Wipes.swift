import Matching
import Quantities
import Registry

/// Evidence that a resource was wiped after it served protected data, before its provider sells it again.
extension Exchange {
    /// From the gate of a protected hour on: what stands for sale of the resource is cancelled, and nothing new is taken.
    func requireWipe(of id: ResourceID, after hour: Hour) {
        if let due = evidence.wipeDue(id), due >= hour.end { return }
        evidence.setWipeDue(id, hour.end)
        resourceFacts[Int(id.rawValue) - 1].served = 0
        cancelOpenSells(of: id, from: Hour(containing: now))
    }

    /// Why a resource may not be sold now; nil where it may.
    func wipeRefusal(of id: ResourceID) -> Refusal? {
        guard let due = evidence.wipeDue(id) else { return nil }
        return Refusal(
            .insufficientCapacity, "the resource served protected data until \(due): it is sold again after evidence of its wipe",
            field: "resource_id")
    }

    func recordWipe(_ request: RecordWipe, _ issuer: ParticipantID) throws(Refusal) -> Wipe {
        let participant = try actor(issuer, .provider, .operator)
        try request.body.check()
        guard let resource = resource(request.resource), resource.providerID == issuer || participant.has(.operator) else {
            throw Refusal(.notFound, "there is no such resource of yours")
        }
        guard request.body.wipedAt <= now else { throw .invalid("wiped_at", "wiped_at lies in the future") }
        guard let due = evidence.wipeDue(request.resource) else {
            throw Refusal(.conflict, "the resource has served no protected data since it was wiped")
        }
        guard request.body.wipedAt >= due else {
            throw Refusal(.conflict, "the resource serves protected data until \(due): it is wiped afterwards", field: "wiped_at")
        }
        var wipe = Wipe()
        wipe.id = WipeID(Int64(evidence.wipes.count) + 1)
        wipe.resourceID = request.resource
        wipe.spec = request.body
        wipe.recordedBy = issuer
        wipe.recordedAt = now
        evidence.wipes.append(wipe)
        evidence.setWipeDue(request.resource, Timestamp())
        emit(.wipe(wipe))
        return wipe
    }

    /// The wipes of a resource on record.
    package func wipes(of resource: ResourceID, after: WipeID, limit: Int) -> [Wipe] {
        Array(evidence.wipes.dropFirst(Int(clamping: max(after.rawValue, 0))).lazy.filter { $0.resourceID == resource }.prefix(limit))
    }
}
