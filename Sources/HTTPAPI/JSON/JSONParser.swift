/// Reads RFC 8259 strictly, in one pass, into the nodes of a `JSONDocument`.
struct JSONParser {
    /// The most objects and arrays that may stand in one another.
    static let maximumDepth = 64

    private let bytes: [UInt8]
    private var position = 0
    private(set) var nodes: [JSONDocument.Node] = []

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        nodes.reserveCapacity(min(bytes.count / 8 + 4, 1 << 16))
    }

    /// Parses the whole text.
    mutating func parse() throws(JSONFault) {
        // Offsets are 32 bits wide; bodies are bounded far below.
        guard bytes.count < Int(UInt32.max) else { throw JSONFault(reason: "the text is too long", offset: 0) }
        skipWhiteSpace()
        guard position < bytes.count else { throw fault("a value is missing") }
        try parseValue(depth: 0)
        skipWhiteSpace()
        guard position == bytes.count else { throw fault("something follows the value") }
    }

    private func fault(_ reason: String) -> JSONFault { JSONFault(reason: reason, offset: position) }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func open(_ kind: JSONDocument.Kind) -> Int {
        nodes.append(JSONDocument.Node(kind: kind, start: UInt32(position)))
        return nodes.count - 1
    }

    private mutating func close(_ node: Int, count: UInt32 = 0) {
        nodes[node].end = UInt32(position)
        nodes[node].next = UInt32(nodes.count)
        nodes[node].count = count
    }

    private mutating func parseValue(depth: Int) throws(JSONFault) {
        guard position < bytes.count else { throw fault("a value is missing") }
        switch bytes[position] {
        case UInt8(ascii: "{"): try parseObject(depth: depth + 1)
        case UInt8(ascii: "["): try parseArray(depth: depth + 1)
        case UInt8(ascii: "\""): try parseString()
        case UInt8(ascii: "t"): try parseWord("true", .boolean)
        case UInt8(ascii: "f"): try parseWord("false", .boolean)
        case UInt8(ascii: "n"): try parseWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try parseNumber()
        default: throw fault("a value cannot begin like this")
        }
    }

    private mutating func parseObject(depth: Int) throws(JSONFault) {
        guard depth <= Self.maximumDepth else { throw fault("more than \(Self.maximumDepth) levels") }
        let object = open(.object)
        position += 1
        var count: UInt32 = 0
        skipWhiteSpace()
        if take(UInt8(ascii: "}")) { return close(object) }
        while true {
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw fault("a member's name is missing") }
            try parseString()
            skipWhiteSpace()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon is missing") }
            skipWhiteSpace()
            try parseValue(depth: depth)
            count += 1
            skipWhiteSpace()
            if take(UInt8(ascii: ",")) {
                skipWhiteSpace()
            } else if take(UInt8(ascii: "}")) {
                break
            } else {
                throw fault("a comma or the object's end is missing")
            }
        }
        close(object, count: count)
        try checkNames(of: object, count: Int(count))
    }

    private mutating func parseArray(depth: Int) throws(JSONFault) {
        guard depth <= Self.maximumDepth else { throw fault("more than \(Self.maximumDepth) levels") }
        let array = open(.array)
        position += 1
        var count: UInt32 = 0
        skipWhiteSpace()
        if take(UInt8(ascii: "]")) { return close(array) }
        while true {
            try parseValue(depth: depth)
            count += 1
            skipWhiteSpace()
            if take(UInt8(ascii: ",")) {
                skipWhiteSpace()
            } else if take(UInt8(ascii: "]")) {
                break
            } else {
                throw fault("a comma or the array's end is missing")
            }
        }
        close(array, count: count)
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func parseWord(_ word: StaticString, _ kind: JSONDocument.Kind) throws(JSONFault) {
        let node = open(kind)
        let count = word.utf8CodeUnitCount
        // The static text is immortal and has `count` bytes.
        let matches =
            position + count <= bytes.count
            && word.withUTF8Buffer { wanted in
                for index in 0..<count where bytes[position + index] != wanted[index] { return false }
                return true
            }
        guard matches else { throw fault("a value cannot begin like this") }
        position += count
        close(node)
    }

    private mutating func parseNumber() throws(JSONFault) {
        let node = open(.number)
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try skipDigits() }
        if take(UInt8(ascii: ".")) { try skipDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
        close(node)
    }

    private mutating func skipDigits() throws(JSONFault) {
        let first = position
        while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) { position += 1 }
        guard position > first else { throw fault("a digit is missing") }
    }
}

extension JSONParser {
    private mutating func parseString() throws(JSONFault) {
        position += 1
        let node = open(.string)
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                close(node)
                position += 1
                return
            case UInt8(ascii: "\\"):
                nodes[node].hasEscapes = true
                try skipEscape()
            case 0x00..<0x20:
                throw fault("a control character in a string must be escaped")
            case 0x20..<0x80:
                position += 1
            default:
                guard let length = JSONText.sequenceLength(bytes, at: position) else { throw fault("bytes that are not UTF-8") }
                position += length
            }
        }
        throw fault("a string has no end")
    }

    private mutating func skipEscape() throws(JSONFault) {
        position += 1
        guard position < bytes.count else { throw fault("a string has no end") }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            let unit = try takeHexadecimal()
            if (0xDC00..<0xE000).contains(unit) { throw fault("a lone surrogate") }
            guard (0xD800..<0xDC00).contains(unit) else { return }
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("a lone surrogate") }
            guard (0xDC00..<0xE000).contains(try takeHexadecimal()) else { throw fault("a lone surrogate") }
        default:
            throw fault("no escape begins like this")
        }
    }

    private mutating func takeHexadecimal() throws(JSONFault) -> UInt32 {
        guard position + 4 <= bytes.count, let value = JSONText.hexadecimal(bytes[position..<position + 4]) else {
            throw fault("four hexadecimal digits are missing")
        }
        position += 4
        return value
    }

    /// Refuses an object that has a name twice, however it is escaped.
    private func checkNames(of object: Int, count: Int) throws(JSONFault) {
        guard count > 1 else { return }
        var names: [Int] = []
        names.reserveCapacity(count)
        var key = object + 1
        var isPlain = count <= 24
        for _ in 0..<count {
            names.append(key)
            if nodes[key].hasEscapes { isPlain = false }
            key = Int(nodes[key + 1].next)
        }
        guard isPlain else { return try checkManyNames(names) }
        for (position, name) in names.enumerated() {
            for earlier in names[..<position] where nodes[earlier].end - nodes[earlier].start == nodes[name].end - nodes[name].start {
                if raw(earlier).elementsEqual(raw(name)) { throw duplicate(name) }
            }
        }
    }

    /// The same through a set: for many names, and for names with escapes.
    private func checkManyNames(_ names: [Int]) throws(JSONFault) {
        var seen: Set<[UInt8]> = []
        seen.reserveCapacity(names.count)
        for name in names where !seen.insert(JSONText.unescaped(raw(name))).inserted { throw duplicate(name) }
    }

    private func raw(_ node: Int) -> ArraySlice<UInt8> { bytes[Int(nodes[node].start)..<Int(nodes[node].end)] }

    private func duplicate(_ name: Int) -> JSONFault {
        JSONFault(reason: "an object has a name twice", offset: Int(nodes[name].start))
    }
}
