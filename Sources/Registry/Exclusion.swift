package import Quantities

/// Why a product or a resource cannot serve a bid; raw values are the `reason` of quotes.
package enum ExclusionReason: String, Choice {
    case productNotNamed = "product_not_named"
    case classNotNamed = "class_not_named"
    case zoneNotNamed = "zone_not_named"
    case countryNotNamed = "country_not_named"
    case memoryTooSmall = "memory_too_small"
    case throughputTooLow = "bf16_tflops_too_low"
    case abiDiffers = "abi_differs"
    case nodeTooSmall = "devices_per_node_too_few"
    case scaleUpDomainTooSmall = "scale_up_domain_too_small"
    case pueTooHigh = "pue_too_high"
    case carbonTooHigh = "carbon_too_high"
    case isolationTooWeak = "isolation_too_weak"
    case attestationTooWeak = "attestation_too_weak"
    case dataClassTooLow = "data_class_too_low"
    case resourceNotCertified = "resource_not_certified"
    case currencyMismatch = "currency_mismatch"
    case marketHalted = "market_halted"
    case marketClosed = "market_closed"
    case insufficientLiquidity = "insufficient_liquidity"
    case priceTooHigh = "price_too_high"
    case ownAsks = "own_asks"
    case reliabilityTooLow = "reliability_too_low"
    case fp64TooLow = "fp64_tflops_too_low"
    case roundTripTooLong = "rtt_too_long"
    case pathUnknown = "path_unknown"
    case certificateMissing = "certificate_missing"
    case lotIsNotWholeNodes = "lot_is_not_whole_nodes"
    case buyerNotEligible = "buyer_not_eligible"
}

/// One reason, with the figures that decide.
package struct Exclusion: Record, Equatable {
    package var reason = ExclusionReason.productNotNamed
    /// One sentence for a person.
    package var detail = ""

    package init() {}
    package init(_ reason: ExclusionReason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("reason", &reason)
        coder.field("detail", &detail)
    }
}
