import Cryptography
import Exchange
import Foundation
import HTTPAPI
import Ledger
import Pricing
import Quantities
import Sequencer
import Synchronization
import TestSupport

/// The exchange behind a lock instead of a sequencer: every command is applied at once and nothing is stored, because
/// persistence is not what these tests are about.
final class DirectGateway: ExchangeGateway, @unchecked Sendable {
    let directory = Directory()
    let history = MemoryHistory()
    let archive = MemoryArchive()
    /// Answered instead of doing anything, where set.
    var failure: SubmissionError? {
        get { lock.withLock { storedFailure } }
        set { lock.withLock { storedFailure = newValue } }
    }
    /// How long answers to commands that nobody waits for are held back.
    var answersAfter: Duration? {
        get { lock.withLock { storedDelay } }
        set { lock.withLock { storedDelay = newValue } }
    }
    let clockMode: ClockMode

    // Guarded by the lock, which is why the class may call itself Sendable.
    private let lock = Lock()
    private let exchange = Exchange()
    private var output = ExchangeOutput()
    private var time: Timestamp
    private var storedFailure: SubmissionError?
    private var storedDelay: Duration?
    private(set) var commands = 0
    private var followers: [any FrameFollower] = []

    /// A lock that a closure cannot leave open. Whoever hears of a commit may ask for the time.
    private final class Lock: Sendable {
        private let lock = NSRecursiveLock()
        func withLock<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
            lock.lock()
            defer { lock.unlock() }
            return try body()
        }
    }

    init(operatorKey: String, start: String = "2026-11-23T00:00:00Z", clockMode: ClockMode = .simulated) {
        guard let time = Timestamp(rfc3339: start) else { preconditionFailure("no time: \(start)") }
        self.time = time
        self.clockMode = clockMode
        let genesis = Genesis(
            rulesVersion: Exchange.rulesVersion, clockMode: clockMode, operatorKeyHash: Bytes(SHA256Digest.of(operatorKey))
        )
        _ = perform(Envelope(time: time, issuer: .none, command: .genesis(genesis)))
    }

    func submit(
        _ command: Command, issuer: ParticipantID, idempotency: IdempotencyKey?
    ) async throws(SubmissionError) -> Outcome {
        try lock.withLock { () throws(SubmissionError) in
            if let storedFailure { throw storedFailure }
            passTime(to: time)
            return perform(Envelope(time: time, issuer: issuer, idempotency: idempotency, command: command))
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Exchange) -> Value) async throws(SubmissionError) -> Value {
        try lock.withLock { () throws(SubmissionError) in
            if let storedFailure { throw storedFailure }
            return body(exchange)
        }
    }

    func submit(_ submissions: [Submission]) {
        for submission in submissions {
            let result: Result<Outcome, SubmissionError> = lock.withLock {
                if let storedFailure { return .failure(storedFailure) }
                passTime(to: time)
                var decoder = BinaryDecoder(submission.command.bytes)
                guard var envelope = try? decoder.read(Envelope.self) else { preconditionFailure("a command that cannot be read back") }
                envelope.time = time
                return .success(perform(envelope))
            }
            guard let delay = answersAfter, delay > .zero else {
                submission.answer(result)
                continue
            }
            Task {
                try? await Task.sleep(for: delay)
                submission.answer(result)
            }
        }
    }

    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Exchange) -> Value, answer: @escaping @Sendable (Result<Value, SubmissionError>) -> Void
    ) {
        answer(
            lock.withLock {
                if let storedFailure { return .failure(storedFailure) }
                return .success(body(exchange))
            })
    }

    func advance(to time: Timestamp) async throws(SubmissionError) -> Timestamp {
        lock.withLock {
            passTime(to: time)
            self.time = time
            _ = perform(Envelope(time: time, issuer: .none, command: .passTime(PassTime())))
            return time
        }
    }

    func follow(_ follower: any FrameFollower) { lock.withLock { followers.append(follower) } }

    var isTrading: Bool { failure == nil }
    var now: Timestamp { lock.withLock { time } }
    var acknowledgedSequence: Int64 { lock.withLock { exchange.sequence } }
    var confirmedSequence: Int64? { failure == nil ? acknowledgedSequence : nil }
    var samples: [MetricSample] { [MetricSample("suanpan_commands_total", .counter, Int64(commands), help: "Commands applied.")] }

    /// The canonical bytes of the whole state.
    var state: [UInt8] {
        lock.withLock {
            var encoder = BinaryEncoder()
            exchange.encodeState(into: &encoder)
            return encoder.bytes
        }
    }

    private func passTime(to time: Timestamp) {
        while let due = exchange.nextDue, due <= time {
            _ = perform(Envelope(time: time, issuer: .none, command: .passTime(PassTime(entropy: Bytes(RandomBytes.drawn(32))))))
        }
    }

    private func perform(_ envelope: Envelope) -> Outcome {
        output.removeAll()
        let outcome = exchange.apply(envelope, output: &output)
        commands += 1
        var decoder = BinaryDecoder(output.events.bytes)
        for _ in 0..<output.eventCount {
            guard let event = try? decoder.read(RecordedEvent.self) else { preconditionFailure("events that cannot be read") }
            history.note(event)
            archive.note(event)
        }
        directory.committed(output.notices)
        let frame = Frame(
            firstSequence: outcome.sequence, lastSequence: outcome.sequence, rulesVersion: Exchange.rulesVersion, time: outcome.time,
            commands: [], results: [], events: output.events.bytes)
        for follower in followers where follower.wantsFrames { follower.committed(frame) }
        return outcome
    }
}

/// The past, kept from the events.
final class MemoryHistory: History {
    private struct State {
        var transfers: [PostedTransfer] = []
        var trades: [TradeView] = []
        var closed: [OrderView] = []
        var actions: [AdministrativeAction] = []
        var archived = ArchivedRecord()
        var lost: Set<DeliveryID> = []
        var failure: HistoryError?
    }

    private let state = Mutex(State())

    /// Thrown by every read, where set.
    func fail(with error: HistoryError?) { state.withLock { $0.failure = error } }

    /// Lets a row of the archive be missing.
    func lose(_ delivery: DeliveryID) { state.withLock { _ = $0.lost.insert(delivery) } }

    func note(_ recorded: RecordedEvent) {
        state.withLock { state in
            switch recorded.event {
            case .transfer(let transfer):
                state.transfers.append(PostedTransfer(transfer: transfer, sequence: recorded.sequence, time: recorded.time))
            case .trade(let trade): state.trades.append(trade)
            case .orderClosed(let order): state.closed.append(order)
            case .administered(let action): state.actions.append(action)
            case .deliveryArchived, .allocationArchived, .inputsArchived: state.archived.note(recorded.event)
            default: break
            }
        }
    }

    func transfers(
        account: AccountID?, participant: ParticipantID?, after: TransferID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [PostedTransfer] {
        // Participants' accounts are not known here: the routes have checked the account.
        try read { state in
            Array(
                state.transfers.filter { posted in
                    posted.transfer.id > after
                        && account.map { posted.transfer.debit == $0 || posted.transfer.credit == $0 } ?? true
                }.prefix(limit))
        }
    }

    func trades(
        participant: ParticipantID?, contract: ContractKey?, before: TradeID?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [TradeView] {
        try read { state in
            Array(
                state.trades.reversed().filter { trade in
                    before.map { trade.id < $0 } ?? true && contract.map { trade.contract == $0 } ?? true
                        && participant.map { trade.buyerID == $0 || trade.sellerID == $0 } ?? true
                }.prefix(limit))
        }
    }

    func trades(
        product: ProductID, since: Timestamp, before: TradeID?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [TradeView] {
        try read { state in
            Array(
                state.trades.reversed().filter { trade in
                    trade.contract.product == product && trade.time >= since && before.map { trade.id < $0 } ?? true
                }.prefix(limit))
        }
    }

    func candles(_ spans: CandleSpans, including sequence: Int64) async throws(HistoryError) -> [Candle] {
        try read { state in
            var builder = CandleBuilder(spans)
            for trade in state.trades { builder.add(trade.contract, trade.price, trade.quantity, at: trade.time) }
            return builder.candles
        }
    }

    func tradedHours(
        product: ProductID, hours: Range<Hour>, until: Timestamp, including sequence: Int64
    ) async throws(HistoryError) -> [TradedHour] {
        try read { state in
            var found: [Hour: TradedHour] = [:]
            for trade in state.trades
            where trade.contract.product == product && hours.contains(trade.contract.hour) && trade.time <= until {
                var known = found[trade.contract.hour] ?? TradedHour()
                known.hour = trade.contract.hour
                known.last = trade.price
                known.volume += Int64(trade.quantity)
                known.turnover += Int128(trade.price.notional(trade.quantity).rawValue)
                found[trade.contract.hour] = known
            }
            return found.values.sorted { $0.hour < $1.hour }
        }
    }

    func order(_ id: OrderID, including sequence: Int64) async throws(HistoryError) -> OrderView? {
        try read { $0.closed.last { $0.id == id } }
    }

    func closedOrders(
        participant: ParticipantID, contract: ContractKey?, status: OrderStatus?, before: OrderID?, limit: Int,
        including sequence: Int64
    ) async throws(HistoryError) -> [OrderView] {
        try read { state in
            Array(
                state.closed.filter { order in
                    order.participantID == participant && contract.map { order.contract == $0 } ?? true
                        && status.map { order.status == $0 } ?? true && before.map { order.id < $0 } ?? true
                }.sorted { $0.id > $1.id }.prefix(limit))
        }
    }

    func actions(
        _ filter: ActionFilter, before: Int64?, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [AdministrativeAction] {
        try read { state in
            Array(state.actions.reversed().filter { action in filter.contains(action) && before.map { action.id < $0 } ?? true }.prefix(limit))
        }
    }

    func deliveries(_ wanted: ArchivedDeliveryQuery, including sequence: Int64) async throws(HistoryError) -> [ArchivedDelivery] {
        try read { state in
            let all = state.archived.deliveries.values.filter { !state.lost.contains($0.id) }.sorted { $0.id < $1.id }
            switch wanted {
            case .numbers(let ids): return all.filter { ids.contains($0.id) }
            case .allocations(let ids, let after, let limit):
                let found = ids.enumerated().flatMap { place, id in all.filter { $0.allocation == id && (place > 0 || $0.id > after) } }
                return Array(found.prefix(limit))
            case .lines(let run, let lines, let participant, let limit):
                let own = all.filter { line in
                    line.run == run && lines.contains(line.position) && participant.map { line.holder == $0 || line.provider == $0 } ?? true
                }
                return Array(own.sorted { $0.position < $1.position }.prefix(limit))
            case .page(let participant, let contract, let after, let limit):
                return Array(
                    all.filter { delivery in
                        delivery.id > after && contract.map { delivery.contract == $0 } ?? true
                            && participant.map { delivery.holder == $0 || delivery.provider == $0 } ?? true
                    }.prefix(limit))
            case .settled(let participant, let from, let to, let after, let limit):
                let own = all.filter { $0.parties.contains(participant) && $0.settledAt >= from && $0.settledAt < to }
                let inOrder = own.sorted { ($0.settledAt, $0.id) < ($1.settledAt, $1.id) }
                return Array(inOrder.filter { delivery in after.map { ($0.time, $0.delivery) < (delivery.settledAt, delivery.id) } ?? true }.prefix(limit))
            }
        }
    }

    func allocations(_ ids: [AllocationID], including sequence: Int64) async throws(HistoryError) -> [ArchivedAllocation] {
        try read { state in ids.compactMap { state.archived.allocations[$0] } }
    }

    func allocationNumbers(
        of participant: ParticipantID, after: AllocationID, limit: Int, including sequence: Int64
    ) async throws(HistoryError) -> [AllocationID] {
        try read { state in
            let held = state.archived.allocations.values.filter { $0.holder == participant }.map(\.id)
            let provided = state.archived.deliveries.values.filter { $0.provider == participant }.map(\.allocation)
            return Array(Set(held + provided).filter { $0 > after }.sorted().prefix(limit))
        }
    }

    func inputs(products: [ProductID], hours: Range<Hour>, including sequence: Int64) async throws(HistoryError) -> [ArchivedInputs] {
        try read { state in
            state.archived.inputs.filter { products.contains($0.key.product) && hours.contains($0.key.hour) }.flatMap(\.value)
        }
    }

    private func read<Value: Sendable>(_ body: (State) -> Value) throws(HistoryError) -> Value {
        let (value, failure) = state.withLock { (body($0), $0.failure) }
        if let failure { throw failure }
        return value
    }
}

/// Sealed details, kept as they are.
final class MemoryVault: Vault {
    private let rows = Mutex<[(allocation: AllocationID, kind: HandoverKind, details: [UInt8])]>([])

    func seal(
        _ details: [UInt8], kind: HandoverKind, allocation: AllocationID
    ) async throws(VaultError) -> (version: Int64, hash: [UInt8]) {
        rows.withLock { rows in
            rows.append((allocation, kind, details))
            return (Int64(rows.count), SHA256Digest.of(details))
        }
    }

    func open(kind: HandoverKind, allocation: AllocationID, version: Int64) async throws(VaultError) -> [UInt8]? {
        rows.withLock { rows in
            let row = rows[Int(version) - 1]
            return row.allocation == allocation && row.kind == kind ? row.details : nil
        }
    }

    func erase(allocation: AllocationID) async throws(VaultError) {}

    func allocations(after: AllocationID, limit: Int) async throws(VaultError) -> [AllocationID] { [] }
}
