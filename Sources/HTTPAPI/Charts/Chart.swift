import Quantities

/// Prices over hours as a picture in SVG: one file without scripts or fonts of its own, that follows the reader's light or dark
/// colours (`prefers-color-scheme`).
///
///     var chart = Chart(title: "H100-SXM.CN-GAN forward curve", unit: "USD per device-hour", asOf: now)
///     chart.series = [Chart.Series(name: "mark", form: .steps, points: points)]
///     let picture = chart.text
struct Chart {
    /// A value in an hour, in millionths.
    struct Point {
        var hour: Hour
        var value: Int64
    }

    /// How a series is drawn.
    enum Form {
        /// A level line through each hour; gaps where hours are missing.
        case steps
        /// A short dash in each hour.
        case dashes
        /// A dot in each hour.
        case dots
    }

    struct Series {
        var name: String
        var form: Form
        /// By hour, rising.
        var points: [Point]
    }

    var title: String
    /// What the values are.
    var unit: String
    /// The moment that it shows.
    var asOf: Timestamp
    /// At most four: there are so many colours.
    var series: [Series] = []
    /// How many hours a point covers.
    var hoursPerPoint: Int32 = 1

    static let width: Int64 = 960
    static let height: Int64 = 380
    /// Where the values are drawn.
    static let left: Int64 = 76
    static let right: Int64 = 940
    static let top: Int64 = 64
    static let bottom: Int64 = 330

    /// The hours that are shown; nil without points.
    var hours: ClosedRange<Int64>? {
        let all = series.flatMap(\.points).map { Int64($0.hour.hoursSince1970) }
        guard let first = all.min(), let last = all.max() else { return nil }
        return first...(last + Int64(hoursPerPoint))
    }

    /// The picture.
    var text: String {
        var svg = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(Self.height)" width="\(Self.width)" \
            height="\(Self.height)" role="img" aria-label="\(Self.escaped(title))">
            \(Self.style)
            <rect class="back" width="\(Self.width)" height="\(Self.height)"/>
            <text class="title" x="\(Self.left)" y="26">\(Self.escaped(title))</text>
            <text class="small" x="\(Self.left)" y="46">\(Self.escaped(unit)), as of \(asOf)</text>

            """
        guard let hours, let scale = ChartScale(of: series.flatMap(\.points).map(\.value)) else {
            return svg + "<text class=\"small\" x=\"\(Self.left)\" y=\"\(Self.top + 40)\">nothing to show</text>\n</svg>\n"
        }
        svg += grid(hours, scale)
        for (number, series) in series.enumerated() { svg += drawn(series, number, hours, scale) }
        svg += legend
        return svg + "</svg>\n"
    }

    private func x(_ hour: Int64, _ hours: ClosedRange<Int64>) -> Int64 {
        Self.left + (hour - hours.lowerBound) * (Self.right - Self.left) / max(hours.upperBound - hours.lowerBound, 1)
    }

    private func drawn(_ series: Series, _ number: Int, _ hours: ClosedRange<Int64>, _ scale: ChartScale) -> String {
        guard !series.points.isEmpty else { return "" }
        var path = ""
        var end: Int64?
        for point in series.points {
            let hour = Int64(point.hour.hoursSince1970)
            let (from, to) = (x(hour, hours), max(x(hour + Int64(hoursPerPoint), hours), x(hour, hours) + 1))
            let y = scale.y(point.value)
            switch series.form {
            case .steps: path += end == hour ? "V\(y)H\(to)" : "M\(from) \(y)H\(to)"
            case .dashes: path += "M\(from) \(y)H\(to)"
            case .dots: path += "M\((from + to) / 2) \(y)h0"
            }
            end = hour + Int64(hoursPerPoint)
        }
        let form = series.form == .dots ? "dots" : series.form == .dashes ? "dashes" : "steps"
        return "<path class=\"\(form) c\(number)\" d=\"\(path)\"/>\n"
    }

    private func grid(_ hours: ClosedRange<Int64>, _ scale: ChartScale) -> String {
        var svg = ""
        for value in scale.ticks {
            let y = scale.y(value)
            svg += "<path class=\"grid\" d=\"M\(Self.left) \(y)H\(Self.right)\"/>"
            svg += "<text class=\"small end\" x=\"\(Self.left - 8)\" y=\"\(y + 4)\">\(DecimalText.format(value, style: .measure))</text>\n"
        }
        let span = hours.upperBound - hours.lowerBound
        let steps: [Int64] = [1, 3, 6, 12, 24, 48, 168, 336, 720, 1_440]
        let step = steps.first { span / $0 <= 9 } ?? 2_160
        var hour = (hours.lowerBound + step - 1) / step * step
        while hour <= hours.upperBound {
            let parts = CivilTime(Hour(Int32(clamping: hour)).start)
            let date = CivilTime.digits(parts.month, 2) + "-" + CivilTime.digits(parts.day, 2)
            let label = step < 24 ? date + " " + CivilTime.digits(parts.hour, 2) + "h" : date
            let place = x(hour, hours)
            svg += "<path class=\"grid\" d=\"M\(place) \(Self.bottom)v5\"/>"
            svg += "<text class=\"small middle\" x=\"\(place)\" y=\"\(Self.bottom + 20)\">\(label)</text>\n"
            hour += step
        }
        return svg
    }

    private var legend: String {
        var svg = ""
        var place = Self.left
        for (number, series) in series.enumerated() where !series.points.isEmpty {
            svg += "<path class=\"steps c\(number)\" d=\"M\(place) \(Self.height - 16)h18\"/>"
            svg += "<text class=\"small\" x=\"\(place + 24)\" y=\"\(Self.height - 12)\">\(Self.escaped(series.name))</text>\n"
            place += 44 + 8 * Int64(series.name.utf8.count)
        }
        return svg
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    private static let style = """
        <style>
        svg{--back:#ffffff;--ink:#1b1f24;--faint:#d8dee4;--soft:#57606a;--c0:#0b62c4;--c1:#1a7f37;--c2:#bc4c00;--c3:#6639ba}
        @media (prefers-color-scheme:dark){svg{--back:#0d1117;--ink:#e6edf3;--faint:#2b323b;--soft:#9198a1;--c0:#58a6ff;--c1:#3fb950;--c2:#f0883e;--c3:#bc8cff}}
        text{font-family:system-ui,sans-serif;fill:var(--ink)}.title{font-size:18px;font-weight:600}.small{font-size:12px;fill:var(--soft)}
        .end{text-anchor:end}.middle{text-anchor:middle}.back{fill:var(--back)}path{fill:none}.grid{stroke:var(--faint)}
        .steps{stroke-width:2}.dashes{stroke-width:1.5;opacity:.75}.dots{stroke-width:5;stroke-linecap:round}
        .c0{stroke:var(--c0)}.c1{stroke:var(--c1)}.c2{stroke:var(--c2)}.c3{stroke:var(--c3)}
        </style>
        """
}
