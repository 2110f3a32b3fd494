package import Quantities

/// A unit that the market's figures are in.
package struct CatalogueUnit: Record, Equatable {
    /// Where the unit is used: a field's name.
    package var quantity = ""
    package var unit = ""
    /// Decimals that are kept.
    package var decimals: UInt32 = 0
    /// What the figure counts: `dense`, and the standard that it comes from.
    package var basis: String?

    package init() {}
    init(_ quantity: String, _ unit: String, decimals: UInt32, _ basis: String? = nil) {
        self.quantity = quantity
        self.unit = unit
        self.decimals = decimals
        self.basis = basis
    }

    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("quantity", &quantity)
        coder.field("unit", &unit)
        coder.field("decimals", &decimals)
        coder.field("basis", &basis)
    }

    /// All units, in the order in which the catalogue shows them. A figure in another unit or on another basis cannot be said.
    package static let all: [CatalogueUnit] = [
        CatalogueUnit("contract", "accelerator-hour", decimals: 0, "one accelerator for one UTC hour"),
        CatalogueUnit("price", "currency per accelerator-hour", decimals: 6),
        CatalogueUnit("money", "currency", decimals: 6),
        CatalogueUnit("delivered_device_seconds", "s", decimals: 0),
        CatalogueUnit("tflops", "10^12 operations per second", decimals: 6, "dense, never sparse"),
        CatalogueUnit("memory_gb", "GB of 10^9 bytes", decimals: 0),
        CatalogueUnit("memory_bandwidth_gb_s", "GB/s", decimals: 0),
        CatalogueUnit("scale_up_link_gb_s", "GB/s per device", decimals: 0),
        CatalogueUnit("acceptance.gemm_tflops", "10^12 operations per second per device", decimals: 6, "dense bf16 matrix product, measured"),
        CatalogueUnit("acceptance.memory_gb_s", "GB/s per device", decimals: 6, "measured"),
        CatalogueUnit("acceptance.all_reduce_gb_s", "GB/s per device", decimals: 6, "bus bandwidth of an all-reduce, measured"),
        CatalogueUnit("node.memory_gb", "GB of 10^9 bytes per node", decimals: 0),
        CatalogueUnit("node.disk_gb", "GB of 10^9 bytes per node", decimals: 0),
        CatalogueUnit("fabric_gbps_per_device", "Gbit/s per device", decimals: 6),
        CatalogueUnit("tdp_w", "W", decimals: 0),
        CatalogueUnit("power_kw", "kW", decimals: 6),
        CatalogueUnit("pue", "1", decimals: 6, "ISO/IEC 30134-2"),
        CatalogueUnit("wue", "l/kWh", decimals: 6, "ISO/IEC 30134-9"),
        CatalogueUnit("facility_grade", "G1, G2, G3, outside", decimals: 0, "GB 40879: PUE at most 1.20, 1.30, 1.50"),
        CatalogueUnit("g_per_kwh", "g CO2 per kWh", decimals: 6, "as the zone's grid.basis says"),
        CatalogueUnit("it_energy_kwh", "kWh", decimals: 6),
        CatalogueUnit("rtt_ms", "ms", decimals: 6, "round trip, median and 99 of 100"),
        CatalogueUnit("path_gbps", "Gbit/s", decimals: 6),
        CatalogueUnit("network.gbps", "Gbit/s", decimals: 6),
        CatalogueUnit("egress_per_gb", "currency per GB of 10^9 bytes", decimals: 6, "in the currency of the product sold"),
        CatalogueUnit("dataset_gb", "GB of 10^9 bytes", decimals: 6),
        CatalogueUnit("egress_gb", "GB of 10^9 bytes", decimals: 6),
        CatalogueUnit("performance.t", "1", decimals: 3, "dense bf16 / 989 TFLOPS"),
        CatalogueUnit("performance.d", "1", decimals: 3, "memory bandwidth / 3350 GB/s"),
        CatalogueUnit("performance.h", "1", decimals: 3, "fp64 / 34 TFLOPS"),
    ]
}
