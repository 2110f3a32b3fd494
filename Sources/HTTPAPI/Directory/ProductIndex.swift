import Quantities

/// The codes of all listed products and their numbers: how the wire's symbols become contracts and back.
///
/// Immutable, so that a request works with one state of it and takes no lock; `Directory` replaces it when a product is
/// listed.
package final class ProductIndex: Sendable {
    /// The code of each product, by number.
    package let codes: [String]
    private let ids: [String: ProductID]
    /// Products by the hash of their code's bytes: a symbol in a body names its product without becoming a string.
    private let byHash: [UInt64: [ProductID]]

    /// - Parameter codes: by number, without gaps.
    package init(codes: [String] = []) {
        self.codes = codes
        var ids: [String: ProductID] = [:]
        ids.reserveCapacity(codes.count)
        var byHash: [UInt64: [ProductID]] = [:]
        for (number, code) in codes.enumerated() {
            let id = ProductID(UInt32(number))
            ids[code] = id
            byHash[Self.hash(code.utf8), default: []].append(id)
        }
        self.ids = ids
        self.byHash = byHash
    }

    /// The index with one more product, or with a product's code replaced.
    package func adding(_ id: ProductID, code: String) -> ProductIndex {
        var codes = codes
        let number = Int(id.index)
        precondition(number <= codes.count, "products are numbered without gaps")
        if number == codes.count { codes.append(code) } else { codes[number] = code }
        return ProductIndex(codes: codes)
    }

    /// The product of a code; `none` where there is none. O(1).
    package func product(code: String) -> ProductID { ids[code] ?? .none }

    /// The code of a product, or nil for `none`. O(1).
    package func code(of id: ProductID) -> String? { Int(id.index) < codes.count ? codes[Int(id.index)] : nil }

    /// The contract of a symbol; one that names nothing where the symbol is malformed or its product unknown.
    package func contract(symbol: String) -> ContractKey {
        guard let (code, hour) = ContractSymbol.parse(symbol) else { return ContractKey() }
        let product = product(code: code)
        return product == .none ? ContractKey() : ContractKey(product: product, hour: hour)
    }

    /// The same of a symbol's bytes.
    package func contract(symbol: UnsafeBufferPointer<UInt8>) -> ContractKey {
        guard let (code, hour) = ContractSymbol.parse(symbol) else { return ContractKey() }
        for id in byHash[Self.hash(code)] ?? [] where codes[Int(id.index)].utf8.elementsEqual(code) {
            return ContractKey(product: id, hour: hour)
        }
        return ContractKey()
    }

    /// FNV-1a of 64 bits.
    private static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return hash
    }

    /// The symbol of a contract, or nil for one that names nothing.
    package func symbol(of key: ContractKey) -> String? {
        code(of: key.product).map { ContractSymbol.format(code: $0, hour: key.hour) }
    }
}
