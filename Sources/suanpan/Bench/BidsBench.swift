import Dispatch
import Exchange
import Matching
import Quantities
import Registry

/// Measures bids in memory, command by command: the search for a flexible bid in a large market, and what a new sell order costs while
/// thousands of bids stand. One core, no journal.
struct BidsBench {
    /// Nanoseconds of single commands, ascending.
    struct Times {
        var sorted: [UInt64]
        var median: UInt64 { at(500) }
        var p99: UInt64 { at(990) }
        var longest: UInt64 { sorted.last ?? 0 }

        private func at(_ thousandths: Int) -> UInt64 { sorted.isEmpty ? 0 : sorted[min(sorted.count * thousandths / 1_000, sorted.count - 1)] }
    }

    struct Figures {
        var asks = 0
        var flexible = Times(sorted: [])
        /// How many of the flexible bids were filled.
        var filled = 0
        var standing = 0
        var sells = Times(sorted: [])
        /// Trades with standing bids that the sells filled.
        var woken = 0
        /// The same with bids of all placements, a third each.
        var mixedStanding = 0
        var mixedSells = Times(sorted: [])
        var mixedWoken = 0
    }

    let zones: Int
    let classes: Int
    let resourcesPerProduct: Int
    let hours: Int32
    let bids: Int
    let standing: Int
    let sells: Int
    let seed: UInt64

    private static let time = ExchangeStream.defaultTime
    private static let units: Quantity = 64

    /// Makes the market, then measures.
    func run() -> Figures {
        var scene = Scene(seed: seed)
        scene.list(zones: zones, classes: classes, hours: hours)
        scene.offer(resourcesPerProduct: resourcesPerProduct, hours: hours)
        var figures = Figures()
        figures.asks = scene.asks
        measureBids(&scene, &figures)
        var ids = stand(&scene, [.sameResource])
        figures.standing = ids.count
        (figures.sells, figures.woken) = measureSells(&scene)
        for (id, buyer) in ids { _ = scene.apply(.cancelBid(CancelBid(id)), buyer) }
        ids = stand(&scene, [.sameResource, .sameSite, .any])
        figures.mixedStanding = ids.count
        (figures.mixedSells, figures.mixedWoken) = measureSells(&scene)
        return figures
    }

    /// Flexible 24-hour bids for 64 devices on one resource, anywhere in the market, each in one command.
    private func measureBids(_ scene: inout Scene, _ figures: inout Figures) {
        var times: [UInt64] = []
        for number in 0..<bids {
            var spec = BidSpec()
            spec.earliestStart = scene.firstHour
            spec.latestEnd = scene.firstHour + hours
            spec.durationHours = min(24, hours)
            spec.quantity = Self.units
            spec.limitPrice = Price(9_000_000)
            let began = DispatchTime.now().uptimeNanoseconds
            let reply = scene.apply(.placeBid(spec), scene.buyers[number % scene.buyers.count])
            times.append(DispatchTime.now().uptimeNanoseconds - began)
            if case .bid(let view) = reply, view.status == .filled { figures.filled += 1 }
        }
        figures.flexible = Times(sorted: times.sorted())
    }

    /// Bids that find nothing: each for one class, below what is asked, the placements in turn. Answers those that stand.
    private func stand(_ scene: inout Scene, _ placements: [Placement]) -> [(BidID, ParticipantID)] {
        var ids: [(BidID, ParticipantID)] = []
        for number in 0..<standing {
            var spec = BidSpec()
            spec.requirements.classes = [Scene.className(scene.random.below(classes))]
            spec.durationHours = min(Int32(1 + scene.random.below(24)), hours)
            let room = Int(hours - spec.durationHours) + 1
            spec.earliestStart = scene.firstHour + Int32(scene.random.below(room))
            spec.latestEnd = min(scene.firstHour + hours, spec.earliestStart + spec.durationHours + Int32(scene.random.below(room)))
            spec.quantity = Quantity(8 * (1 + scene.random.below(8)))
            spec.limitPrice = Price(Int64(1_000_000 + 10_000 * scene.random.below(55)))
            spec.placement = placements[number % placements.count]
            spec.standing = true
            let buyer = scene.buyers[number % scene.buyers.count]
            if case .bid(let view) = scene.apply(.placeBid(spec), buyer), view.status == .standing { ids.append((view.id, buyer)) }
        }
        return ids
    }

    /// Sell orders at the prices of the market, some of them cheap enough for a bid that stands.
    private func measureSells(_ scene: inout Scene) -> (times: Times, trades: Int) {
        var times: [UInt64] = []
        let before = scene.trades
        for _ in 0..<sells {
            let resource = scene.resources[scene.random.below(scene.resources.count)]
            var spec = OrderSpec()
            spec.contract = ContractKey(product: resource.product, hour: scene.firstHour + Int32(scene.random.below(Int(hours))))
            spec.side = .sell
            spec.price = Price(Int64(1_500_000 + 10_000 * scene.random.below(100)))
            spec.quantity = Quantity(1 + scene.random.below(16))
            spec.timeInForce = .gtc
            spec.resourceID = resource.id
            let began = DispatchTime.now().uptimeNanoseconds
            _ = scene.apply(.placeOrder(spec), resource.provider)
            times.append(DispatchTime.now().uptimeNanoseconds - began)
        }
        return (Times(sorted: times.sorted()), scene.trades - before)
    }

    /// Lets bids stand that watch the product of `ExchangeStream`, and none of the contracts that it trades: what they cost an order that
    /// no bid waits for.
    static func standAside(_ count: Int, on exchange: Exchange) {
        var scene = Scene(seed: 1, exchange: exchange, firstParticipant: ParticipantID(2 + 2 * Int64(ExchangeStream.accounts)))
        scene.list(zones: 0, classes: 0, hours: 0)
        // Listed, after the last hour that is traded.
        let start = Hour(containing: Self.time) + 24 + ExchangeStream.contracts
        for number in 0..<count {
            var spec = BidSpec()
            spec.durationHours = 4
            spec.earliestStart = start
            spec.latestEnd = start + 24
            spec.quantity = units
            spec.limitPrice = Price(1_000_000)
            spec.standing = true
            let reply = scene.apply(.placeBid(spec), scene.buyers[number % scene.buyers.count])
            guard case .bid(let view) = reply, view.status == .standing else { preconditionFailure("a bid does not stand: \(reply)") }
        }
    }
}

extension BidsBench {
    /// A market of many products in which every resource asks for all of its hours.
    struct Scene {
        let exchange: Exchange
        var random: SplitMix
        var output = ExchangeOutput()
        var buyers: [ParticipantID] = []
        var resources: [(id: ResourceID, provider: ParticipantID, product: ProductID)] = []
        var products: [(id: ProductID, computeClass: String, zone: String)] = []
        var asks = 0
        private var participants: Int64
        private let root = ParticipantID(1)

        /// The first hour that is offered.
        let firstHour = Hour(containing: BidsBench.time) + 24
        var trades: Int { Int(exchange.gauges.trades) }

        static func className(_ number: Int) -> String { "CLASS-\(number)" }

        init(seed: UInt64) {
            self.init(seed: seed, exchange: Exchange(), firstParticipant: ParticipantID(2))
            let genesis = Genesis(rulesVersion: Exchange.rulesVersion, clockMode: .simulated, operatorKeyHash: Bytes([0]))
            _ = apply(.genesis(genesis), .none)
        }

        init(seed: UInt64, exchange: Exchange, firstParticipant: ParticipantID) {
            self.exchange = exchange
            random = SplitMix(state: seed)
            participants = firstParticipant.rawValue - 1
        }

        mutating func apply(_ command: Command, _ issuer: ParticipantID) -> Reply {
            output.removeAll()
            return exchange.apply(Envelope(time: BidsBench.time, issuer: issuer, command: command), output: &output).reply
        }

        private mutating func participant(_ role: Role) -> ParticipantID {
            participants += 1
            _ = apply(.createParticipant(BenchCatalogue.participant("\(role.rawValue) \(participants)", role)), root)
            let id = ParticipantID(participants)
            _ = apply(.deposit(BenchCatalogue.deposit(of: id, "bids \(participants)")), root)
            return id
        }

        /// Products of every class in every zone, and buyers.
        mutating func list(zones: Int, classes: Int, hours: Int32) {
            for zone in 0..<zones {
                _ = apply(.addZone(BenchCatalogue.zone("ZONE-\(zone)", name: "ZONE-\(zone)")), root)
            }
            for number in 0..<classes {
                let code = Self.className(number)
                _ = apply(.addComputeClass(BenchCatalogue.computeClass(code, vendor: "vendor", model: code)), root)
                for zone in 0..<zones {
                    let terms = BenchCatalogue.terms(
                        code, "ZONE-\(zone)", tick: Price(10_000), reference: Price(2_000_000), horizonHours: hours + 48)
                    if case .product(let product) = apply(.addProduct(terms), root) {
                        products.append((product.id, terms.computeClass, terms.zone))
                    }
                }
            }
            for _ in 0..<20 { buyers.append(participant(.consumer)) }
        }

        /// Every resource of every product, offered for all hours at a price of its own that moves with the hour, and more in some hours.
        mutating func offer(resourcesPerProduct: Int, hours: Int32) {
            for product in products {
                for _ in 0..<resourcesPerProduct {
                    let provider = participant(.provider)
                    let spec = BenchCatalogue.resource(product.computeClass, product.zone, units: 100_000)
                    guard case .resource(let made) = apply(.registerResource(spec), provider) else { continue }
                    var certification = Certification()
                    certification.units = 100_000
                    certification.validFrom = Hour(containing: BidsBench.time)
                    certification.validUntil = firstHour + hours + 24
                    _ = apply(.certifyResource(CertifyResource(resource: made.id, certification: certification)), root)
                    resources.append((made.id, provider, product.id))
                    var offer = OfferSpec()
                    offer.resourceID = made.id
                    offer.start = firstHour
                    offer.end = firstHour + hours
                    offer.quantity = 128
                    let base = 160 + random.below(80)
                    offer.prices = (0..<Int(hours)).map { Price(Int64(base + abs($0 % 24 - 12) + random.below(20)) * 10_000) }
                    if case .offer = apply(.postOffer(offer), provider) { asks += Int(hours) }
                    for _ in 0..<Int(hours) / 20 {
                        var ask = OrderSpec()
                        ask.contract = ContractKey(product: product.id, hour: firstHour + Int32(random.below(Int(hours))))
                        ask.side = .sell
                        ask.price = Price(Int64(base + random.below(40)) * 10_000)
                        ask.quantity = Quantity(1 + random.below(64))
                        ask.timeInForce = .gtc
                        ask.resourceID = made.id
                        if case .order = apply(.placeOrder(ask), provider) { asks += 1 }
                    }
                }
            }
        }
    }
}
