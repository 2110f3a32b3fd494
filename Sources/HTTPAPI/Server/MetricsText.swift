/// The text format of Prometheus (exposition format 0.0.4).
enum MetricsText {
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// Figures as text; those of one name must stand together.
    static func text(_ samples: [MetricSample]) -> [UInt8] {
        var text = ""
        var last = ""
        for sample in samples {
            let family = sample.family ?? sample.name
            if family != last {
                text += "# HELP \(family) \(sample.help)\n# TYPE \(family) \(sample.kind.rawValue)\n"
                last = family
            }
            text += sample.name
            if !sample.labels.isEmpty {
                text += "{" + sample.labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",") + "}"
            }
            text += " \(decimal(sample.value, decimals: sample.decimals))\n"
        }
        return Array(text.utf8)
    }

    /// A whole number with its last digits behind a point, without zeros that say nothing.
    static func decimal(_ value: Int64, decimals: Int) -> String {
        guard decimals > 0 else { return String(value) }
        let digits = String(value.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        var fraction = padded.suffix(decimals)
        while fraction.last == "0" { fraction.removeLast() }
        return (value < 0 ? "-" : "") + padded.dropLast(decimals) + (fraction.isEmpty ? "" : "." + fraction)
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
