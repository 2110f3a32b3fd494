import Foundation

/// How far a long run is, on standard error: a bar that is drawn over itself on a terminal, a line for each tenth elsewhere.
struct ProgressBar {
    private let label: String
    private let total: Int
    private let isTerminal: Bool
    private let began = ContinuousClock.now
    private var drawn: ContinuousClock.Instant?
    private var tenths = -1

    /// - Parameter total: how many steps there are; at least 1 is assumed.
    init(label: String, total: Int) {
        self.label = label
        self.total = max(total, 1)
        isTerminal = isatty(STDERR_FILENO) == 1
    }

    /// Shows that `done` steps are behind, at most ten times a second.
    mutating func show(done: Int, note: String) {
        let percent = done * 100 / total
        if isTerminal {
            let now = ContinuousClock.now
            if done < total, let drawn, now - drawn < .milliseconds(100) { return }
            drawn = now
            let filled = min(done * 30 / total, 30)
            let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: 30 - filled)
            // Return to the start of the line, write, erase what an earlier and longer text left.
            write("\r\(label) [\(bar)] \(percent) % \(elapsed) s  \(note)\u{1B}[K")
        } else if percent / 10 > tenths {
            tenths = percent / 10
            write("\(label) \(percent) %  \(elapsed) s  \(note)\n")
        }
    }

    /// Leaves the bar's line.
    func finish() {
        if isTerminal { write("\n") }
    }

    private var elapsed: Int { Int((ContinuousClock.now - began).components.seconds) }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
