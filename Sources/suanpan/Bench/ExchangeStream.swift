import Exchange
import Foundation
import Matching
import Quantities
import Registry

/// A stream of encoded commands for the exchange benchmark: a market of a thousand contracts, orders that rest in it, and then the mix
/// of workload W2: half of the commands new orders that rest, two fifths cancels, a tenth orders that trade at once.
///
/// Made before anything is measured, either at random from a seed or from a workload file of format CPXWL001.
struct ExchangeStream {
    /// Why there is no stream.
    enum Failure: Error, Equatable {
        case unreadable(path: String)
        /// An operation that is not what the format says, or names more than the market has.
        case malformed(operation: Int)
    }

    static let contracts: Int32 = 1_000
    static let accounts = 1_000
    static let ordersPerContract = 250
    private static let middleTicks: Int64 = 30_000

    /// Envelopes, one behind the other, stamped with `time`.
    private(set) var bytes: [UInt8] = []
    /// Where each envelope begins, and where the last one ends.
    private(set) var offsets: [Int] = [0]
    /// How many of them make the market and fill its books: not measured.
    private(set) var preparation = 0
    /// Trades that the rest and the filling of the books must bring; nil where nobody knows.
    private(set) var expectedTrades: UInt64?

    /// The clock stands still here, at the beginning of an hour.
    let time: Timestamp
    static let defaultTime = Timestamp(1_790_000_000_000_000 / Timestamp.microsecondsPerHour * Timestamp.microsecondsPerHour)
    private var product = ProductID(0)
    private var resources: [ResourceID] = []

    /// Envelopes that are measured.
    var commands: Int { offsets.count - 1 - preparation }

    private func buyer(_ account: Int) -> ParticipantID { ParticipantID(2 + Int64(account)) }
    private func seller(_ account: Int) -> ParticipantID { ParticipantID(2 + Int64(Self.accounts + account)) }

    private mutating func add(_ command: Command, _ issuer: ParticipantID) -> Envelope {
        let envelope = Envelope(time: time, issuer: issuer, command: command)
        bytes += BinaryEncoder.encode(envelope)
        offsets.append(bytes.count)
        return envelope
    }

    // MARK: The market

    /// One product, a thousand buyers with money, a thousand sellers with a resource each. What it applies is applied to `exchange`, too.
    private mutating func prepare(_ exchange: Exchange) {
        var output = ExchangeOutput()
        func apply(_ envelope: Envelope) -> Reply {
            output.removeAll()
            return exchange.apply(envelope, output: &output).reply
        }
        let root = ParticipantID(1)
        let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .simulated, operatorKeyHash: Bytes([0]))
        _ = apply(add(.genesis(genesis), .none))
        let (zone, computeClass) = (BenchCatalogue.zone(), BenchCatalogue.computeClass())
        _ = apply(add(.addZone(zone), root))
        _ = apply(add(.addComputeClass(computeClass), root))
        let terms = BenchCatalogue.terms(
            computeClass.code, zone.code, tick: Price(100), reference: Price(Self.middleTicks * 100), horizonHours: Self.contracts + 48)
        _ = apply(add(.addProduct(terms), root))
        for side in [Role.consumer, .provider] {
            for account in 0..<Self.accounts {
                let spec = BenchCatalogue.participant("\(side.rawValue) \(account)", side)
                _ = apply(add(.createParticipant(spec), root))
                let id = side == .consumer ? buyer(account) : seller(account)
                _ = apply(add(.deposit(BenchCatalogue.deposit(of: id, spec.name)), root))
            }
        }
        for account in 0..<Self.accounts {
            let spec = BenchCatalogue.resource(computeClass.code, zone.code, units: Quantity.limit)
            guard case .resource(let made) = apply(add(.registerResource(spec), seller(account))) else { continue }
            var certification = Certification()
            certification.units = Quantity.limit
            certification.validFrom = Hour(containing: time)
            certification.validUntil = Hour(containing: time) + Self.contracts + 48
            _ = apply(add(.certifyResource(CertifyResource(resource: made.id, certification: certification)), root))
            resources.append(made.id)
        }
    }

    /// An envelope of the stream as a command to submit.
    func command(_ index: Int) -> EncodedCommand { EncodedCommand(envelope: Array(bytes[offsets[index]..<offsets[index + 1]])) }

    /// An order that rests, at a geometric distance from the middle, or one that trades at once.
    func order(_ random: inout SplitMix, isTrading: Bool) -> (Command, ParticipantID) {
        let mixed = MixedOrder(&random, isTrading: isTrading, contracts: Int(Self.contracts)) { _ in Self.accounts }
        return order(mixed.side, Self.middleTicks + mixed.offset, mixed.quantity, in: Int32(mixed.contract), mixed.account)
    }

    private func order(_ side: Side, _ ticks: Int64, _ quantity: Quantity, in contract: Int32, _ account: Int) -> (Command, ParticipantID) {
        var spec = OrderSpec()
        spec.contract = ContractKey(product: product, hour: Hour(containing: time) + 24 + contract)
        spec.side = side
        spec.price = Price(ticks * 100)
        spec.quantity = quantity
        spec.timeInForce = .gtc
        guard side == .sell else { return (.placeOrder(spec), buyer(account)) }
        spec.resourceID = resources[account]
        return (.placeOrder(spec), seller(account))
    }

    /// An order of one account in an hour that the mix leaves alone, at the middle.
    func unitOrder(_ side: Side, _ quantity: Quantity, _ hour: Hour, _ account: Int) -> EncodedCommand {
        var (command, issuer) = order(side, Self.middleTicks, quantity, in: 0, account)
        if case .placeOrder(var spec) = command {
            spec.contract.hour = hour
            command = .placeOrder(spec)
        }
        return EncodedCommand(command, issuer: issuer)
    }

    // MARK: From a file

    /// The operations of a workload file: every symbol a contract, every account a buyer and a seller, so that none trades with itself.
    init(contentsOf path: String) throws(Failure) {
        time = Self.defaultTime
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe), data.count >= 128,
            data.prefix(8).elementsEqual("CPXWL001".utf8)
        else { throw .unreadable(path: path) }
        func number<I: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, _: I.Type) -> I {
            data.withUnsafeBytes { unsafe I(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: I.self)) }
        }
        let count = Int(clamping: number(16, UInt64.self))
        let orders = Int(clamping: number(56, UInt64.self))
        guard count <= (data.count - 128) / 32, orders <= count else { throw .malformed(operation: 0) }
        prepare(Exchange())
        let filling = Int(clamping: number(24, UInt64.self))
        var accounts = [UInt32](repeating: 0, count: orders + 1)
        for operation in 0..<count {
            if operation == filling { preparation = offsets.count - 1 }
            let record = 128 + operation * 32
            let side: Side = data[data.startIndex + record + 1] == 0 ? .buy : .sell
            let symbol = number(record + 4, UInt32.self)
            let id = Int(clamping: number(record + 8, UInt64.self))
            let (price, quantity, account) = (
                number(record + 16, Int64.self), number(record + 24, UInt32.self), number(record + 28, UInt32.self)
            )
            guard symbol < UInt32(Self.contracts), id >= 1, id <= orders, price > 0, price < 1 << 32, Int(account) < Self.accounts
            else { throw .malformed(operation: operation) }
            if data[data.startIndex + record] == 0 {
                accounts[id] = account
                let (command, issuer) = order(side, price, quantity, in: Int32(symbol), Int(account))
                _ = add(command, issuer)
            } else {
                let issuer = side == .buy ? buyer(Int(accounts[id])) : seller(Int(accounts[id]))
                _ = add(.cancelOrder(CancelOrder(OrderReference(id: OrderID(Int64(id))))), issuer)
            }
        }
        expectedTrades = number(64, UInt64.self)
    }

    // MARK: At random

    /// `commands` commands of the mix: orders at a geometric distance from the middle, cancels of orders that are open then.
    init(commands: Int, seed: UInt64, at time: Timestamp = defaultTime) {
        self.time = time
        let exchange = Exchange()
        prepare(exchange)
        var random = SplitMix(state: seed)
        var output = ExchangeOutput()
        var live: [(order: OrderID, issuer: ParticipantID)] = []
        func place(_ made: (Command, ParticipantID), _ envelope: Envelope) {
            output.removeAll()
            if case .order(let receipt) = exchange.apply(envelope, output: &output).reply, receipt.order.status.isLive {
                live.append((receipt.order.id, made.1))
            }
        }
        func resting(in contract: Int32) -> (Command, ParticipantID) {
            var distance: Int64 = 1
            while distance < 100, random.below(1_000) >= 80 { distance += 1 }
            let side: Side = random.below(2) == 0 ? .buy : .sell
            let ticks = Self.middleTicks + (side == .buy ? -distance : distance)
            return order(side, ticks, Quantity(1 + random.below(100)), in: contract, random.below(Self.accounts))
        }
        for contract in 0..<Self.contracts {
            for _ in 0..<Self.ordersPerContract {
                let made = resting(in: contract)
                place(made, add(made.0, made.1))
            }
        }
        preparation = offsets.count - 1
        while self.commands < commands {
            let kind = random.below(10)
            let contract = Int32(random.below(Int(Self.contracts)))
            if kind == 0 {
                let side: Side = random.below(2) == 0 ? .buy : .sell
                let ticks = Self.middleTicks + (side == .buy ? 8 : -8)
                let made = order(side, ticks, Quantity(1 + random.below(100)), in: contract, random.below(Self.accounts))
                place(made, add(made.0, made.1))
            } else if kind <= 5 || live.isEmpty {
                let made = resting(in: contract)
                place(made, add(made.0, made.1))
            } else {
                let index = random.below(live.count)
                let (id, issuer) = live[index]
                live.swapAt(index, live.count - 1)
                live.removeLast()
                guard exchange.order(OrderReference(id: id), of: issuer)?.status.isLive == true else { continue }
                output.removeAll()
                _ = exchange.apply(add(.cancelOrder(CancelOrder(OrderReference(id: id))), issuer), output: &output)
            }
        }
    }
}

/// SplitMix64: the same seed gives the same numbers on every machine.
struct SplitMix {
    var state: UInt64

    /// A number below `bound`.
    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(bound))
    }
}
