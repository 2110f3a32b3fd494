import Exchange
import Ledger
import Quantities
import Registry

/// A statement as a page that looks right on paper, and in light and dark: one file, nothing from other hosts, no script.
struct StatementPage {
    var participant: Participant
    var periods: StatementPeriods
    var lines: [StatementView]
    var made: Timestamp

    /// The page's bytes.
    var html: [UInt8] { Array((Self.head(title) + heading + currencies.map(section).joined() + foot).utf8) }

    private var title: String { "Statement, \(participant.name), \(Self.day(periods.from)) to \(Self.day(periods.to))" }

    private var currencies: [Currency] {
        lines.map(\.asset).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    private var heading: String {
        """
        <header><h1>Statement</h1>
        <dl><dt>Participant</dt><dd>\(Self.escaped(participant.name)) <span>\(participant.id)</span></dd>
        <dt>From</dt><dd>\(periods.from)</dd><dt>To</dt><dd>\(periods.to)</dd>\
        <dt>Made at</dt><dd>\(made)</dd></dl></header>
        \(lines.isEmpty ? "<p>Nothing happened between these times.</p>" : "")
        """
    }

    private func section(_ currency: Currency) -> String {
        let own = lines.filter { $0.asset == currency }
        let money: [(String, (StatementView) -> MicrosSum)] = [
            ("Opening", { $0.opening }), ("Deposits", { $0.deposits }), ("Withdrawals", { -$0.withdrawals }),
            ("Purchases", { -$0.purchases }), ("Fees", { -$0.fees }), ("Proceeds", { $0.proceeds }), ("Refunds", { $0.refunds }),
            ("Compensation", { $0.compensation }), ("Bonds", { -$0.bonds }), ("Other", { $0.other }), ("Closing", { $0.closing }),
        ]
        let figures: [(String, (StatementView) -> String)] = [
            ("Trades", { "\($0.trades)" }), ("Hours bought", { "\($0.hoursBought)" }), ("Hours sold", { "\($0.hoursSold)" }),
            ("Delivered to you, device-seconds", { "\($0.deliveredDeviceSeconds)" }),
            ("Delivered by you, device-seconds", { "\($0.providedDeviceSeconds)" }),
            ("Energy, kWh", { "\($0.energy)" }), ("CO2 location, g", { "\($0.carbonLocation)" }),
            ("CO2 market, g", { "\($0.carbonMarket)" }), ("Energy provided, kWh", { "\($0.providedEnergy)" }),
            ("CO2 location, g", { "\($0.providedCarbonLocation)" }), ("CO2 market, g", { "\($0.providedCarbonMarket)" }),
        ]
        let moneyRows = own.map { line in money.map { "\($0.1(line))" } }
        let figureRows = own.map { line in figures.map { $0.1(line) } }
        let unknown = own.reduce(0) { $0 + $1.carbonUnknown }
        return "<section><h2>\(Self.escaped(currency.code))</h2>"
            + table("Money", money.map(\.0), own, moneyRows)
            + "<p class=\"note\">Opening and all that follows add up to closing. Fees are those of hours bought; proceeds are after the seller's fees.</p>"
            + table("Hours, energy and CO2", figures.map(\.0), own, figureRows)
            + (unknown > 0 ? "<p class=\"note\">The CO2 of \(unknown) deliveries is unknown and not in the sums.</p>" : "")
            + "</section>\n"
    }

    private func table(_ caption: String, _ names: [String], _ lines: [StatementView], _ rows: [[String]]) -> String {
        var text = "<table><caption>\(caption)</caption><thead><tr><th scope=\"col\">Period</th>"
        for name in names { text += "<th scope=\"col\">\(name)</th>" }
        text += "</tr></thead><tbody>\n"
        for (line, row) in zip(lines, rows) {
            text += "<tr><th scope=\"row\">\(period(line))</th>"
            for value in row { text += "<td>\(value)</td>" }
            text += "</tr>\n"
        }
        return text + "</tbody></table>\n"
    }

    private func period(_ line: StatementView) -> String {
        let text = line.from.description
        return switch periods.step {
        case .hour: String(text.prefix(16)).replacing("T", with: " ")
        case .day: String(text.prefix(10))
        case .month: String(text.prefix(7))
        case nil: "All"
        }
    }

    private static func day(_ time: Timestamp) -> String { String(time.description.prefix(16)).replacing("T", with: " ") }

    private var foot: String { "<footer>Times are UTC. The movements behind these sums are in the ledger's transfers.</footer></html>\n" }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func head(_ title: String) -> String {
        """
        <!doctype html>
        <html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(escaped(title))</title>
        <style>
        :root { color-scheme: light dark; --text: #1b1b1b; --soft: #595959; --line: #c9c9c9; --page: #fff; }
        @media (prefers-color-scheme: dark) { :root { --text: #ececec; --soft: #a8a8a8; --line: #4a4a4a; --page: #17181a; } }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--text); background: var(--page); margin: 2rem; }
        h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.15rem; margin: 1.5rem 0 .25rem; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: 0; }
        dt, dd span, .note, footer, caption { color: var(--soft); } dd { margin: 0; }
        section { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; margin: .75rem 0 .25rem; font-size: .85rem; }
        caption { text-align: left; padding-bottom: .25rem; }
        th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--line); text-align: right; font-variant-numeric: tabular-nums; }
        thead th { vertical-align: bottom; font-weight: 600; }
        th:first-child { text-align: left; white-space: nowrap; font-weight: 400; }
        .note, footer { font-size: .85rem; margin: .25rem 0; } footer { margin-top: 1.5rem; }
        @page { size: A4 landscape; margin: 12mm; }
        @media print {
          :root { color-scheme: light; --text: #000; --soft: #444; --line: #999; --page: #fff; }
          body { margin: 0; font-size: 9pt; } table { font-size: 7pt; } th, td { padding: 1mm; }
          thead { display: table-header-group; } tr { break-inside: avoid; } section { overflow: visible; }
          h2, caption { break-after: avoid; }
        }
        </style>

        """
    }
}

extension MicrosSum {
    fileprivate static prefix func - (sum: MicrosSum) -> MicrosSum { MicrosSum(-sum.rawValue) }
}
