import Exchange

/// A product's demand as the subscribers of its channel know it: lines without names or numbers, of which several may be equal.
struct StreamDemand {
    /// Lines that a channel shows: those of the highest limits.
    static let limit = 1_000

    private(set) var lines: [DemandView]

    init(_ lines: [DemandView]) { self.lines = lines }

    /// Lines that came and lines that are gone, each as often as it did.
    struct Delta {
        var added: [DemandView]
        var removed: [DemandView]
    }

    /// Takes the demand as it stands now; answers what changed, nil where nothing did.
    ///
    /// - Complexity: O(lines).
    mutating func advance(to new: [DemandView]) -> Delta? {
        var surplus: [DemandView: Int] = [:]
        for line in lines { surplus[line, default: 0] += 1 }
        var delta = Delta(added: [], removed: [])
        for line in new {
            if let count = surplus[line], count > 0 { surplus[line] = count - 1 } else { delta.added.append(line) }
        }
        for line in lines {
            guard let count = surplus[line], count > 0 else { continue }
            surplus[line] = count - 1
            delta.removed.append(line)
        }
        lines = new
        return delta.added.isEmpty && delta.removed.isEmpty ? nil : delta
    }
}
