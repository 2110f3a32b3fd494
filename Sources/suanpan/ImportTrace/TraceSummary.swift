import Client
import Quantities

/// What a person wants to know when an import is over, as text.
package struct TraceSummary {
    package var trace: Trace
    package var plan: TracePlan
    package var site: TraceImporter.Site
    package var tally: TraceTally
    /// From the first request to the last answer.
    package var elapsed: Duration

    package init(trace: Trace, plan: TracePlan, site: TraceImporter.Site, tally: TraceTally, elapsed: Duration) {
        self.trace = trace
        self.plan = plan
        self.site = site
        self.tally = tally
        self.elapsed = elapsed
    }

    /// A dozen lines and a table of prices.
    package var text: String {
        let units = plan.models.reduce(0) { $0 + $1.units }
        let nodes = plan.models.reduce(0) { $0 + $1.nodes }
        var lines = [
            line("Trace", "\(grouped(nodes)) nodes, \(grouped(units)) devices of \(plan.models.count) models; "
                + "\(grouped(trace.taskCount)) tasks, \(grouped(trace.tasks.count)) of them want devices"),
            line("Cap", "\(plan.cappedTasks) tasks longer than \(plan.settings.maximumHours) h were capped there"),
            line("Deposits", "\(site.deposit) \(TraceImporter.currency) for each provider and buyer"),
            line("Offers", "\(grouped(tally.offers)) posted over \(grouped(plan.endHour)) hours"),
            line("Bids", "\(grouped(tally.filled + tally.unfilled)) placed: \(grouped(tally.filled)) filled, "
                + "\(grouped(tally.unfilled)) unfilled"),
        ]
        if !plan.unplaceableTasks.isEmpty {
            lines.append(line("No node", "\(plan.unplaceableTasks.count) tasks fit on no node and placed no bid"))
        }
        lines += [
            line("Sold", "\(grouped(tally.deviceHours)) device-hours"),
            line("Money", "\(tally.cost) \(TraceImporter.currency) bought, \(tally.fees) buyers' fees"),
            line("Settled", "buyers paid \(tally.spent), providers received \(tally.earned), the exchange kept "
                + "\(tally.spent - tally.earned) \(TraceImporter.currency)"),
        ]
        lines += priceTable()
        lines += ledger()
        let requests = tally.offers + tally.filled + tally.unfilled + tally.clockMoves
        lines.append(
            line("Time", "\(seconds) s for \(grouped(requests)) offers, bids and clock moves and "
                + "\(grouped(tally.reports)) meter reports")
        )
        return lines.joined(separator: "\n")
    }

    private func priceTable() -> [String] {
        let header = ["class", "units", "bids", "device-hours", "average", "lowest", "highest"]
        var table = [header]
        for (model, sales) in zip(plan.models, tally.sales) {
            table.append([
                model.name, grouped(model.units), grouped(sales.bids), grouped(sales.deviceHours),
                sales.average.map(\.description) ?? "no sale", sales.lowest.map(\.description) ?? "",
                sales.highest.map(\.description) ?? "",
            ])
        }
        let widths = header.indices.map { column in table.map { $0[column].count }.max() ?? 0 }
        return table.enumerated().map { position, row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                let padding = String(repeating: " ", count: cell.1 - cell.0.count)
                return column == 0 ? cell.0 + padding : padding + cell.0
            }
            let row = cells.joined(separator: "  ")
            return line(position == 0 ? "Prices" : "", String(row.reversed().drop(while: { $0 == " " }).reversed()))
        }
    }

    private func ledger() -> [String] {
        let sums = tally.trialBalance.map {
            "\($0.asset) debits \($0.debits), credits \($0.credits), \($0.balanced ? "balanced" : "NOT BALANCED")"
        }
        let rest = "left of this import: \(tally.leftInEscrow) in escrow, \(tally.leftReserved) reserved"
        return [line("Ledger", (sums + [rest]).joined(separator: "; "))]
    }

    private func line(_ name: String, _ text: String) -> String {
        name + String(repeating: " ", count: max(10 - name.count, 1)) + text
    }

    private var seconds: String {
        let tenths = elapsed.components.seconds * 10 + elapsed.components.attoseconds / 100_000_000_000_000_000
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// Digits in groups of three: `24,306`.
    private func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return (number < 0 ? "-" : "") + text
    }
}
