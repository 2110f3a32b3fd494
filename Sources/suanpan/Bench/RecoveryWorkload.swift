import Exchange
import Matching
import Quantities
import Registry

/// Commands that leave as many open orders as asked and then go on trading: the same seed gives the same ones.
///
/// A thousand contracts; after the resting orders half of the commands are new ones that rest, two fifths cancel, a tenth trades.
struct RecoveryWorkload {
    static let contracts: Int32 = 1_000
    static let middleTicks: Int64 = 20_000

    /// Before everything: the clock stands still here.
    let time = Timestamp(1_790_000_000_000_000 / Timestamp.microsecondsPerHour * Timestamp.microsecondsPerHour)
    private var random: UInt64
    private var buyers: [ParticipantID] = []
    private var sellers: [(provider: ParticipantID, resource: ResourceID)] = []
    private var live: [(order: OrderID, issuer: ParticipantID)] = []

    init(seed: UInt64) { random = seed }

    /// Orders that rested and were not cancelled.
    var openOrders: Int { live.count }

    /// Makes the market: one product, a hundred buyers with money, a hundred sellers with resources.
    mutating func prepare(_ apply: (Command, ParticipantID) throws -> Reply) rethrows {
        let root = ParticipantID(1)
        _ = try apply(.genesis(Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .simulated, operatorKeyHash: Bytes([0]))), .none)
        let (zone, computeClass) = (BenchCatalogue.zone(), BenchCatalogue.computeClass())
        _ = try apply(.addZone(zone), root)
        _ = try apply(.addComputeClass(computeClass), root)
        let terms = BenchCatalogue.terms(
            computeClass.code, zone.code, tick: Price(100), reference: Price(Self.middleTicks * 100), horizonHours: Self.contracts + 48)
        _ = try apply(.addProduct(terms), root)
        for number in 0..<100 {
            if let buyer = try participant("buyer \(number)", .consumer, apply) { buyers.append(buyer) }
            guard let seller = try participant("seller \(number)", .provider, apply) else { continue }
            if let resource = try resource(of: seller, apply) { sellers.append((seller, resource)) }
        }
    }

    private func participant(
        _ name: String, _ role: Role, _ apply: (Command, ParticipantID) throws -> Reply
    ) rethrows -> ParticipantID? {
        guard case .participant(let made) = try apply(.createParticipant(BenchCatalogue.participant(name, role)), ParticipantID(1)) else { return nil }
        _ = try apply(.deposit(BenchCatalogue.deposit(of: made.id, name, units: 10_000_000_000)), ParticipantID(1))
        return made.id
    }

    private func resource(
        of provider: ParticipantID, _ apply: (Command, ParticipantID) throws -> Reply
    ) rethrows -> ResourceID? {
        let spec = BenchCatalogue.resource(BenchCatalogue.computeClass().code, BenchCatalogue.zone().code, units: Quantity.limit)
        guard case .resource(let made) = try apply(.registerResource(spec), provider) else { return nil }
        var certification = Certification()
        certification.units = Quantity.limit
        certification.validFrom = Hour(containing: time)
        certification.validUntil = Hour(containing: time) + Self.contracts + 48
        _ = try apply(.certifyResource(CertifyResource(resource: made.id, certification: certification)), ParticipantID(1))
        return made.id
    }

    private mutating func below(_ bound: Int) -> Int {
        random &+= 0x9E37_79B9_7F4A_7C15
        var word = random
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((word ^ (word >> 31)) % UInt64(bound))
    }

    /// An order that rests: 16 to 115 ticks away from the middle, on its own side.
    mutating func resting() -> (Command, ParticipantID) {
        let side: Side = below(2) == 0 ? .buy : .sell
        let distance = Int64(16 + below(100))
        return order(side, Self.middleTicks + (side == .buy ? -distance : distance))
    }

    /// The next command of the mix.
    mutating func next() -> (Command, ParticipantID) {
        let kind = below(10)
        if kind == 0 {
            let side: Side = below(2) == 0 ? .buy : .sell
            return order(side, Self.middleTicks + (side == .buy ? 20 : -20))
        }
        guard kind > 5, !live.isEmpty else { return resting() }
        let index = below(live.count)
        let (id, issuer) = live[index]
        live.swapAt(index, live.count - 1)
        live.removeLast()
        return (.cancelOrder(CancelOrder(OrderReference(id: id))), issuer)
    }

    /// Remembers an order that rests, to cancel it later.
    mutating func note(_ reply: Reply, of issuer: ParticipantID) {
        guard case .order(let receipt) = reply, receipt.order.status.isLive else { return }
        live.append((receipt.order.id, issuer))
    }

    private mutating func order(_ side: Side, _ ticks: Int64) -> (Command, ParticipantID) {
        var spec = OrderSpec()
        spec.contract = ContractKey(
            product: ProductID(0), hour: Hour(containing: time) + 24 + Int32(below(Int(Self.contracts))))
        spec.side = side
        spec.price = Price(ticks * 100)
        spec.quantity = Quantity(1 + below(100))
        spec.timeInForce = .gtc
        guard side == .sell else { return (.placeOrder(spec), buyers[below(buyers.count)]) }
        let seller = sellers[below(sellers.count)]
        spec.resourceID = seller.resource
        return (.placeOrder(spec), seller.provider)
    }
}
