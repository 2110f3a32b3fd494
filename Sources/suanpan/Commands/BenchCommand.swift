import ArgumentParser
import Foundation

/// `suanpan bench`: measures the code that production runs.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure the order book, the exchange in memory, durable orders, start-up and snapshots, and the ledger's proofs.",
        subcommands: [
            BenchMatchingCommand.self, BenchExchangeCommand.self, BenchHTTPCommand.self, BenchRecoveryCommand.self,
            BenchProofsCommand.self, BenchLoadCommand.self, BenchStreamsCommand.self, BenchSettlementCommand.self,
            BenchBidsCommand.self, BenchPressureCommand.self, BenchLifeCommand.self,
        ]
    )
}

/// `suanpan bench matching --file F`: replays a workload through the order books.
struct BenchMatchingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "matching", abstract: "Replay a workload file (format CPXWL001) through the order books, on one thread.")

    @Option(help: "The workload.")
    var file: String
    @Option(help: "How many replays are timed.")
    var replays = 5
    @Flag(help: "Print one line of JSON at the end.")
    var json = false

    func validate() throws {
        guard (1...1_000).contains(replays) else { throw ValidationError("--replays is 1 to 1000") }
    }

    func run() async throws {
        let replay: MatchingReplay
        do {
            replay = try MatchingReplay(contentsOf: file)
        } catch {
            throw ValidationError("\(file): \(error)")
        }
        let figures = try replay.run(replays: replays)
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        let runs = figures.runs.map { String(format: "%.1f", $0) }
        print(
            """
            \(name): \(figures.operations) operations, \(figures.tally.trades) trades, as the file expects
              ns per operation  \(String(format: "%.1f", figures.nanosecondsPerOperation))  (median of \(runs.joined(separator: ", ")))
              single operation  p50 \(figures.p50Nanoseconds) ns  p99 \(figures.p99Nanoseconds) ns  p99.9 \
            \(figures.p999Nanoseconds) ns  max \(figures.maximumNanoseconds) ns
              peak memory       \(figures.peakResidentBytes >> 20) MiB, the file included
            """)
        guard json else { return }
        let digest = String(figures.tally.digest, radix: 16)
        print(
            "{\"workload\":\"\(name)\",\"operations\":\(figures.operations),"
                + "\"ns_per_op\":\(String(format: "%.2f", figures.nanosecondsPerOperation)),"
                + "\"runs\":[\(runs.joined(separator: ","))],\"p50_ns\":\(figures.p50Nanoseconds),"
                + "\"p99_ns\":\(figures.p99Nanoseconds),\"p999_ns\":\(figures.p999Nanoseconds),"
                + "\"max_ns\":\(figures.maximumNanoseconds),\"trades\":\(figures.tally.trades),"
                + "\"quantity\":\(figures.tally.quantity),\"notional\":\(figures.tally.notional),"
                + "\"digest\":\"\(String(repeating: "0", count: 16 - digest.count))\(digest)\","
                + "\"peak_rss_bytes\":\(figures.peakResidentBytes)}")
    }
}

/// `suanpan bench exchange`: the whole exchange in memory.
struct BenchExchangeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange",
        abstract: "Commands per second of the whole exchange in memory: checks, matching, escrow, events, frame bytes.")

    @Option(help: "A workload file (format CPXWL001) to replay; without one the commands are made at random.")
    var file: String?
    @Option(help: "Commands of one run, where no file is named.")
    var commands = 2_000_000
    @Option(help: "Runs.")
    var runs = 3
    @Option(help: "The seed of the random mix.")
    var seed: UInt64 = 20_240_601
    @Flag(help: "Measure what pricing takes of it instead: each run with and without the notes of trades, and with bands looked up twice.")
    var pricing = false

    func validate() throws {
        guard (1_000...20_000_000).contains(commands) else { throw ValidationError("--commands is 1000 to 20000000") }
        guard (1...100).contains(runs) else { throw ValidationError("--runs is 1 to 100") }
    }

    func run() async throws {
        let stream: ExchangeStream
        if let file {
            do throws(ExchangeStream.Failure) {
                stream = try ExchangeStream(contentsOf: file)
            } catch {
                throw ValidationError("\(file): \(error)")
            }
        } else {
            stream = ExchangeStream(commands: commands, seed: seed)
        }
        var bench = ExchangeBench(stream: stream)
        guard !pricing else { return tellPricing(bench.pricingShares(rounds: runs)) }
        var rates: [Double] = []
        for number in 1...runs {
            let figures = bench.run()
            if let expected = stream.expectedTrades, expected != UInt64(figures.trades) {
                throw ValidationError("\(figures.trades) trades, the file expects \(expected)")
            }
            rates.append(Double(stream.commands) / figures.seconds)
            print(
                "exchange in memory, run \(number): \(Int(rates[number - 1])) commands/s  (\(figures.trades) trades, "
                    + "\(figures.refused) refused, \(figures.frameBytes / stream.commands) frame bytes a command)")
        }
        rates.sort()
        print(
            "exchange in memory: \(Int(rates[rates.count / 2])) commands/s  (median of \(runs) runs of \(stream.commands), "
                + "\(Int(rates[0])) to \(Int(rates[rates.count - 1])); 1,000 contracts; half new orders, two fifths cancels, "
                + "a tenth trading; one core, no journal)")
    }

    private func tellPricing(_ shares: [(notes: Double, bands: Double)]) {
        func percent(_ share: Double) -> String { String(format: "%.1f %%", share * 100) }
        for (number, share) in shares.enumerated() {
            print("pricing, round \(number + 1): trades noted \(percent(share.notes)), bands looked up \(percent(share.bands))")
        }
        let (notes, bands) = (shares.map(\.notes).sorted(), shares.map(\.bands).sorted())
        let median = (notes[notes.count / 2], bands[bands.count / 2])
        print(
            "pricing: \(percent(median.0 + median.1)) of the exchange's time in memory (medians of \(shares.count) rounds: trades noted "
                + "\(percent(median.0)), bands looked up \(percent(median.1)))")
    }
}
