import Exchange
import Ledger
import Quantities
import Registry

/// By what the lines of a capacity report are told apart beside their time.
enum CapacityGrouping: String, Choice {
    case zoneAndClass = "zone,class"
    case zone
    case computeClass = "class"
}

/// Capacity, allocation and delivery of one zone and class in one period, in device-hours; throughput apart for each precision,
/// because figures of different precisions are of different things.
struct CapacityLineView: Record {
    var from = Timestamp()
    var to = Timestamp()
    /// nil: of all zones.
    var zone: String?
    /// nil: of all classes.
    var computeClass: String?
    /// Device-hours certified, of them away, the rest, sold, on offer.
    var certified: Int64 = 0
    var outage: Int64 = 0
    var available: Int64 = 0
    var sold: Int64 = 0
    var onOffer: Int64 = 0
    /// Sold device-hours that were reported, and those that were not (yet).
    var reported: Int64 = 0
    var unreported: Int64 = 0
    var deliveredDeviceSeconds: Int64 = 0
    /// Shares, rounded down to the millionth: of certified device-hours those available, sold, delivered; of reported ones
    /// those delivered. nil where there are none.
    var availability: Measure?
    var allocation: Measure?
    var utilisation: Measure?
    var deliveredShare: Measure?
    /// Dense TFLOPS, as each hour's contracts were listed, × certified device-hours, of the classes that state the precision; nil where none does.
    var fp64: MicrosSum?
    var fp32: MicrosSum?
    var tf32: MicrosSum?
    var bf16: MicrosSum?
    var fp8: MicrosSum?

    init() {}

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("from", &from)
        coder.field("to", &to)
        coder.field("zone", &zone)
        coder.field("class", &computeClass)
        coder.field("certified", &certified)
        coder.field("outage", &outage)
        coder.field("available", &available)
        coder.field("sold", &sold)
        coder.field("on_offer", &onOffer)
        coder.field("reported", &reported)
        coder.field("unreported", &unreported)
        coder.field("delivered_device_seconds", &deliveredDeviceSeconds)
        coder.field("availability", &availability)
        coder.field("allocation", &allocation)
        coder.field("utilisation", &utilisation)
        coder.field("delivered_share", &deliveredShare)
        coder.field("fp64_tflops_hours", &fp64)
        coder.field("fp32_tflops_hours", &fp32)
        coder.field("tf32_tflops_hours", &tf32)
        coder.field("bf16_tflops_hours", &bf16)
        coder.field("fp8_tflops_hours", &fp8)
    }
}

/// Adds up resource-hours into the lines of a report.
struct CapacityReport {
    private let step: StatementStep
    private let grouping: CapacityGrouping
    private let zones: [Zone]
    private let classes: [ComputeClass]
    private let window: Range<Hour>
    /// Only looked up; the order is made at the end.
    private var lines: [Place: CapacityLineView] = [:]

    private struct Place: Hashable {
        var period: Int64
        /// −1: all.
        var zone: Int
        var computeClass: Int
    }

    init(step: StatementStep, grouping: CapacityGrouping, window: Range<Hour>, catalogue: Catalogue) {
        self.step = step
        self.grouping = grouping
        self.window = window
        zones = catalogue.zones
        classes = catalogue.classes
    }

    mutating func add(_ count: CapacityCount) {
        guard zones.indices.contains(count.zone), classes.indices.contains(count.computeClass) else { return }
        let place = Place(
            period: step.number(of: count.hour.start), zone: grouping == .computeClass ? -1 : count.zone,
            computeClass: grouping == .zone ? -1 : count.computeClass)
        let rated = count.tflops
        let certified = Int64(count.certified)
        func change(_ line: inout CapacityLineView) {
            line.certified += certified
            line.outage += Int64(count.outage)
            line.available += certified - Int64(count.outage)
            line.sold += Int64(count.sold)
            line.onOffer += Int64(count.onOffer)
            if let delivered = count.deliveredDeviceSeconds {
                line.reported += Int64(count.sold)
                line.deliveredDeviceSeconds += delivered
            } else {
                line.unreported += Int64(count.sold)
            }
            Self.add(rated?.fp64, certified, to: &line.fp64)
            Self.add(rated?.fp32, certified, to: &line.fp32)
            Self.add(rated?.tf32, certified, to: &line.tf32)
            Self.add(rated?.bf16, certified, to: &line.bf16)
            Self.add(rated?.fp8, certified, to: &line.fp8)
        }
        change(&lines[place, default: CapacityLineView()])
    }

    private static func add(_ rated: Measure?, _ hours: Int64, to sum: inout MicrosSum?) {
        guard let rated else { return }
        sum = MicrosSum((sum?.rawValue ?? 0) + Int128(rated.rawValue) * Int128(hours))
    }

    /// The lines by period, zone and class, in the catalogue's order.
    func views() -> [CapacityLineView] {
        let order = lines.keys.sorted { ($0.period, $0.zone, $0.computeClass) < ($1.period, $1.zone, $1.computeClass) }
        return order.compactMap { place in
            guard var line = lines[place] else { return nil }
            line.from = max(step.start(of: place.period), window.lowerBound.start)
            line.to = min(step.start(of: place.period + 1), window.upperBound.start)
            line.zone = place.zone < 0 ? nil : zones[place.zone].code
            line.computeClass = place.computeClass < 0 ? nil : classes[place.computeClass].code
            line.availability = Self.share(Int128(line.available), Int128(line.certified))
            line.allocation = Self.share(Int128(line.sold), Int128(line.certified))
            line.utilisation = Self.share(Int128(line.deliveredDeviceSeconds), Int128(line.certified) * 3_600)
            line.deliveredShare = Self.share(Int128(line.deliveredDeviceSeconds), Int128(line.reported) * 3_600)
            return line
        }
    }

    private static func share(_ part: Int128, _ whole: Int128) -> Measure? {
        whole > 0 ? Measure(Int64(clamping: part * 1_000_000 / whole)) : nil
    }
}
