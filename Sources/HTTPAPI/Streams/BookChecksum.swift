import Exchange
import Quantities

/// The checksum of a book that API.md describes: CRC-32 (as of zlib and Ethernet) of the ten best levels of both sides as text.
///
///     b2.3500:8,b2.3400:5,a2.4000:3   ──►   3 levels, bids from the highest down, then asks from the lowest up
package enum BookChecksum {
    /// How many levels of a side count.
    package static let depth = 10

    /// The checksum of a book's displayed levels, best first.
    package static func of(bids: some Sequence<BookLevelView>, asks: some Sequence<BookLevelView>) -> UInt32 {
        CRC32.of(text(bids: bids, asks: asks))
    }

    /// The text that the checksum is of.
    package static func text(bids: some Sequence<BookLevelView>, asks: some Sequence<BookLevelView>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(512)
        append(bids, UInt8(ascii: "b"), to: &text)
        append(asks, UInt8(ascii: "a"), to: &text)
        return text
    }

    private static func append(_ levels: some Sequence<BookLevelView>, _ side: UInt8, to text: inout [UInt8]) {
        for level in levels.prefix(depth) {
            if !text.isEmpty { text.append(UInt8(ascii: ",")) }
            text.append(side)
            text += level.price.description.utf8
            text.append(UInt8(ascii: ":"))
            text += String(level.quantity).utf8
        }
    }
}

/// CRC-32 with the polynomial of IEEE 802.3, reflected: `zlib.crc32`.
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }

    /// The checksum of bytes.
    static func of(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] }
    }
}

extension BookView {
    /// The book as it is answered: at most `depth` levels a side, with the checksum of what was read.
    ///
    /// - Precondition: read with `BookChecksum.depth` levels at least.
    func answered(depth: Int) -> BookView {
        var book = self
        book.checksum = BookChecksum.of(bids: bids, asks: asks)
        if blockAsks.count > depth { book.blockAsks = Array(blockAsks.prefix(depth)) }
        if depth < bids.count { book.bids.removeLast(bids.count - depth) }
        if depth < asks.count { book.asks.removeLast(asks.count - depth) }
        return book
    }
}
