/// Where values stand between a chart's bottom and top, with a few round values to mark.
struct ChartScale {
    private let low: Int64
    private let high: Int64
    /// Rising, within the chart.
    let ticks: [Int64]

    /// A scale that holds all values, in millionths; nil where there are none.
    init?(of values: [Int64]) {
        guard let least = values.min(), let most = values.max() else { return nil }
        // A single level stands in the middle.
        let room = max((most - least) / 10, most / 50, 1)
        let low = max(least - room, 0)
        let high = most + room
        var step: Int64 = 1
        while (high - low) / step > 6 {
            // 1, 2, 5, 10, 20, 50 …
            var digit = step
            while digit % 10 == 0 { digit /= 10 }
            step = digit == 2 ? step / 2 * 5 : step * 2
        }
        var ticks: [Int64] = []
        var tick = (low + step - 1) / step * step
        while tick <= high {
            ticks.append(tick)
            tick += step
        }
        self.low = low
        self.high = high
        self.ticks = ticks
    }

    /// The height of a value, in the picture's units.
    func y(_ value: Int64) -> Int64 {
        Chart.bottom - Int64(Int128(value - low) * Int128(Chart.bottom - Chart.top) / Int128(max(high - low, 1)))
    }
}
