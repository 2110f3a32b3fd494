import Exchange
import Postgres
import Quantities

/// A row whose body is a record in the journal's binary form, and whose other columns say what stands in the body.
protocol BodyRow: KeyedRow {
    associatedtype Content: Record
    var sequence: Int64 { get }
    var body: [UInt8] { get }
    /// The row of a record.
    init(_ content: Content, sequence: Int64)
    /// Whether the record can stand where it does, beside what its columns say.
    static func isPossible(_ content: Content) -> Bool
}

extension BodyRow {
    static func isPossible(_ content: Content) -> Bool { true }

    /// The record in the body.
    ///
    /// - Throws: where it is none, or one of which a column says something else: what a row is found by is what decides who is shown it.
    func archived() throws(PostgresError) -> Content {
        let content: Content
        do throws(BinaryDecoder.Failure) {
            content = try BinaryDecoder.decode(Content.self, from: body)
        } catch {
            throw fault("its body: \(error)")
        }
        let row = Self(content, sequence: sequence)
        guard row.values == values, Self.isPossible(content) else { throw fault("its body says something else than its columns") }
        return content
    }

    private func fault(_ reason: String) -> PostgresError {
        PostgresError(.unexpectedResult, "\(Self.table): row \(key.map(String.init).joined(separator: ", ")): \(reason)")
    }
}

/// A row of `archived_deliveries`: a delivery as it left the exchange's memory.
struct ArchivedDeliveryRow: BodyRow {
    var id: Int64
    var allocation: Int64
    var holder: Int64
    var provider: Int64
    var run: Int64
    var position: Int64
    var settledAt: Int64
    var sequence: Int64
    var contract: ContractKey
    var body: [UInt8]

    static let table = "archived_deliveries"
    static let columns = [
        "id", "allocation", "holder", "provider", "run", "position", "settled_at_micros", "sequence", "product", "hour", "body",
    ]
    static let keyColumns = ["id"]
    var key: [Int64] { [id] }

    init(_ archived: ArchivedDelivery, sequence: Int64) {
        id = archived.id.rawValue
        allocation = archived.allocation.rawValue
        holder = archived.holder.rawValue
        provider = archived.provider.rawValue
        run = archived.run.rawValue
        position = archived.position
        settledAt = archived.settledAt.microseconds
        self.sequence = sequence
        contract = archived.contract
        body = BinaryEncoder.encode(archived)
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        for value in [id, allocation, holder, provider, run, position, settledAt, sequence] { try sink.bigint(value) }
        try sink.integer(contract.productColumn)
        try sink.integer(contract.hour.hoursSince1970)
        try sink.bytes(body)
    }

    init(_ row: Row) throws(PostgresError) {
        id = try row.int64(0)
        allocation = try row.int64(1)
        holder = try row.int64(2)
        provider = try row.int64(3)
        run = try row.int64(4)
        position = try row.int64(5)
        settledAt = try row.int64(6)
        sequence = try row.int64(7)
        contract = try row.contract(8)
        body = try row.bytes(10)
    }

    static func isPossible(_ archived: ArchivedDelivery) -> Bool { archived.run.rawValue > 0 && archived.position >= 0 }
}

/// A row of `archived_parties`: somebody who bought or sold an archived delivery.
struct ArchivedPartyRow: KeyedRow {
    var participant: Int64
    var settledAt: Int64
    var delivery: Int64

    static let table = "archived_parties"
    static let columns = ["participant", "settled_at_micros", "delivery"]
    static let keyColumns = columns
    var id: Int64 { delivery }
    var key: [Int64] { [participant, settledAt, delivery] }

    /// The rows of a delivery.
    static func all(of archived: ArchivedDelivery) -> [ArchivedPartyRow] {
        archived.parties.map {
            ArchivedPartyRow(participant: $0.rawValue, settledAt: archived.settledAt.microseconds, delivery: archived.id.rawValue)
        }
    }

    private init(participant: Int64, settledAt: Int64, delivery: Int64) {
        self.participant = participant
        self.settledAt = settledAt
        self.delivery = delivery
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        for value in key { try sink.bigint(value) }
    }

    init(_ row: Row) throws(PostgresError) {
        participant = try row.int64(0)
        settledAt = try row.int64(1)
        delivery = try row.int64(2)
    }
}

/// A row of `archived_allocations`: an allocation as it left the exchange's memory.
struct ArchivedAllocationRow: BodyRow {
    var id: Int64
    var holder: Int64
    var sequence: Int64
    var body: [UInt8]

    static let table = "archived_allocations"
    static let columns = ["id", "holder", "sequence", "body"]
    static let keyColumns = ["id"]
    var key: [Int64] { [id] }

    init(_ archived: ArchivedAllocation, sequence: Int64) {
        id = archived.id.rawValue
        holder = archived.holder.rawValue
        self.sequence = sequence
        body = BinaryEncoder.encode(archived)
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        try sink.bigint(id)
        try sink.bigint(holder)
        try sink.bigint(sequence)
        try sink.bytes(body)
    }

    init(_ row: Row) throws(PostgresError) {
        id = try row.int64(0)
        holder = try row.int64(1)
        sequence = try row.int64(2)
        body = try row.bytes(3)
    }
}

/// A row of `archived_inputs`: some of the sales that a contract's indices are made of.
struct ArchivedInputsRow: BodyRow {
    var contract: ContractKey
    var start: Int64
    var sequence: Int64
    var body: [UInt8]

    static let table = "archived_inputs"
    static let columns = ["product", "hour", "start", "sequence", "body"]
    static let keyColumns = ["product", "hour", "start"]
    var id: Int64 { start }
    var key: [Int64] { [Int64(contract.productColumn), Int64(contract.hour.hoursSince1970), start] }

    init(_ archived: ArchivedInputs, sequence: Int64) {
        contract = archived.contract
        start = archived.start
        self.sequence = sequence
        body = BinaryEncoder.encode(archived)
    }

    func write<Sink: ColumnSink & ~Copyable>(to sink: inout Sink) throws(PostgresError) {
        try sink.integer(contract.productColumn)
        try sink.integer(contract.hour.hoursSince1970)
        try sink.bigint(start)
        try sink.bigint(sequence)
        try sink.bytes(body)
    }

    init(_ row: Row) throws(PostgresError) {
        contract = try row.contract(0)
        start = try row.int64(2)
        sequence = try row.int64(3)
        body = try row.bytes(4)
    }
}
