import Foundation

/// Figures of the process, by the names that Prometheus' own clients give them.
enum ProcessFigures {
    private static let startedAt = Int64(Date().timeIntervalSince1970)

    /// From /proc; what the system does not tell is left out.
    static var samples: [MetricSample] {
        var samples: [MetricSample] = []
        if let pages = numbers("/proc/self/statm").dropFirst().first {
            samples.append(
                MetricSample("process_resident_memory_bytes", .gauge, pages * Int64(sysconf(Int32(_SC_PAGESIZE))), help: "Memory in use."))
        }
        // In microseconds, user and system (POSIX: CLOCKS_PER_SEC).
        let micros = Int64(clock())
        if micros >= 0 {
            samples.append(
                MetricSample("process_cpu_seconds_total", .counter, micros, help: "Time of the processors, user and system.", decimals: 6))
        }
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
            samples.append(MetricSample("process_open_fds", .gauge, Int64(open), help: "Open files and sockets."))
        }
        samples.append(MetricSample("process_start_time_seconds", .gauge, startedAt, help: "When the process first told its figures, since 1970."))
        return samples
    }

    private static func numbers(_ path: String) -> [Int64] {
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
        return text.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Int64($0) }
    }
}
