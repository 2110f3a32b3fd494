import Matching
import Quantities
import Registry

/// Bounds of what comes from outside. A body that passes can be computed with: no sum or product of its numbers
/// overflows.
enum Bounds {
    static func text(_ value: String?, _ field: String, maximum: Int = 255) throws(Refusal) {
        guard let value else { return }
        let count = value.unicodeScalars.count
        guard count >= 1, count <= maximum else { throw .invalid(field, "must have 1 to \(maximum) characters") }
        guard !value.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) }) else {
            throw .invalid(field, "must not contain control characters")
        }
    }

    static func quantity(_ value: Quantity?, _ field: String) throws(Refusal) {
        guard let value else { return }
        guard value >= 1, value <= Quantity.limit else { throw .invalid(field, "must be 1 to \(Quantity.limit)") }
    }

    static func price(_ value: Price?, _ field: String) throws(Refusal) {
        guard let value else { return }
        guard value.rawValue > 0 else { throw .invalid(field, "must be above 0") }
        guard value <= Price.limit else { throw .invalid(field, "must be at most 1000000") }
    }

    static func amount(_ value: Micros?, _ field: String) throws(Refusal) {
        guard let value else { return }
        guard value > .zero else { throw .invalid(field, "must be above 0") }
        guard value <= .limit else { throw .invalid(field, "must be at most \(Micros.limit)") }
    }

    static func time(_ value: Timestamp?, _ field: String) throws(Refusal) {
        guard let value else { return }
        guard value.microseconds >= 0, value < .limit else { throw .invalid(field, "must lie in the years 1970 to 2199") }
    }

    /// A window of at least one hour and at most a year.
    static func window(_ start: Hour, _ end: Hour, _ startField: String, _ endField: String) throws(Refusal) {
        try time(start.start, startField)
        try time(end.start, endField)
        guard start < end else { throw .invalid(endField, "must be after \(startField)") }
        guard end - start <= 8_784 else { throw .invalid(endField, "must be at most 8784 hours after \(startField)") }
    }
}

extension MoneyMovement {
    /// Bounds of the body.
    package func check() throws(Refusal) {
        guard Currency(currency.code) != nil else { throw .invalid("currency", "must be three to eight capital letters") }
        try Bounds.amount(amount, "amount")
        try Bounds.text(reference, "reference")
    }
}

extension OrderSpec {
    /// Bounds of the body, and which fields go together.
    package func check() throws(Refusal) {
        try Bounds.quantity(quantity, "quantity")
        try Bounds.price(price, "price")
        try Bounds.price(stopPrice, "stop_price")
        try Bounds.quantity(displayQuantity, "display_quantity")
        try Bounds.quantity(minQuantity, "min_quantity")
        try Bounds.time(expiresAt, "expires_at")
        try Bounds.text(clientOrderID, "client_order_id")
        switch type {
        case .limit, .stopLimit:
            guard price != nil else { throw .invalid("price", "is required for a \(type.rawValue) order") }
        case .market, .stop:
            guard price == nil else { throw .invalid("price", "must be absent for a \(type.rawValue) order") }
        }
        switch type {
        case .stop, .stopLimit:
            guard stopPrice != nil else { throw .invalid("stop_price", "is required for a \(type.rawValue) order") }
        case .limit, .market:
            guard stopPrice == nil else { throw .invalid("stop_price", "must be absent for a \(type.rawValue) order") }
        }
        let force = try resolvedTimeInForce()
        if force == .gtd {
            guard expiresAt != nil else { throw .invalid("expires_at", "is required with gtd") }
        } else {
            guard expiresAt == nil else { throw .invalid("expires_at", "must be absent unless time_in_force is gtd") }
        }
        let rests = force == .gtc || force == .gtd
        if postOnly == true, !rests { throw .invalid("post_only", "needs an order that can rest") }
        if postOnly == true, type == .stop || type == .stopLimit { throw .invalid("post_only", "must be absent for a stop") }
        if let displayQuantity {
            guard rests else { throw .invalid("display_quantity", "needs an order that can rest") }
            guard displayQuantity <= quantity else { throw .invalid("display_quantity", "must be at most quantity") }
        }
        if let minQuantity {
            guard force == .ioc else { throw .invalid("min_quantity", "needs time_in_force ioc") }
            guard minQuantity <= quantity else { throw .invalid("min_quantity", "must be at most quantity") }
        }
        if side == .buy {
            guard resourceID == nil else { throw .invalid("resource_id", "must be absent for a buy") }
            guard allocationID == nil else { throw .invalid("allocation_id", "must be absent for a buy") }
        } else if resourceID != nil, allocationID != nil {
            throw .invalid("allocation_id", "must be absent where resource_id is named")
        }
    }

    /// What is named, or `ioc` for a market order or a stop.
    package func resolvedTimeInForce() throws(Refusal) -> TimeInForce {
        switch type {
        case .market, .stop:
            let force = timeInForce ?? .ioc
            guard force == .ioc || (type == .market && force == .fok) else {
                throw .invalid("time_in_force", "must be ioc for a \(type.rawValue) order")
            }
            return force
        case .limit, .stopLimit:
            guard let timeInForce else { throw .invalid("time_in_force", "is required for a \(type.rawValue) order") }
            return timeInForce
        }
    }
}

extension OrderBatch {
    /// The number of elements; each is checked by itself.
    package func check() throws(Refusal) {
        guard (1...1000).contains(orders.count) else { throw .invalid("orders", "must have 1 to 1000 elements") }
    }
}

extension AmendOrder.Body {
    /// Bounds of the body.
    package func check() throws(Refusal) {
        guard price != nil || quantity != nil else { throw .invalid("quantity", "price or quantity must be named") }
        try Bounds.price(price, "price")
        try Bounds.quantity(quantity, "quantity")
    }
}

extension OfferSpec {
    /// Bounds of the body, and one price or a price for each hour.
    package func check() throws(Refusal) {
        try Bounds.window(start, end, "start", "end")
        try Bounds.quantity(quantity, "quantity")
        try Bounds.text(clientOfferID, "client_offer_id")
        try Bounds.text(product, "product")
        try Bounds.text(grade, "grade")
        guard product == nil || grade == nil else { throw .invalid("grade", "must be absent where product is named") }
        try Self.check(price: price, prices: prices, hours: end - start)
        if let minHours, minHours < 1 || minHours > end - start {
            throw .invalid("min_hours", "must be 1 to the \(end - start) hours of the offer")
        }
        try Bounds.quantity(minQuantity, "min_quantity")
        if let minQuantity, minQuantity > quantity { throw .invalid("min_quantity", "must be at most quantity") }
    }

    static func check(price: Price?, prices: [Price]?, hours: Int32) throws(Refusal) {
        try Bounds.price(price, "price")
        guard (price == nil) != (prices == nil) else { throw .invalid("price", "either price or prices must be named") }
        guard let prices else { return }
        guard prices.count == hours else { throw .invalid("prices", "must have one price for each of the \(hours) hours") }
        for price in prices { try Bounds.price(price, "prices") }
    }
}

extension AmendOffer.Body {
    /// Bounds of the body.
    package func check() throws(Refusal) {
        guard price != nil || prices != nil || quantity != nil else { throw .invalid("price", "price, prices or quantity must be named") }
        guard price == nil || prices == nil else { throw .invalid("prices", "must be absent where price is named") }
        try Bounds.price(price, "price")
        for price in prices ?? [] { try Bounds.price(price, "prices") }
        try Bounds.quantity(quantity, "quantity")
    }
}

extension BidSpec {
    /// Bounds of the body, and which fields go together.
    package func check() throws(Refusal) {
        try requirements.check()
        if let currency, Currency(currency.code) == nil { throw .invalid("currency", "must be three to eight capital letters") }
        try Bounds.window(earliestStart, latestEnd, "earliest_start", "latest_end")
        guard durationHours >= 1 else { throw .invalid("duration_hours", "must be at least 1") }
        guard durationHours <= latestEnd - earliestStart else {
            throw .invalid("duration_hours", "must be at most the \(latestEnd - earliestStart) hours of the window")
        }
        try Bounds.quantity(quantity, "quantity")
        try Bounds.price(limitPrice, "limit_price")
        try Bounds.amount(maxTotal, "max_total")
        guard (limitPrice == nil) != (maxTotal == nil) else {
            throw .invalid("limit_price", "either limit_price or max_total must be named")
        }
        try Bounds.text(clientBidID, "client_bid_id")
        try Bounds.time(expiresAt, "expires_at")
        if standing != true {
            if hidden == true { throw .invalid("hidden", "only a standing bid can be hidden") }
            if expiresAt != nil { throw .invalid("expires_at", "only a standing bid expires") }
        }
        if let usableShare, usableShare.rawValue < 1 || usableShare.rawValue > 1_000_000 {
            throw .invalid("usable_share", "must be above 0 and at most 1")
        }
        if fill == .hourly {
            if hidden == true { throw .invalid("hidden", "the orders of an hourly bid stand in the books, which show them") }
            guard limitPrice != nil else { throw .invalid("limit_price", "is required with fill hourly") }
            guard placement == nil else { throw .invalid("placement", "must be absent with fill hourly") }
            guard requirements.datasetGigabytes == nil else {
                throw .invalid("requirements.dataset_gb", "dataset_gb shifts the start, and with fill hourly it is fixed")
            }
            if let workload = requirements.workload, !workload.isPreemptible {
                throw .invalid("fill", "\(workload.rawValue) is not preemptible: hours that may be missing do not serve it")
            }
            guard durationHours == latestEnd - earliestStart else {
                throw .invalid("duration_hours", "must fill the window with fill hourly")
            }
        }
    }
}

extension MeterReportSpec {
    /// Bounds of the body.
    package func check() throws(Refusal) {
        try Bounds.time(hour.start, "hour")
        guard sequence >= 1 else { throw .invalid("sequence", "must be at least 1") }
        if let previousHash, !Self.isHash(previousHash) { throw .invalid("previous_hash", "must be 64 hexadecimal digits") }
        guard deliveredDeviceSeconds >= 0, deliveredDeviceSeconds <= Int64(Quantity.limit) * 3600 else {
            throw .invalid("delivered_device_seconds", "must be 0 to 3600 for each device")
        }
        guard itEnergyKilowattHours.rawValue >= 0, itEnergyKilowattHours.rawValue <= 1_000_000_000_000_000 else {
            throw .invalid("it_energy_kwh", "must be 0 to 1000000000")
        }
        if let replaces, replaces < 1 || replaces >= sequence { throw .invalid("replaces", "must be the number of an earlier report") }
        try Bounds.text(signature, "signature")
        guard let deliveries else { return }
        guard (1...10_000).contains(deliveries.count) else { throw .invalid("deliveries", "must have 1 to 10000 elements") }
        for share in deliveries {
            guard share.deliveredDeviceSeconds >= 0, share.deliveredDeviceSeconds <= Int64(Quantity.limit) * 3600 else {
                throw .invalid("deliveries", "delivered_device_seconds must be 0 to 3600 for each device")
            }
        }
    }

    private static func isHash(_ text: String) -> Bool {
        text.utf8.count == 64
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

extension ReportMeters {
    /// The number of elements; each is checked by itself.
    package func check() throws(Refusal) {
        guard (1...1000).contains(reports.count) else { throw .invalid("reports", "must have 1 to 1000 elements") }
    }
}
