import Client
import Foundation
import Quantities

/// Six consumers, two providers with a certified resource each, a consumer with deep pockets, and a meter.
struct FaultMarket: Sendable {
    struct Trader: Sendable {
        var id: String
        var key: String
        /// Nil for a consumer.
        var resource: String?
    }

    static let operatorKey = "operator-of-the-crash-tests"

    var product = ""
    var traders: [Trader] = []
    var meterKey = ""
    /// The hours that are traded.
    var contracts: [String] = []

    /// An hour by its distance from the clock's begin.
    func hour(_ offset: Int) -> Hour { Hour(compact: "2026112300").map { $0 + Int32(offset) } ?? Hour() }
    func symbol(_ offset: Int) -> String { "\(product).\(hour(offset).compact)" }

    /// Makes it.
    ///
    /// - Returns: the deposits, as requests that were answered.
    mutating func prepare(operator venue: SuanpanClient) async throws -> [SentRequest] {
        let grid = Grid(gPerKwh: Measure(500_000_000), year: 2026, source: "none", basis: "test")
        _ = try await venue.createZone(Client.Zone(code: "CRASH", name: "Crash", country: "XX", grid: grid))
        _ = try await venue.createComputeClass(ComputeClass(code: "GPU", vendor: "test", model: "test", abi: "none"))
        var terms = Product(
            class: "GPU", zone: "CRASH", currency: "USD", tickSize: Price(10_000), referencePrice: Price(3_000_000),
            horizonHours: 8_760)
        terms.makerFeeBps = Int(TraderCheck.makerFeeBps)
        terms.takerFeeBps = 15
        terms.bondBps = Int(TraderCheck.bondBps)
        product = try await venue.createProduct(terms).code ?? ""
        contracts = (6..<14).map { symbol($0) }

        let meter = try await venue.createParticipant(NewParticipant(name: "Meter", roles: [.meter]))
        meterKey = try await venue.createKey(NewAPIKey(label: "test"), of: meter.id).key ?? ""
        var funding: [SentRequest] = []
        for number in 0..<9 {
            let isProvider = number == 6 || number == 7
            let participant = try await venue.createParticipant(
                NewParticipant(name: "Trader \(number)", roles: [isProvider ? .provider : .consumer]))
            let key = try await venue.createKey(NewAPIKey(label: "test"), of: participant.id).key ?? ""
            var trader = Trader(id: participant.id, key: key)
            if isProvider {
                let resource = try await venue.acting(with: key).registerResource(
                    NewResource(class: "GPU", zone: "CRASH", units: 5_000, siteName: "Crash"))
                try await venue.certify(
                    resource: resource.id,
                    Certification(units: 5_000, validFrom: hour(0).start, validUntil: hour(1_000).start, meterId: meter.id))
                trader.resource = resource.id
            }
            traders.append(trader)
            var deposit = try SentRequest(
                deposit: .units(number == 8 ? 1_000_000 : 20_000), to: trader, number: number, name: "funding-\(number)")
            deposit.answer = try await deposit.send(with: venue)
            funding.append(deposit)
        }
        return funding
    }
}
