package import Quantities

extension Catalogue {
    /// Writes every change in its order, then where each product stands; the rest follows.
    package func encodeState(into encoder: inout BinaryEncoder) {
        encoder.append(revisions)
        encoder.append(products.map(\.status))
    }

    /// Reads what `encodeState` wrote, checking every record as at its definition; fails on what cannot be.
    package init(decoding decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        self.init()
        let revisions = try decoder.read([CatalogueRevision].self)
        let statuses = try decoder.read([ProductStatus].self)
        var last = Timestamp()
        for revision in revisions {
            guard revision.recordedAt >= last, revision.recordedAt <= .limit else {
                throw decoder.damaged("changes of the catalogue out of order")
            }
            last = revision.recordedAt
            do throws(Refusal) {
                try repeatChange(revision)
            } catch {
                throw decoder.damaged("a catalogue that cannot be: \(error.detail)")
            }
            guard self.revisions.last == revision else { throw decoder.damaged("a change other than it says") }
        }
        guard statuses.count == products.count else { throw decoder.damaged("products without their states") }
        for (position, status) in statuses.enumerated() { setStatus(status, of: ProductID(UInt32(position))) }
    }

    private mutating func repeatChange(_ revision: CatalogueRevision) throws(Refusal) {
        let time = revision.recordedAt
        if let computeClass = revision.computeClass {
            guard computeClass.criCode != nil else { throw .invalid("cri_code", "a class without its code") }
            if classPositions[computeClass.code] == nil {
                try add(computeClass, at: time)
            } else {
                try correct(computeClass, at: time)
            }
        } else if let zone = revision.zone {
            if zonePositions[zone.code] == nil { try add(zone, at: time) } else { try correct(zone, at: time) }
        } else if let grade = revision.grade {
            try add(grade, at: time)
        } else if let terms = revision.product {
            try add(terms, at: time)
        } else if let path = revision.path {
            try set(path, at: time)
        }
    }
}
