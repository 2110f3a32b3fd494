/// An Internet address: 16 bytes, those of IPv4 as they are mapped into IPv6 (RFC 4291, 2.5.5.2).
package struct NetworkAddress: Equatable, Hashable, Sendable {
    /// The address as two numbers.
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Whether it is one of IPv4.
    package var isVersion4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// An address as text, `203.0.113.7` or `2001:db8::7`; nil where it is none.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count <= 45 else { return nil }
        if let four = Self.version4(bytes[...]) {
            self.init(high: 0, low: 0xFFFF_0000_0000 | UInt64(four))
            return
        }
        guard let groups = Self.version6(bytes) else { return nil }
        var words: (UInt64, UInt64) = (0, 0)
        for group in groups.prefix(4) { words.0 = words.0 << 16 | UInt64(group) }
        for group in groups.suffix(4) { words.1 = words.1 << 16 | UInt64(group) }
        self.init(high: words.0, low: words.1)
    }

    private static func version4(_ bytes: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for digit in part {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
                number = number * 10 + UInt32(digit - UInt8(ascii: "0"))
            }
            guard number <= 255 else { return nil }
            value = value << 8 | number
        }
        return value
    }

    /// The eight groups of 16 bits, `::` filled in.
    private static func version6(_ bytes: [UInt8]) -> [UInt16]? {
        let colon = UInt8(ascii: ":")
        guard let gap = bytes.indices.dropLast().first(where: { bytes[$0] == colon && bytes[$0 + 1] == colon }) else {
            guard let groups = groups(bytes[...]), groups.count == 8 else { return nil }
            return groups
        }
        guard let head = groups(bytes[..<gap]), let tail = groups(bytes[(gap + 2)...]), head.count + tail.count <= 7 else {
            return nil
        }
        return head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    /// Groups divided by single colons, the last two perhaps as IPv4; none for nothing.
    private static func groups(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
        if bytes.isEmpty { return [] }
        var groups: [UInt16] = []
        let parts = bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        for (position, part) in parts.enumerated() {
            if position == parts.count - 1, let four = version4(part) {
                groups += [UInt16(four >> 16), UInt16(four & 0xFFFF)]
                continue
            }
            guard (1...4).contains(part.count), let number = UInt16(String(decoding: part, as: UTF8.self), radix: 16),
                part.first != UInt8(ascii: "+"), part.first != UInt8(ascii: "-")
            else { return nil }
            groups.append(number)
        }
        return groups
    }
}

/// A range of Internet addresses in the notation of CIDR (RFC 4632), `203.0.113.0/24` or `2001:db8::/32`; an address alone is a
/// range of one.
package struct AddressRange: Equatable, Sendable {
    private let first: NetworkAddress
    private let bits: Int

    /// The range of a text; nil where it is none, or where bits are set behind the prefix.
    package init?(_ text: some StringProtocol) {
        let pieces = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let head = pieces.first, let address = NetworkAddress(head) else { return nil }
        // A text with colons is IPv6, also where it names a mapped address.
        let width = head.utf8.contains(UInt8(ascii: ":")) ? 128 : 32
        var length = width
        if pieces.count == 2 {
            guard (1...3).contains(pieces[1].utf8.count), pieces[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(pieces[1]), number <= width
            else { return nil }
            length = number
        }
        bits = length + 128 - width
        first = address
        guard Self.masked(address, bits) == address else { return nil }
    }

    /// Whether an address lies in the range.
    package func contains(_ address: NetworkAddress) -> Bool { Self.masked(address, bits) == first }

    /// Whether another range lies in this one.
    package func contains(_ other: AddressRange) -> Bool { other.bits >= bits && contains(other.first) }

    private static func masked(_ address: NetworkAddress, _ bits: Int) -> NetworkAddress {
        let high = bits >= 64 ? UInt64.max : bits == 0 ? 0 : ~(UInt64.max >> UInt64(bits))
        let low = bits >= 128 ? UInt64.max : bits <= 64 ? 0 : ~(UInt64.max >> UInt64(bits - 64))
        return NetworkAddress(high: address.high & high, low: address.low & low)
    }
}
