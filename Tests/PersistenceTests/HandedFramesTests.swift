import Persistence
import Testing

@Suite("HandedFrames")
struct HandedFramesTests {
    private func frame(_ first: Int64, _ last: Int64, bytes: Int = 1) -> CommittedFrame {
        CommittedFrame(
            firstSequence: first, lastSequence: last, previousHash: [], frameHash: [], events: [UInt8](repeating: 0, count: bytes))
    }

    private func firsts(_ frames: [CommittedFrame]) -> [Int64] { frames.map(\.firstSequence) }

    @Test("what follows a sequence number is given once, without a gap, older frames are forgotten")
    func order() {
        var handed = HandedFrames()
        #expect(handed.take(after: 0, limit: 100).isEmpty)
        for (first, last) in [(3, 4), (5, 5), (6, 9)] as [(Int64, Int64)] { handed.append(frame(first, last)) }
        #expect(handed.take(after: 0, limit: 100).isEmpty, "1 and 2 are not here")
        #expect(firsts(handed.take(after: 4, limit: 100)) == [5, 6])
        #expect(handed.take(after: 9, limit: 100).isEmpty)
        handed.append(frame(10, 12))
        #expect(handed.take(after: 10, limit: 100).isEmpty, "no frame begins there")
        #expect(firsts(handed.take(after: 9, limit: 100)) == [10])
    }

    @Test("a part of them is given where all are more than the limit, one in any case")
    func limit() {
        var handed = HandedFrames()
        for number in 1...4 as ClosedRange<Int64> { handed.append(frame(number, number, bytes: 40)) }
        #expect(firsts(handed.take(after: 0, limit: 10)) == [1])
        #expect(firsts(handed.take(after: 1, limit: 80)) == [2, 3])
        #expect(firsts(handed.take(after: 3, limit: 80)) == [4])
    }

    @Test("a follower that does not keep up loses them, and memory stays bounded")
    func bounded() {
        var handed = HandedFrames()
        for number in 1...17 as ClosedRange<Int64> { handed.append(frame(number, number, bytes: 1 << 20)) }
        #expect(handed.take(after: 0, limit: .max).isEmpty)
        #expect(firsts(handed.take(after: 16, limit: .max)) == [17])
        for number in 18...33 as ClosedRange<Int64> { handed.append(frame(number, number, bytes: 1 << 20)) }
        #expect(handed.take(after: 17, limit: .max).count == 16, "what was taken counts no more")
    }
}
