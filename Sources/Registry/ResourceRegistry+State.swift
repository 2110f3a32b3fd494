package import Quantities

extension ResourceRegistry {
    /// Writes the counters, then every resource with its certifications and outages in order.
    package func encodeState(into encoder: inout BinaryEncoder) {
        encoder.append(certificationCount)
        encoder.append(outageCount)
        encoder.append(UInt32(entries.count))
        for entry in entries {
            encoder.append(entry.resource)
            encoder.append(entry.certifications)
            encoder.append(entry.outages)
        }
    }

    /// Reads what `encodeState` wrote; fails where numbers, identifiers or units cannot be.
    package init(decoding decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        self.init()
        certificationCount = try decoder.read(Int64.self)
        outageCount = try decoder.read(Int64.self)
        guard certificationCount >= 0, outageCount >= 0 else {
            throw decoder.damaged("a negative counter")
        }
        let count = try decoder.read(UInt32.self)
        for _ in 0..<count {
            let entry = Entry(
                resource: try decoder.read(Resource.self),
                certifications: try decoder.read([IssuedCertification].self),
                outages: try decoder.read([DeclaredOutage].self)
            )
            guard isPossible(entry) else {
                throw decoder.damaged("a resource that cannot be")
            }
            insert(entry)
        }
    }

    private func isPossible(_ entry: Entry) -> Bool {
        let resource = entry.resource
        return resource.id.rawValue == entries.count + 1 && resource.cri.isVerified && resolve(resource.cri) == nil
            && resource.spec.units <= Quantity.limit
            && (resource.status == .retired) == (resource.retiredFrom != nil)
            && entry.certifications.allSatisfy {
                $0.resourceID == resource.id && (1...max(1, certificationCount)).contains($0.id.rawValue)
                    && $0.terms.units <= resource.spec.units && $0.terms.validFrom < $0.terms.validUntil
            }
            && entry.outages.allSatisfy {
                $0.resourceID == resource.id && (1...max(1, outageCount)).contains($0.id.rawValue)
                    && $0.spec.units <= resource.spec.units && $0.spec.start < $0.spec.end
            }
    }
}
