import Matching
import Pricing
import Quantities
import Registry

/// The forward curve: every listed hour of a product, read in parts and put together by `CurveBuilder` apart from the exchange's thread.
/// MARKET.md section 9.
extension Exchange {
    /// The hours of `[from, to)` that exist; nil where there is no such product.
    package func curveWindow(_ product: ProductID, from: Hour, to: Hour) -> ListedHours? {
        guard catalogue.contains(product) else { return nil }
        let first = max(from, Hour(containing: genesisTime))
        let end = min(to, Hour(containing: time) + productFacts[Int(product.index)].horizonHours + 1)
        return ListedHours(product: product, currency: currency(of: product), asOf: time, hours: first..<max(first, end))
    }

    /// Some of these hours, as they stand.
    ///
    /// - Precondition: the product exists.
    /// - Complexity: O(hours), of which each without trades costs a look-up, and each day begun 24 more.
    package func curveHours(_ product: ProductID, _ hours: Range<Hour>) -> [CurveHour] {
        var found: [CurveHour] = []
        found.reserveCapacity(Int(hours.upperBound - hours.lowerBound))
        var dayMark: (day: Int32, price: Price?)?
        var hour = hours.lowerBound
        while hour < hours.upperBound {
            let key = ContractKey(product: product, hour: hour)
            let day = Self.day(of: hour)
            if dayMark?.day != day { dayMark = (day, dayPrice(product, day: day)) }
            let (line, turnover) = curveHour(key, dayPrice: dayMark?.price)
            found.append(CurveHour(line: line, turnover: turnover))
            hour = hour + 1
        }
        return found
    }

    private func curveHour(_ key: ContractKey, dayPrice: Price?) -> (line: CurveHourView, turnover: Int128) {
        var line = CurveHourView()
        line.contract = key
        line.hour = key.hour
        line.status = status(of: key)
        line.openInterest = 0
        var turnover: Int128 = 0
        if let index = contracts.index(of: key) {
            let state = contracts[index]
            (line.bestBid, line.bestAsk) = bestPrices(of: index)
            line.last = state.last
            line.averagePrice = Notional.average(notional: state.turnover, quantity: state.volume)
            line.volume = state.volume
            line.openInterest = state.openInterest
            turnover = state.turnover
        }
        let mark =
            ownMark(of: key) ?? dayPrice.map { Mark($0, .curve) } ?? Mark(referencePrice(of: key), .reference)
        line.markPrice = mark.price
        line.markSource = mark.source
        return (line, turnover)
    }

    /// The hours that had been traded at a moment of the past, as they were known then: no orders, no open interest.
    ///
    /// - Parameter traded: by hour, rising.
    package func pastHours(_ product: ProductID, at moment: Timestamp, traded: [TradedHour]) -> [CurveHour] {
        guard catalogue.contains(product) else { return [] }
        return traded.map { known in
            var line = CurveHourView()
            line.contract = ContractKey(product: product, hour: known.hour)
            line.hour = known.hour
            line.status = moment < gateTime(line.contract) ? .open : .closed
            line.last = known.last
            line.averagePrice = Notional.average(notional: known.turnover, quantity: known.volume)
            line.volume = known.volume
            line.markPrice = known.last
            line.markSource = .last
            return CurveHour(line: line, turnover: known.turnover)
        }
    }

    /// Green and quality beside the price. Shown, and part of no rule; nil where there is no mark to show them of.
    package func curveDifferentials(_ product: ProductID, mark: Price?, _ carbonPrice: Price?) -> CurveDifferentialsView? {
        guard catalogue.contains(product), let mark else { return nil }
        var view = CurveDifferentialsView()
        view.markPrice = mark
        view.carbonPrice = carbonPrice
        let computeClass = catalogue.computeClass(of: product)
        view.indexT = computeClass.tflops?.bf16.map { Measure($0.rawValue / 989) }
        view.indexD = computeClass.memoryBandwidthGigabytesPerSecond.map { Measure($0.millionths / 3_350) }
        view.indexH = computeClass.tflops?.fp64.map { Measure($0.rawValue / 34) }
        view.pricePerT = Self.price(mark, per: view.indexT)
        view.pricePerD = Self.price(mark, per: view.indexD)
        view.pricePerH = Self.price(mark, per: view.indexH)
        guard let grams = Carbon.gramsPerDeviceHour(computeClass: computeClass, pue: Measure(1_000_000), zone: catalogue.zone(of: product))
        else { return view }
        let kilograms = Measure(grams.rawValue / 1_000 + (grams.rawValue % 1_000 > 0 ? 1 : 0))
        view.kilogramsPerDeviceHour = kilograms
        guard let carbonPrice else { return view }
        let cost = (Int128(kilograms.rawValue) * Int128(carbonPrice.rawValue) + 999_999) / 1_000_000
        view.carbonAdjustedPrice = Int64(exactly: cost + Int128(mark.rawValue)).map { Price($0) }
        return view
    }

    /// A price over an index, rounded down; nil where there is no index.
    private static func price(_ price: Price, per index: Measure?) -> Price? {
        guard let index, index.rawValue > 0 else { return nil }
        return Int64(exactly: Int128(price.rawValue) * 1_000_000 / Int128(index.rawValue)).map { Price($0) }
    }
}
