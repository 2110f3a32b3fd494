import ArgumentParser
import Foundation

/// `suanpan bench bids`: flexible bids, standing bids, and what they cost everybody else.
struct BenchBidsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bids",
        abstract: "Search for flexible bids in a large market, new sell orders while thousands of bids stand, and plain orders beside them.")

    @Option(help: "Zones; each has a product of every class.")
    var zones = 20
    @Option(help: "Classes.")
    var classes = 10
    @Option(help: "Resources of each product.")
    var resources = 10
    @Option(help: "Hours that every resource offers.")
    var hours = 720
    @Option(help: "Flexible bids that are timed.")
    var bids = 500
    @Option(help: "Bids that stand.")
    var standing = 10_000
    @Option(help: "Sell orders that are timed while they stand.")
    var sells = 20_000
    @Option(help: "Commands of a run of plain orders, without and with bids that watch other hours of the product; 0 leaves it out.")
    var commands = 1_000_000
    @Option(help: "Pairs of such runs.")
    var runs = 5
    @Option(help: "The seed.")
    var seed: UInt64 = 20_261_123

    func validate() throws {
        guard (1...100).contains(zones), (1...100).contains(classes) else { throw ValidationError("--zones and --classes are 1 to 100") }
        guard (1...1_000).contains(resources), (24...8_000).contains(hours) else {
            throw ValidationError("--resources is 1 to 1000, --hours 24 to 8000")
        }
        guard (1...1_000_000).contains(bids), (0...20_000).contains(standing), (1...1_000_000).contains(sells) else {
            throw ValidationError("--bids and --sells are 1 to 1000000, --standing 0 to 20000")
        }
        guard commands == 0 || (1_000...20_000_000).contains(commands), (1...100).contains(runs) else {
            throw ValidationError("--commands is 0 or 1000 to 20000000, --runs 1 to 100")
        }
    }

    func run() async throws {
        let bench = BidsBench(
            zones: zones, classes: classes, resourcesPerProduct: resources, hours: Int32(hours), bids: bids, standing: standing,
            sells: sells, seed: seed)
        let figures = bench.run()
        func micros(_ value: UInt64) -> String { String(format: "%.1f µs", Double(value) / 1e3) }
        func line(_ times: BidsBench.Times) -> String {
            "p50 \(micros(times.median))  p99 \(micros(times.p99))  max \(micros(times.longest))"
        }
        print(
            """
            bids: \(zones * classes * resources) resources, \(zones * classes) products, \(hours) hours, \(figures.asks) asks at rest
              flexible 24-hour bid for 64 devices   \(line(figures.flexible))  (\(bids) bids, \(figures.filled) filled)
              new sell beside \(figures.standing) standing bids  \(line(figures.sells))  (\(sells) orders, \(figures.woken) trades)
              new sell beside \(figures.mixedStanding) of all placements  \(line(figures.mixedSells))  (\(sells) orders, \(figures.mixedWoken) trades)
              memory                                \(LoadBench.residentMebibytes) MiB
            """)
        if commands > 0 { comparePlainOrders() }
    }

    /// The same plain commands in turns: with no bid, and with bids that wait for other hours of the same product.
    private func comparePlainOrders() {
        let bench = ExchangeBench(stream: ExchangeStream(commands: commands, seed: 20_240_601))
        var (without, with): ([Double], [Double]) = ([], [])
        for _ in 0..<runs {
            let seconds = bench.compared { BidsBench.standAside(standing, on: $0) }
            without.append(Double(commands) / seconds.plain)
            with.append(Double(commands) / seconds.prepared)
        }
        let ratios = zip(without, with).map { $0 / $1 }.sorted()
        without.sort()
        with.sort()
        let ratio = ratios[runs / 2]
        print(
            "plain orders: \(Int(without[runs / 2])) commands/s without standing bids, \(Int(with[runs / 2])) with \(standing) that watch other "
                + "hours of the product, ratio \(String(format: "%.3f", ratio))  (medians of \(runs) runs each, in turns)")
    }
}
