import Matching
import Pricing
import Quantities
import Registry

/// The forward curve: every listed hour of a product. MARKET.md section 9.
extension Exchange {
    /// The hours of `[from, to)` that exist; nil where there is no such product.
    ///
    /// - Complexity: O(hours), of which each without trades costs a look-up.
    package func curve(_ product: ProductID, from: Hour, to: Hour, carbonPrice: Price?) -> CurveView? {
        guard catalogue.contains(product) else { return nil }
        var view = CurveView()
        view.product = product
        view.currency = currency(of: product)
        view.asOf = time
        var (days, weeks, months) = (CurveBlocks(.day), CurveBlocks(.week), CurveBlocks(.month))
        var marks: Int128 = 0
        var dayMark: (day: Int32, price: Price?)?
        var hour = max(from, Hour(containing: genesisTime))
        let end = min(to, Hour(containing: time) + productFacts[Int(product.index)].horizonHours + 1)
        while hour < end {
            let key = ContractKey(product: product, hour: hour)
            let day = Self.day(of: hour)
            if dayMark?.day != day { dayMark = (day, dayPrice(product, day: day)) }
            let (line, turnover) = curveHour(key, dayPrice: dayMark?.price)
            marks += Int128(line.markPrice.rawValue)
            days.add(hour, mark: line.markPrice, turnover: turnover, volume: line.volume)
            weeks.add(hour, mark: line.markPrice, turnover: turnover, volume: line.volume)
            months.add(hour, mark: line.markPrice, turnover: turnover, volume: line.volume)
            view.hours.append(line)
            hour = hour + 1
        }
        (view.days, view.weeks, view.months) = (days.views, weeks.views, months.views)
        if !view.hours.isEmpty {
            view.differentials = differentials(product, mark: Price(Int64(marks / Int128(view.hours.count))), carbonPrice)
        }
        return view
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

    /// The curve as it was known at a moment of the past, from what had been traded until then: no orders, no open interest.
    ///
    /// - Parameter traded: by hour, rising.
    package func pastCurve(_ product: ProductID, at moment: Timestamp, traded: [TradedHour]) -> CurveView? {
        guard catalogue.contains(product) else { return nil }
        var view = CurveView()
        view.product = product
        view.currency = currency(of: product)
        view.asOf = moment
        view.hours = traded.map { known in
            var line = CurveHourView()
            line.contract = ContractKey(product: product, hour: known.hour)
            line.hour = known.hour
            line.status = moment < gateTime(line.contract) ? .open : .closed
            line.last = known.last
            line.averagePrice = known.averagePrice
            line.volume = known.volume
            line.markPrice = known.last
            line.markSource = .last
            return line
        }
        return view
    }

    /// Green and quality beside the price. Shown, and part of no rule.
    private func differentials(_ product: ProductID, mark: Price, _ carbonPrice: Price?) -> CurveDifferentialsView {
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
