import Quantities

/// A record with a field of every kind, for the tests of coders.
struct SampleRecord: Record, Equatable {
    var flag = false
    var small: UInt16 = 0
    var signed: Int32 = 0
    var wide: UInt64 = 0
    var amount = Micros.zero
    var price = Price()
    var measure: Measure?
    var whole: WholeMeasure?
    var time = Timestamp()
    var hour = Hour()
    var text = ""
    var hash = Bytes()
    var inner: Inner?
    var list: [Inner] = []
    var code = RefusalCode.invalidRequest
    var order = OrderID()
    var product = ProductID()
    var contract = ContractKey()

    struct Inner: Record, Equatable {
        var name = ""
        var counts: [UInt32] = []

        mutating func fields<C: FieldCoder>(_ coder: inout C) {
            coder.field("name", &name)
            coder.field("counts", &counts)
        }
    }

    mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("flag", &flag)
        coder.field("small", &small)
        coder.field("signed", &signed)
        coder.field("wide", &wide)
        coder.field("amount", &amount)
        coder.field("price", &price)
        coder.field("measure", &measure)
        coder.field("whole", &whole)
        coder.field("time", &time)
        coder.field("hour", &hour)
        coder.field("text", &text)
        coder.field("hash", &hash)
        coder.field("inner", &inner)
        coder.field("list", &list)
        coder.field("code", &code)
        coder.field("order", &order)
        coder.field("product", &product)
        coder.field("contract", &contract)
    }

    /// A record drawn from `generator`, extreme values included.
    static func random<G: RandomNumberGenerator>(using generator: inout G) -> SampleRecord {
        func inner(_ generator: inout G) -> Inner {
            Inner(
                name: ["", "plain", "Gui'an 贵安", "\u{0}\u{7F}🧮"].randomElement(using: &generator) ?? "",
                counts: (0..<Int.random(in: 0...3, using: &generator)).map { _ in .random(in: .min ... .max, using: &generator) }
            )
        }
        var record = SampleRecord()
        record.flag = Bool.random(using: &generator)
        record.small = .random(in: .min ... .max, using: &generator)
        record.signed = [.min, -1, 0, .max, .random(in: .min ... .max, using: &generator)].randomElement(using: &generator) ?? 0
        record.wide = .random(in: .min ... .max, using: &generator)
        record.amount = Micros([.min, .max, 0, -1].randomElement(using: &generator) ?? 0)
        record.price = Price(.random(in: 1...Price.limit.rawValue, using: &generator))
        if Bool.random(using: &generator) { record.measure = Measure(.random(in: .min ... .max, using: &generator)) }
        if Bool.random(using: &generator) { record.whole = WholeMeasure(.random(in: 0...1_000, using: &generator)) }
        record.time = Timestamp(.random(in: 0..<Timestamp.limit.microseconds, using: &generator))
        record.hour = Hour(.random(in: 0...2_016_143, using: &generator))
        record.text = inner(&generator).name
        record.hash = Bytes((0..<Int.random(in: 0...32, using: &generator)).map { _ in .random(in: 0...255, using: &generator) })
        if Bool.random(using: &generator) { record.inner = inner(&generator) }
        record.list = (0..<Int.random(in: 0...4, using: &generator)).map { _ in inner(&generator) }
        record.code = RefusalCode.allCases.randomElement(using: &generator) ?? .conflict
        record.order = OrderID(.random(in: 0 ... .max, using: &generator))
        record.product = ProductID(.random(in: 0 ... .max, using: &generator))
        record.contract = ContractKey(product: record.product, hour: record.hour)
        return record
    }
}
