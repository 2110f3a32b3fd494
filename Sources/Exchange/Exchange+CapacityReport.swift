import Quantities
import Registry

/// One resource's hour as the capacity report counts it.
package struct CapacityCount: Sendable {
    package var hour = Hour()
    /// Numbers of the catalogue's lists.
    package var zone = 0
    package var computeClass = 0
    package var certified: Quantity = 0
    package var outage: Quantity = 0
    package var sold: Quantity = 0
    package var onOffer: Quantity = 0
    /// What a device of the class can do, as the hour's contracts were listed.
    package var tflops: RatedThroughput?
    /// Of what was sold, as metered; nil while nothing was reported.
    package var deliveredDeviceSeconds: Int64?
}

/// Where a reading of the capacity of all resources stands.
package struct CapacityPlace: Sendable, Equatable {
    package var resource = ResourceID(1)
    package var hour: Hour

    package init(_ hour: Hour) { self.hour = hour }
}

extension Exchange {
    /// Hours of `[from, to)` in which resources had certified, sold or offered units, resource by resource.
    ///
    /// - Parameter count: how many resource-hours are looked at, at most.
    /// - Returns: what was found, and where to go on; nil at the end.
    package func capacityCounts(
        at place: CapacityPlace, from: Hour, to: Hour, looking count: Int
    ) -> (found: [CapacityCount], next: CapacityPlace?) {
        var place = place
        var left = count
        var found: [CapacityCount] = []
        while let entry = resources.entry(place.resource) {
            let zone = catalogue.zones.firstIndex { $0.code == entry.resource.spec.zone } ?? 0
            let computeClass = catalogue.classes.firstIndex { $0.code == entry.resource.spec.computeClass } ?? 0
            while place.hour < to {
                guard left > 0 else { return (found, place) }
                left -= 1
                if var counted = capacityCount(entry, place.hour) {
                    counted.zone = zone
                    counted.computeClass = computeClass
                    counted.tflops = catalogue.computeClass(at: computeClass, in: zone, hour: place.hour).tflops
                    found.append(counted)
                }
                place.hour = place.hour + 1
            }
            place.resource = ResourceID(place.resource.rawValue + 1)
            place.hour = from
        }
        return (found, nil)
    }

    private func capacityCount(_ entry: ResourceRegistry.Entry, _ hour: Hour) -> CapacityCount? {
        let id = entry.resource.id
        let used = capacity[id, hour]
        var counted = CapacityCount()
        counted.hour = hour
        if entry.resource.retiredFrom.map({ hour < $0 }) ?? true {
            counted.certified = entry.certification(in: hour)?.terms.units ?? 0
        }
        let present = min(entry.certifiedUnits(in: hour), counted.certified)
        counted.outage = counted.certified - present
        counted.sold = used.sold
        counted.onOffer = used.onOffer
        guard counted.certified > 0 || counted.sold > 0 || counted.onOffer > 0 else { return nil }
        let index = Int(id.rawValue) - 1
        if counted.sold > 0, meters.indices.contains(index) {
            let metered = meters[index].hours[hour]
            if metered.sequence > 0 { counted.deliveredDeviceSeconds = metered.deliveredDeviceSeconds }
        }
        return counted
    }
}
