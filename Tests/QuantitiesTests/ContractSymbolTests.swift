import Quantities
import Testing

@Suite("ContractSymbol")
struct ContractSymbolTests {
    @Test("a symbol is the product's code, a point and the hour")
    func roundTrip() throws {
        let hour = try #require(Hour(compact: "2026112314"))
        for code in ["H100-SXM.CN-GAN", "H100-SXM.CN-GAN.SECURE", "X"] {
            let symbol = ContractSymbol.format(code: code, hour: hour)
            #expect(symbol == code + ".2026112314")
            let parsed = try #require(ContractSymbol.parse(symbol))
            #expect(parsed.code == code)
            #expect(parsed.hour == hour)
        }
    }

    @Test(
        "what has not the form of a symbol names nothing",
        arguments: [
            "", ".", "H100", "2026112314", ".2026112314", "H100-SXM.CN-GAN", "H100-SXM.CN-GAN.", "H100-SXM.CN-GAN.2026112324",
            "H100-SXM.CN-GAN.2026112314 ", "H100-SXM.CN-GAN.202611231", "H100-SXM.CN-GAN.1969123123",
            "H100-SXM.CN-GAN.2026-11-23T14", "H100-SXM.CN-GAN.\u{0}",
        ])
    func refused(text: String) {
        #expect(ContractSymbol.parse(text) == nil)
    }
}
