import Quantities

/// What is gathered while open orders are read: what they set aside, to be held against what ledger and resources say.
struct OrderRestoring {
    /// By participant: the number of its owner.
    let owners: [UInt32]
    /// By account number: cash.
    var cash: [Int128]
    /// Units on offer of a resource in an hour, an entry for each contract.
    private var onOffer: [(resource: Int, hour: Hour, units: Int64)] = []
    /// By resource: the same of the contract that is being read, and the resources that it has anything of.
    private var onOfferHere: [Int64]
    private var resourcesHere: [Int] = []

    init(owners: [UInt32], accounts: Int, resources: Int) {
        self.owners = owners
        cash = Array(repeating: 0, count: accounts + 1)
        onOfferHere = Array(repeating: 0, count: resources)
    }

    /// Adds units of a resource in the contract that is being read.
    mutating func offer(_ quantity: Quantity, of resource: ResourceID) {
        let index = Int(resource.rawValue) - 1
        if onOfferHere[index] == 0 { resourcesHere.append(index) }
        onOfferHere[index] += Int64(quantity)
    }

    /// Ends a contract of this hour.
    mutating func endContract(_ hour: Hour) {
        for index in resourcesHere {
            onOffer.append((index, hour, onOfferHere[index]))
            onOfferHere[index] = 0
        }
        resourcesHere.removeAll(keepingCapacity: true)
    }

    /// Units on offer by resource and hour, ascending, one entry for each; what several products have in an hour added up.
    func unitsOnOffer() -> [(resource: Int, hour: Hour, units: Int64)] {
        var sums: [(resource: Int, hour: Hour, units: Int64)] = []
        for entry in onOffer.sorted(by: { ($0.resource, $0.hour) < ($1.resource, $1.hour) }) {
            if let last = sums.last, last.resource == entry.resource, last.hour == entry.hour {
                sums[sums.count - 1].units += entry.units
            } else {
                sums.append(entry)
            }
        }
        return sums
    }
}
