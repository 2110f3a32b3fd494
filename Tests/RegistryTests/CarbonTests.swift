import Quantities
import Registry
import Testing

@Suite("Carbon")
struct CarbonTests {
    @Test("700 W × 1 h × PUE 1.30 × 636.1 g/kWh = 578.851 g")
    func vector() {
        let computeClass = Samples.computeClass("H100-SXM", memory: 80, bf16: 989, watts: 700, abi: "cuda")
        let zone = Samples.zone("CN-ZJK", country: "CN", grid: 636_100_000)
        let grams = Carbon.gramsPerDeviceHour(computeClass: computeClass, pue: Measure(1_300_000), zone: zone)
        #expect(grams == Measure(578_851_000))
        #expect(grams?.description == "578.851")
        #expect(Carbon.grams(energy: Measure(700_000), pue: Measure(1_300_000), factor: Measure(636_100_000)) == grams)
    }

    @Test("an unknown fact makes the carbon unknown")
    func unknown() {
        let known = Samples.computeClass("H100-SXM", memory: 80, bf16: 989, watts: 700, abi: "cuda")
        let powerless = Samples.computeClass("H100-SXM", memory: 80, bf16: 989, watts: nil, abi: "cuda")
        let zone = Samples.zone("CN-ZJK", country: "CN", grid: 636_100_000)
        let gridless = Samples.zone("CN-ZJK", country: "CN", grid: nil)
        let pue = Measure(1_300_000)
        #expect(Carbon.gramsPerDeviceHour(computeClass: powerless, pue: pue, zone: zone) == nil)
        #expect(Carbon.gramsPerDeviceHour(computeClass: known, pue: nil, zone: zone) == nil)
        #expect(Carbon.gramsPerDeviceHour(computeClass: known, pue: pue, zone: gridless) == nil)
    }

    @Test("what is not whole millionths of a gram is rounded up")
    func rounding() {
        #expect(Carbon.grams(energy: Measure(1), pue: Measure(1_000_000), factor: Measure(1)) == Measure(1))
        #expect(Carbon.grams(energy: Measure(3), pue: Measure(1_000_000), factor: Measure(1_500_000)) == Measure(5))
        #expect(Carbon.grams(energy: Measure(0), pue: Measure(1_000_000), factor: Measure(1)) == Measure(0))
        #expect(Carbon.grams(energy: Measure(2_000_000), pue: Measure(1_000_000), factor: Measure(7)) == Measure(14))
    }

    @Test("what exceeds 64 bits or is negative is unknown, never a wrap")
    func overflow() {
        #expect(Carbon.grams(energy: Measure(.max), pue: Measure(.max), factor: Measure(.max)) == nil)
        #expect(Carbon.grams(energy: Measure(.max), pue: Measure(2_000_000), factor: Measure(1_000_000)) == nil)
        #expect(Carbon.grams(energy: Measure(-1), pue: Measure(1_000_000), factor: Measure(1)) == nil)
    }
}
