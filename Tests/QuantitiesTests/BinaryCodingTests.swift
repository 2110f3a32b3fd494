import Quantities
import TestSupport
import Testing

@Suite("BinaryEncoder and BinaryDecoder")
struct BinaryCodingTests {
    static let seed: UInt64 = 0xB1AC_0DE5

    @Test("what was written is read back, whatever the values")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: Self.seed)
        for round in 0..<2_000 {
            let record = SampleRecord.random(using: &generator)
            let decoded = try BinaryDecoder.decode(SampleRecord.self, from: BinaryEncoder.encode(record))
            #expect(decoded == record, "seed \(Self.seed), round \(round)")
        }
    }

    @Test("integers are little-endian of their own width, lengths are 32 bits, choices one byte")
    func layout() {
        #expect(BinaryEncoder.encode(UInt32(0x0102_0304)) == [4, 3, 2, 1])
        #expect(BinaryEncoder.encode(Int64(-1)) == [UInt8](repeating: 255, count: 8))
        #expect(BinaryEncoder.encode("é") == [2, 0, 0, 0, 0xC3, 0xA9])
        #expect(BinaryEncoder.encode(UInt16?.none) == [0])
        #expect(BinaryEncoder.encode(UInt16?.some(7)) == [1, 7, 0])
        #expect(BinaryEncoder.encode([true, false]) == [2, 0, 0, 0, 1, 0])
        #expect(BinaryEncoder.encode(RefusalCode.forbidden) == [2])
        #expect(BinaryEncoder.encode(Hour(1)) == [1, 0, 0, 0])
    }

    @Test("every truncation is a failure")
    func truncation() {
        var generator = SeededGenerator(seed: Self.seed &+ 1)
        for _ in 0..<20 {
            let bytes = BinaryEncoder.encode(SampleRecord.random(using: &generator))
            for length in bytes.indices {
                #expect(throws: BinaryDecoder.Failure.self) {
                    try BinaryDecoder.decode(SampleRecord.self, from: Array(bytes[..<length]))
                }
            }
        }
    }

    @Test("bytes left over are a failure")
    func leftOver() {
        let failure = #expect(throws: BinaryDecoder.Failure.self) {
            try BinaryDecoder.decode(UInt32.self, from: [1, 2, 3, 4, 5])
        }
        #expect(failure?.offset == 4)
    }

    @Test("damaged bytes are a failure or another value with exactly these bytes, never a trap")
    func damage() {
        var generator = SeededGenerator(seed: Self.seed &+ 2)
        var failures = 0
        for round in 0..<4_000 {
            var bytes = BinaryEncoder.encode(SampleRecord.random(using: &generator))
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            do {
                let decoded = try BinaryDecoder.decode(SampleRecord.self, from: bytes)
                #expect(BinaryEncoder.encode(decoded) == bytes, "seed \(Self.seed &+ 2), round \(round)")
            } catch {
                failures += 1
            }
        }
        #expect(failures > 0)
    }

    @Test(
        "what no encoder writes is refused",
        arguments: [
            ([2], "a truth value of 2"), ([255], "a truth value of 255"),
        ] as [([UInt8], String)])
    func truthValue(bytes: [UInt8], what: String) {
        #expect(throws: BinaryDecoder.Failure.self, "\(what)") { try BinaryDecoder.decode(Bool.self, from: bytes) }
    }

    @Test("a length beyond the end is refused before anything is allocated for it")
    func length() {
        let bytes: [UInt8] = [255, 255, 255, 255, 1]
        #expect(throws: BinaryDecoder.Failure.self) { try BinaryDecoder.decode(String.self, from: bytes) }
        #expect(throws: BinaryDecoder.Failure.self) { try BinaryDecoder.decode(Bytes.self, from: bytes) }
        #expect(throws: BinaryDecoder.Failure.self) { try BinaryDecoder.decode([UInt64].self, from: bytes) }
    }

    @Test("text that is not UTF-8 and a choice without such a case are refused")
    func textAndChoice() {
        #expect(throws: BinaryDecoder.Failure.self) { try BinaryDecoder.decode(String.self, from: [1, 0, 0, 0, 0xFF]) }
        #expect(throws: BinaryDecoder.Failure.self) {
            try BinaryDecoder.decode(RefusalCode.self, from: [UInt8(RefusalCode.allCases.count)])
        }
    }

    @Test("after a failure every later read fails with the first reason")
    func failureStays() throws {
        var decoder = BinaryDecoder([7, 1, 0, 0, 0])
        #expect(throws: BinaryDecoder.Failure.self) { try decoder.read(Bool.self) }
        let first = try #require(decoder.failure)
        #expect(throws: first) { try decoder.read(UInt32.self) }
    }

    @Test("every choice reads back from its ordinal, and the ordinals are 0, 1, 2 …")
    func ordinals() throws {
        for (position, code) in RefusalCode.allCases.enumerated() {
            #expect(code.ordinal == UInt8(position))
            #expect(RefusalCode(ordinal: code.ordinal) == code)
        }
        #expect(RefusalCode(ordinal: UInt8(RefusalCode.allCases.count)) == nil)
    }
}
