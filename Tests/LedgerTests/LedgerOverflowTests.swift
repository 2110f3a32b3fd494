import Ledger
import Quantities
import Testing

@Suite("Overflow of the ledger's sums")
struct LedgerOverflowTests {
    /// A ledger of one asset whose closed accounts' debits and credits are replaced in its state.
    private static func isRead(_ debits: Int128, _ credits: Int128) -> Bool {
        var ledger = Ledger()
        _ = ledger.openAsset(Currency(unchecked: "USD"))
        var encoder = BinaryEncoder()
        ledger.encodeState(into: &encoder)
        var sums = BinaryEncoder()
        var (first, second) = (debits, credits)
        sums.integer(&first)
        sums.integer(&second)
        // A list of one code (4 + 4 + 3 bytes), three counters, then the sums.
        var bytes = encoder.bytes
        bytes.replaceSubrange(35..<67, with: sums.bytes)
        var decoder = BinaryDecoder(bytes)
        do throws(BinaryDecoder.Failure) {
            _ = try Ledger(decoding: &decoder)
            return true
        } catch {
            return false
        }
    }

    @Test("a state with sums at either end of 128 bits is refused, a sum that postings cannot overflow is read")
    func sums() {
        let limit = Int128(1) << 120
        #expect(Self.isRead(0, 0))
        #expect(Self.isRead(limit - 1, limit - 1))
        for sum in [limit, Int128.max, Int128.max - 1, -1, Int128.min, Int128.min + 1] {
            #expect(!Self.isRead(sum, sum), "\(sum)")
            #expect(!Self.isRead(0, sum), "\(sum)")
        }
    }

    @Test("money beyond either end of 64 bits is no amount")
    func amounts() {
        #expect(Micros.limit.adding(Micros(1)) == nil)
        #expect(Micros.limit.adding(Micros(Int64.max)) == nil)
        #expect(Micros(Int64.min).adding(Micros(-1)) == nil)
    }
}
