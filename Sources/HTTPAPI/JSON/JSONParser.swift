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

    @inline(__always)
    private mutating func skipWhiteSpace() {
        // Mostly there is none.
        while position < bytes.count, bytes[position] <= 0x20 {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    /// Begins an object or an array, whose children follow.
    private mutating func open(_ kind: JSONDocument.Kind) -> Int {
        nodes.append(JSONDocument.Node(kind: kind, start: UInt32(position)))
        return nodes.count - 1
    }

    private mutating func close(_ node: Int, count: UInt32) {
        nodes[node].end = UInt32(position)
        nodes[node].next = UInt32(nodes.count)
        nodes[node].count = count
    }

    /// Adds a value without children that ends here.
    @inline(__always)
    private mutating func add(_ kind: JSONDocument.Kind, from start: Int, hasEscapes: Bool = false) {
        nodes.append(
            JSONDocument.Node(
                kind: kind, hasEscapes: hasEscapes, start: UInt32(start), end: UInt32(position), next: UInt32(nodes.count + 1)))
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
        if take(UInt8(ascii: "}")) { return close(object, count: 0) }
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
        if take(UInt8(ascii: "]")) { return close(array, count: 0) }
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

    @inline(__always)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func parseWord(_ word: StaticString, _ kind: JSONDocument.Kind) throws(JSONFault) {
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
        add(kind, from: position - count)
    }

    private mutating func parseNumber() throws(JSONFault) {
        let start = position
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try skipDigits() }
        if take(UInt8(ascii: ".")) { try skipDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
        add(.number, from: start)
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
        let start = position
        var hasEscapes = false
        while true {
            skipPlainText()
            guard position < bytes.count else { throw fault("a string has no end") }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                add(.string, from: start, hasEscapes: hasEscapes)
                position += 1
                return
            case UInt8(ascii: "\\"):
                hasEscapes = true
                try skipEscape()
            case 0x00..<0x20:
                throw fault("a control character in a string must be escaped")
            default:
                guard let length = JSONText.sequenceLength(bytes, at: position) else { throw fault("bytes that are not UTF-8") }
                position += length
            }
        }
    }

    /// Goes on to the first byte that is not ASCII, ends a string or begins an escape, or must not stand in one.
    @inline(__always)
    private mutating func skipPlainText() {
        position = bytes.withUnsafeBufferPointer { bytes in
            var end = position
            while end < bytes.count, JSONText.isPlain(bytes[end]) { end += 1 }
            return end
        }
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
        guard count <= 24 else { return try checkManyNames(of: object, count) }
        // Names that differ in this sketch of length, first and last byte are no duplicates: mostly all do.
        var sketches: UInt64 = 0
        var key = object + 1
        var isAlike = false
        for _ in 0..<count {
            let name = nodes[key]
            guard !name.hasEscapes else { return try checkManyNames(of: object, count) }
            let bit: UInt64 = 1 << (name.end > name.start ? sketch(of: name) : 0)
            if sketches & bit != 0 { isAlike = true }
            sketches |= bit
            key = Int(nodes[key + 1].next)
        }
        if isAlike { try checkFewNames(of: object, count) }
    }

    @inline(__always)
    private func sketch(of name: JSONDocument.Node) -> UInt64 {
        let (first, last) = (bytes[Int(name.start)], bytes[Int(name.end) - 1])
        let mixed = UInt64(name.end - name.start) &* 0x9E37_79B9 &+ UInt64(first) &* 0x85EB_CA6B &+ UInt64(last) &* 0xC2B2_AE35
        return (mixed ^ mixed >> 17) & 63
    }

    /// Each name against those before it. None has escapes.
    private func checkFewNames(of object: Int, _ count: Int) throws(JSONFault) {
        var key = object + 1
        for position in 0..<count {
            var earlier = object + 1
            for _ in 0..<position {
                if raw(earlier).elementsEqual(raw(key)) { throw duplicate(key) }
                earlier = Int(nodes[earlier + 1].next)
            }
            key = Int(nodes[key + 1].next)
        }
    }

    /// The same through a set: for many names, and for names with escapes.
    private func checkManyNames(of object: Int, _ count: Int) throws(JSONFault) {
        var seen: Set<[UInt8]> = []
        seen.reserveCapacity(count)
        var key = object + 1
        for _ in 0..<count {
            guard seen.insert(JSONText.unescaped(raw(key))).inserted else { throw duplicate(key) }
            key = Int(nodes[key + 1].next)
        }
    }

    private func raw(_ node: Int) -> ArraySlice<UInt8> { bytes[Int(nodes[node].start)..<Int(nodes[node].end)] }

    private func duplicate(_ name: Int) -> JSONFault {
        JSONFault(reason: "an object has a name twice", offset: Int(nodes[name].start))
    }
}
