import Foundation
import Testing

/// Prices of a market in which nothing was ever offered: figures that are absent, and no division by nothing.
@Suite("A market without a single order")
struct EmptyMarketTests {
    /// What a reader of XML says of a text; nil where it is well-formed.
    private static func fault(inXML text: String) throws -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import sys, xml.etree.ElementTree as t; print(t.fromstring(sys.stdin.buffer.read()).tag)"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
        try input.fileHandleForWriting.close()
        let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 && words.contains("svg") ? nil : words
    }

    @Test("every route of prices answers, with a catalogue alone and a day later; pictures are XML")
    func answers() async throws {
        try await APIBench().run { (host) async throws in
            try await host.catalogue()
            let nobody = host.acting(with: nil)
            let product = "/v1/products/H100-SXM.US-IOWA"
            let contract = "/v1/contracts/\(APIScene.contract)"
            var paths = ["", ".csv", ".svg"].flatMap { form in
                ["\(product)/curve\(form)", "\(product)/curve\(form)?as_of=2026-11-23T00:00:00Z"]
            }
            paths += ["\(product)/curve?carbon_price=0.1"]
            paths += ["1m", "1h", "1d"].flatMap { ["\(product)/candles?interval=\($0)", "\(product)/candles.csv?interval=\($0)", "\(contract)/candles?interval=\($0)"] }
            paths += ["trades", "statistics", "bands", "fees", "demand"].map { "\(product)/\($0)" }
            paths += [contract] + ["trades", "statistics", "book"].map { "\(contract)/\($0)" }
            paths += ["/v1/market", "/v1/market?quantity=8&duration_hours=24", "/v1/contracts?product=H100-SXM.US-IOWA", "/v1/indices"]
            for index in ["H100-SXM", "H100-SXM.US-IOWA"] {
                for period in ["hour", "day"] {
                    paths += ["", "/history", "/history.csv", "/chart.svg"].map { "/v1/indices/\(index)\($0)?period=\(period)" }
                }
            }
            for time in ["2026-11-23T00:00:00Z", "2026-11-24T12:30:00Z"] {
                try await host.must("POST", "/v1/clock/advance", "{\"to\":\"\(time)\"}")
                for path in paths {
                    let answer = try await nobody.get(path)
                    #expect(answer.status == 200 && !answer.bytes.isEmpty, "\(path): \(answer.text)")
                    if path.contains(".svg") { #expect(try Self.fault(inXML: answer.text) == nil, "\(path): \(answer.text)") }
                }
            }
            let curve = try await nobody.get("\(product)/curve?from=2026-11-24T12:00:00Z&to=2026-11-24T13:00:00Z")
            #expect(curve.text.contains(#""last":null,"average_price":null,"mark_price":"2.0000","mark_source":"reference","volume":0,"open_interest":0"#), "\(curve.text)")
            #expect(try await nobody.get("/v1/indices/H100-SXM?at=2026-11-23T12:00:00Z").string("reason") == "no_trades")
            // A run is put together of several readings, from an odd hour on, and pages follow each other.
            let run = "/v1/indices/H100-SXM/history?from=2026-11-16T05:00:00Z&to=2026-11-23T05:00:00Z"
            let hours = try await nobody.get(run + "&limit=1000").data.compactMap { $0["start"] as? String }
            #expect(hours.count == 168 && hours == hours.sorted() && Set(hours).count == 168 && hours.first == "2026-11-16T05:00:00Z")
            var paged: [String] = []
            var cursor = ""
            repeat {
                let page = try await nobody.get(run + "&limit=50" + cursor)
                paged += page.data.compactMap { $0["start"] as? String }
                cursor = page.string("next_cursor").map { "&cursor=" + $0 } ?? ""
            } while !cursor.isEmpty && paged.count < 500
            #expect(paged == hours)
            let days = try await nobody.get("/v1/indices/H100-SXM/history?period=day&from=2026-06-09T05:00:00Z&to=2026-11-23T05:00:00Z&limit=1000")
            #expect(days.data.count == 168 && days.data.last?["start"] as? String == "2026-11-23T00:00:00Z", "\(days.text.prefix(300))")
            // Of the past there is nothing, and nothing is made up.
            let past = try await nobody.get("\(product)/curve?as_of=2026-11-23T00:00:00Z")
            #expect(past.text.contains(#""hours":[],"days":[],"weeks":[],"months":[],"differentials":null"#), "\(past.text)")
        }
    }
}
