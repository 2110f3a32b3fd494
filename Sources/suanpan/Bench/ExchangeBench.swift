import Exchange
import Foundation
import Matching
import Quantities
import Registry

/// Measures the whole exchange in memory: checks, matching, escrow, events and the frame's bytes, one core, no journal.
///
/// The mix of the shared workload W2: a thousand contracts, half of the commands new orders that rest, two fifths
/// cancels, a tenth orders that trade at once.
struct ExchangeBench {
    /// One run's figures.
    struct Figures {
        var commands: Int
        var seconds: Double
        var trades: Int
        var refused: Int
        var eventBytes: Int
        var openOrders: Int
    }

    static let contracts: Int32 = 1_000
    static let ordersPerContract = 250

    private var exchange = Exchange()
    private var output = ExchangeOutput()
    private var commandBytes = BinaryEncoder()
    private var replyBytes = BinaryEncoder()
    private var random: UInt64
    private let start = Timestamp(1_790_000_000_000_000 / Timestamp.microsecondsPerHour * Timestamp.microsecondsPerHour)
    private var product = ProductID(0)
    private var buyers: [ParticipantID] = []
    private var sellers: [(provider: ParticipantID, resource: ResourceID)] = []
    private var live: [(order: OrderID, issuer: ParticipantID)] = []
    private var middle: [Int64] = []
    private var refused = 0
    private var trades = 0

    init(seed: UInt64) {
        random = seed
        middle = (0..<Self.contracts).map { _ in 20_000 }
        prepare()
    }

    private mutating func below(_ bound: UInt64) -> UInt64 {
        random &+= 0x9E37_79B9_7F4A_7C15
        var word = random
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return (word ^ (word >> 31)) % bound
    }

    @discardableResult
    private mutating func apply(_ command: Command, _ issuer: ParticipantID) -> Outcome {
        let envelope = Envelope(time: start, issuer: issuer, command: command)
        let outcome = exchange.apply(envelope, output: &output)
        commandBytes.append(envelope)
        replyBytes.append(outcome.reply)
        return outcome
    }

    private mutating func prepare() {
        let root = ParticipantID(1)
        apply(.genesis(Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .simulated, operatorKeyHash: Bytes([0]))), .none)
        var zone = Zone()
        zone.code = "CN-GAN"
        zone.name = "Gui'an"
        zone.country = "CN"
        apply(.addZone(zone), root)
        var computeClass = ComputeClass()
        computeClass.code = "H100-SXM"
        computeClass.vendor = "NVIDIA"
        computeClass.model = "H100 SXM5"
        computeClass.abi = "cuda"
        apply(.addComputeClass(computeClass), root)
        var terms = ProductTerms()
        terms.computeClass = "H100-SXM"
        terms.zone = "CN-GAN"
        terms.currency = Currency(unchecked: "USD")
        terms.tickSize = Price(100)
        terms.lotSize = 1
        terms.makerFee = 5
        terms.takerFee = 15
        terms.priceBand = 9_000
        terms.referencePrice = Price(2_000_000)
        terms.horizonHours = Self.contracts + 48
        apply(.addProduct(terms), root)
        for number in 0..<100 { addBuyer(number) }
        for number in 0..<100 { addSeller(number) }
        for contract in 0..<Self.contracts {
            for _ in 0..<Self.ordersPerContract { rest(in: contract) }
        }
    }

    private mutating func participant(_ name: String, _ role: Role) -> ParticipantID {
        var spec = ParticipantSpec()
        spec.name = name
        spec.roles = [role]
        let id: ParticipantID
        if case .participant(let participant) = apply(.createParticipant(spec), ParticipantID(1)).reply { id = participant.id } else { id = .none }
        let money = MoneyMovement(
            participantID: id, currency: Currency(unchecked: "USD"), amount: .units(10_000_000_000), reference: name)
        apply(.deposit(money), ParticipantID(1))
        return id
    }

    private mutating func addBuyer(_ number: Int) { buyers.append(participant("buyer \(number)", .consumer)) }

    private mutating func addSeller(_ number: Int) {
        let provider = participant("seller \(number)", .provider)
        var spec = ResourceSpec()
        spec.computeClass = "H100-SXM"
        spec.zone = "CN-GAN"
        spec.units = 1_000_000
        guard case .resource(let resource) = apply(.registerResource(spec), provider).reply else { return }
        var certification = Certification()
        certification.units = 1_000_000
        certification.validFrom = Hour(containing: start)
        certification.validUntil = Hour(containing: start) + Self.contracts + 48
        apply(.certifyResource(CertifyResource(resource: resource.id, certification: certification)), ParticipantID(1))
        sellers.append((provider, resource.id))
    }

    private mutating func place(_ side: Side, _ ticks: Int64, in contract: Int32) {
        var spec = OrderSpec()
        spec.contract = ContractKey(product: product, hour: Hour(containing: start) + 24 + contract)
        spec.side = side
        spec.price = Price(max(2_100, ticks) * 100)
        spec.quantity = Quantity(1 + below(100))
        spec.timeInForce = .gtc
        let issuer: ParticipantID
        if side == .buy {
            issuer = buyers[Int(below(UInt64(buyers.count)))]
        } else {
            let seller = sellers[Int(below(UInt64(sellers.count)))]
            issuer = seller.provider
            spec.resourceID = seller.resource
        }
        switch apply(.placeOrder(spec), issuer).reply {
        case .order(let receipt):
            trades += receipt.trades.count
            if receipt.order.status.isLive { live.append((receipt.order.id, issuer)) }
        default: refused += 1
        }
    }

    /// An order at a geometric distance from the middle, on its own side.
    private mutating func rest(in contract: Int32) {
        var distance: Int64 = 1
        while distance < 100, below(1_000) >= 80 { distance += 1 }
        let side: Side = below(2) == 0 ? .buy : .sell
        place(side, middle[Int(contract)] + (side == .buy ? -distance : distance), in: contract)
    }

    private mutating func step() {
        let contract = Int32(below(UInt64(Self.contracts)))
        let kind = below(1_000)
        if kind < 100 {
            let side: Side = below(2) == 0 ? .buy : .sell
            place(side, middle[Int(contract)] + (side == .buy ? 8 : -8), in: contract)
        } else if kind < 100 + 500 || live.isEmpty {
            rest(in: contract)
        } else {
            let index = Int(below(UInt64(live.count)))
            let (order, issuer) = live[index]
            live[index] = live[live.count - 1]
            live.removeLast()
            if case .refused = apply(.cancelOrder(CancelOrder(OrderReference(id: order))), issuer).reply { refused += 1 }
        }
    }

    /// Runs `commands` commands in frames of 1,000.
    mutating func run(commands: Int) -> Figures {
        trades = 0
        refused = 0
        var bytes = 0
        let begin = DispatchTime.now().uptimeNanoseconds
        for number in 1...commands {
            step()
            if number % 1_000 == 0 {
                bytes += output.events.bytes.count + commandBytes.bytes.count + replyBytes.bytes.count
                output.removeAll()
                commandBytes.removeAll()
                replyBytes.removeAll()
            }
        }
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
        return Figures(
            commands: commands, seconds: seconds, trades: trades, refused: refused, eventBytes: bytes, openOrders: live.count
        )
    }
}
