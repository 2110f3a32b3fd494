package import Quantities

extension Catalogue {
    /// Writes classes, zones, grades and products, each in its order.
    package func encodeState(into encoder: inout BinaryEncoder) {
        encoder.append(classes)
        encoder.append(zones)
        encoder.append(grades)
        encoder.append(products)
    }

    /// Reads what `encodeState` wrote, checking every record as at its definition; fails on what cannot be.
    package init(decoding decoder: inout BinaryDecoder) throws(BinaryDecoder.Failure) {
        self.init()
        let classes = try decoder.read([ComputeClass].self)
        let zones = try decoder.read([Zone].self)
        let grades = try decoder.read([Grade].self)
        let products = try decoder.read([Product].self)
        do throws(Refusal) {
            guard grades.first == .standard else { throw .invalid("grades", "the standard grade is missing") }
            for computeClass in classes {
                guard computeClass.criCode != nil else { throw .invalid("cri_code", "a class without its code") }
                try add(computeClass)
            }
            for zone in zones { try add(zone) }
            for grade in grades.dropFirst() { try add(grade) }
            for product in products {
                let added = try add(product.terms)
                setStatus(product.status, of: added.id)
                guard self.products.last == product else { throw .invalid("code", "a product other than its terms say") }
            }
        } catch {
            throw decoder.damaged("a catalogue that cannot be: \(error.detail)")
        }
    }
}
