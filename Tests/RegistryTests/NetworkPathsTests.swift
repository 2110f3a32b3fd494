import Quantities
import Registry
import Testing

@Suite("Network paths")
struct NetworkPathsTests {
    private func network() -> NetworkPaths {
        var network = NetworkPaths()
        network.set(Samples.path("A", "B", p99: 30, gbps: 10))
        network.set(Samples.path("B", "A", p99: 32, gbps: 1))
        network.set(Samples.path("A", "C", p99: 80, gbps: nil))
        return network
    }

    @Test("a round trip is that of the direction, else of the way back; within a zone it is 0")
    func roundTrips() {
        let network = network()
        #expect(network.roundTrip(from: "A", to: "B") == Measure(30_000_000))
        #expect(network.roundTrip(from: "B", to: "A") == Measure(32_000_000))
        #expect(network.roundTrip(from: "C", to: "A") == Measure(80_000_000))
        #expect(network.roundTrip(from: "B", to: "C") == nil)
        #expect(network.roundTrip(from: "B", to: "B") == Measure(0))
    }

    @Test("data moves in whole hours, rounded up, through the narrower of path and line")
    func transfers() {
        let network = network()
        func hours(_ gigabytes: Int64, _ from: String = "A", _ to: String = "B", line: Int64? = nil) -> Int32? {
            network.transferHours(
                Measure(gigabytes * 1_000_000), from: from, to: to, line: line.map { Measure($0 * 1_000_000) })
        }
        // 10 Gbps carry 4,500 GB an hour.
        #expect(hours(4_500) == 1 && hours(4_501) == 2 && hours(1) == 1 && hours(45_000) == 10)
        #expect(hours(4_500, line: 100) == 1 && hours(4_500, line: 5) == 2)
        #expect(hours(450, "B", "A") == 1 && hours(451, "B", "A") == 2)
        #expect(hours(1, "A", "C") == nil && hours(1, "C", "A") == nil && hours(1, "B", "C") == nil)
        #expect(hours(1_000, "C", "C") == 0)
        var slowest = network
        var path = Samples.path("A", "B", p99: 1, gbps: nil)
        path.facts.gigabitsPerSecond = Measure(1)
        slowest.set(path)
        #expect(slowest.transferHours(Measure(1_000_000_000_000_000), from: "A", to: "B") == .max)
    }
}
