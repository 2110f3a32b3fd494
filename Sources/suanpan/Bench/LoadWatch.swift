import Exchange
import Foundation
import Persistence
import Sequencer

/// Looks at the projector's lag ten times a second, and at the memory and the market every 10 s.
final class LoadWatch: @unchecked Sendable {
    struct Step {
        var seconds: Int
        var resident: Int
        var gauges: MarketGauges
    }

    struct Samples {
        var longestLag: Int64 = 0
        /// Trades before the first second.
        var trades: Int64
        var steps: [Step] = []
    }

    private let condition = NSCondition()
    private var stopping = false
    private var ended = false
    private var samples: Samples

    init(_ projector: Projector, projects: Bool, _ sequencer: Sequencer) {
        samples = Samples(trades: sequencer.gauges.trades)
        let began = ContinuousClock.now
        let thread = Thread { [self] in
            var next = 10
            condition.lock()
            while !stopping {
                _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
                if projects { samples.longestLag = max(samples.longestLag, projector.metrics.lagMicroseconds) }
                guard (ContinuousClock.now - began).seconds >= Double(next) else { continue }
                samples.steps.append(Step(seconds: next, resident: LoadBench.residentMebibytes, gauges: sequencer.gauges))
                next += 10
            }
            ended = true
            condition.broadcast()
            condition.unlock()
        }
        thread.start()
    }

    func stop() -> Samples {
        condition.lock()
        defer { condition.unlock() }
        stopping = true
        condition.broadcast()
        while !ended { condition.wait() }
        return samples
    }
}

/// How much of the machine each of this process's threads takes, and everything else.
struct ThreadTimes {
    private let began = (times: Self.read(), busy: Self.machine(), clock: ContinuousClock.now)

    /// Shares of one processor since the beginning, the largest first.
    func shares() -> String {
        let seconds = Double((ContinuousClock.now - began.clock).wholeMicroseconds) / 1e6
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK))) * max(seconds, 0.001)
        var byName: [String: Int] = [:]
        for (thread, time) in Self.read() {
            byName[time.name, default: 0] += time.ticks - (began.times[thread]?.ticks ?? 0)
        }
        let ours = byName.values.reduce(0, +)
        func percent(_ value: Int) -> String { "\(Int((100 * Double(value) / ticks).rounded())) %" }
        let named = byName.filter { Double($0.value) / ticks >= 0.01 }.sorted { $0.value > $1.value }
        return named.map { "\($0.key) \(percent($0.value))" }.joined(separator: ", ")
            + "; PostgreSQL and the system \(percent(max(0, Self.machine() - began.busy - ours))) of one of "
            + "\(ProcessInfo.processInfo.activeProcessorCount) processors"
    }

    private static func read() -> [String: (name: String, ticks: Int)] {
        var times: [String: (name: String, ticks: Int)] = [:]
        for thread in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? [] {
            guard let text = try? String(contentsOfFile: "/proc/self/task/\(thread)/stat", encoding: .utf8),
                let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")")
            else { continue }
            let fields = text[close...].split(separator: " ")
            guard fields.count > 13, let user = Int(fields[12]), let system = Int(fields[13]) else { continue }
            times[thread] = (String(text[text.index(after: open)..<close]), user + system)
        }
        return times
    }

    /// What all processors have worked, in ticks.
    private static func machine() -> Int {
        let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
        let fields = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap { Int($0) }
        return fields.enumerated().filter { $0.offset != 3 && $0.offset != 4 && $0.offset < 7 }.map(\.element).reduce(0, +)
    }
}
