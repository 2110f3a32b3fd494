import Matching
import Quantities
import Registry
import Settlement

/// What an outage does to hours that are sold.
extension Exchange {
    /// That maintenance leaves enough units for what is sold: it is planned, so it goes where nothing stands in its way.
    func checkMaintenance(_ request: DeclareOutage) throws(Refusal) {
        let body = request.body
        var hit: Hour?
        capacity.forEach(request.resource, from: body.start, to: body.end) { hour, used in
            let left = resources.certifiedUnits(request.resource, in: hour)
            if hit == nil, used.sold > 0, used.sold > (left > body.units ? left - body.units : 0) { hit = hour }
        }
        guard let hit else { return }
        throw Refusal(
            .conflict, "hours are sold that the maintenance needs, \(hit) first: choose others, or declare an outage",
            field: "start")
    }

    /// An outage with the deliveries that it breaks: all of an hour in which more is sold than is left, since a shortfall is
    /// shared among them.
    func view(of outage: DeclaredOutage) -> OutageView {
        var view = OutageView()
        view.id = outage.id
        view.resourceID = outage.resourceID
        view.spec = outage.spec
        guard let resource = resource(outage.resourceID) else { return view }
        var hours: [(hour: Hour, missing: Quantity)] = []
        capacity.forEach(outage.resourceID, from: outage.spec.start, to: outage.spec.end) { hour, used in
            let left = resources.certifiedUnits(outage.resourceID, in: hour)
            if used.sold > left { hours.append((hour, used.sold - left)) }
        }
        guard !hours.isEmpty else { return view }
        let products = catalogue.products.filter {
            $0.computeClass == resource.spec.computeClass && $0.zone == resource.spec.zone
        }
        for (hour, missing) in hours {
            for product in products { note(ContractKey(product: product.id, hour: hour), missing, in: &view) }
        }
        return view
    }

    private func note(_ key: ContractKey, _ missing: Quantity, in view: inout OutageView) {
        guard let index = contracts.index(of: key), !contracts[index].settled else { return }
        var broken = BrokenDeliveryView()
        broken.contract = key
        broken.missing = missing
        for lot in contracts.holdings[Int(index)].lots where lot.resource == view.resourceID {
            broken.allocationID = lot.allocation
            broken.quantity = lot.quantity
            view.note(broken)
        }
        for id in contracts.holdings[Int(index)].deliveries {
            let delivery = deliveries[Int(id.rawValue) - 1].delivery
            guard delivery.lot.resource == view.resourceID, !delivery.isSettled else { continue }
            broken.deliveryID = id
            broken.allocationID = delivery.lot.allocation
            broken.quantity = delivery.lot.quantity
            view.note(broken)
        }
    }
}
