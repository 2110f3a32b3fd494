import Quantities

/// Finds a contract's number by its key: open addressing over plain values, a cache line a look-up and no hashing of bytes.
///
/// Contracts are only added. It is looked up and never walked, so its order shows nowhere.
struct ContractIndex {
    private struct Place: BitwiseCopyable {
        var key = ContractKey()
        /// −1 in a free place.
        var number: Int32 = -1
        var padding: Int32 = 0
    }

    private var places = [Place](repeating: Place(), count: 64)
    private var used = 0

    /// The number of a contract. O(1).
    subscript(_ key: ContractKey) -> Int32? {
        @inline(__always) get { find(key) }
    }

    @inline(__always)
    private func find(_ key: ContractKey) -> Int32? {
        var position = home(key)
        while places[position].number >= 0 {
            if places[position].key == key { return places[position].number }
            position = (position + 1) & (places.count - 1)
        }
        return nil
    }

    /// Adds a contract that is not there yet. Amortised O(1).
    mutating func insert(_ key: ContractKey, _ number: Int32) {
        if 2 * (used + 1) > places.count { grow() }
        put(key, number)
        used += 1
    }

    private mutating func put(_ key: ContractKey, _ number: Int32) {
        var position = home(key)
        while places[position].number >= 0 { position = (position + 1) & (places.count - 1) }
        places[position] = Place(key: key, number: number)
    }

    private mutating func grow() {
        let old = places
        places = [Place](repeating: Place(), count: 2 * old.count)
        for place in old where place.number >= 0 { put(place.key, place.number) }
    }

    /// Hours of one product lie side by side, products far apart (Fibonacci hashing).
    @inline(__always)
    private func home(_ key: ContractKey) -> Int {
        let spread = UInt64(key.product.index) &* 0x9E37_79B9_7F4A_7C15 >> 20
        return Int(truncatingIfNeeded: spread &+ UInt64(UInt32(bitPattern: key.hour.hoursSince1970))) & (places.count - 1)
    }
}
