import Exchange
import Quantities
import Registry
import TestSupport
import Testing

@Suite("Corrections of the catalogue")
struct CatalogueCorrectionTests {
    private func zone(_ grams: Int64) -> Zone {
        var zone = Zone()
        zone.code = "CN-GAN"
        zone.name = "CN-GAN"
        zone.country = "CN"
        var grid = Grid()
        grid.gramsPerKilowattHour = Measure(grams * 1_000_000)
        zone.grid = grid
        return zone
    }

    @Test("contracts show the version that they were listed under; new ones get the new one")
    func pins() throws {
        let pit = Pit()
        let market = pit.market
        let first = market.exchange.catalogue.version
        #expect(market.exchange.contract(pit.contract(2))?.catalogueVersion == first)
        pit.advance(minutes: 90)
        #expect(market.code(.correctZone(zone(404)), as: market.operatorID) == nil)
        #expect(market.exchange.catalogue.version == first + 1)
        #expect(market.exchange.contract(pit.contract(2))?.catalogueVersion == first)
        // Listed at 01:00, before the correction, and at 02:00, after it.
        pit.advance(minutes: 180)
        #expect(market.exchange.contract(pit.contract(1_001))?.catalogueVersion == first)
        #expect(market.exchange.contract(pit.contract(1_002))?.catalogueVersion == first + 1)
        #expect(market.exchange.catalogue.zone(of: pit.contract(1_001)).grid == nil)
        #expect(market.exchange.catalogue.zone(of: pit.contract(1_002)) == zone(404))
        #expect(market.replay().state == market.state)
    }

    @Test("a correction leaves old settlements as they are, byte for byte")
    func settlements() throws {
        func run(correcting: Bool) throws -> [[UInt8]] {
            let pit = Pit()
            let market = pit.market
            pit.trade(cents(200), 8, to: pit.alice)
            pit.advance(minutes: 180)
            pit.report(delivered: 8 * 1_800)
            if correcting {
                var computeClass = ComputeClass()
                computeClass.code = "H100-SXM"
                computeClass.vendor = "vendor"
                computeClass.model = "corrected"
                computeClass.memoryGigabytes = WholeMeasure(40)
                computeClass.abi = "rocm"
                #expect(market.code(.correctComputeClass(computeClass), as: market.operatorID) == nil)
                #expect(market.code(.correctZone(zone(404)), as: market.operatorID) == nil)
            }
            pit.advance(minutes: 300)
            let settled = market.events(since: 0).compactMap { event -> [UInt8]? in
                switch event.event {
                case .delivery(let delivery): BinaryEncoder.encode(delivery)
                case .transfer(let transfer): BinaryEncoder.encode(transfer)
                default: nil
                }
            }
            #expect(settled.count > 1)
            return settled + [BinaryEncoder.encode(try #require(market.exchange.delivery(DeliveryID(1))))]
        }
        #expect(try run(correcting: true) == run(correcting: false))
    }

    @Test("only operators correct, and only what is there; a refusal changes nothing")
    func refusals() {
        let pit = Pit()
        let market = pit.market
        let before = market.stateWithoutHeader
        var other = zone(1)
        other.code = "CN-XXX"
        #expect(market.code(.correctZone(zone(1)), as: pit.alice) == .forbidden)
        #expect(market.code(.correctZone(other), as: market.operatorID) == .notFound)
        #expect(market.code(.correctZone(Zone()), as: market.operatorID) == .invalidRequest)
        #expect(market.code(.correctComputeClass(ComputeClass()), as: market.operatorID) == .invalidRequest)
        #expect(market.code(.setNetworkPath(NetworkPath()), as: market.operatorID) == .invalidRequest)
        #expect(market.code(.setNetworkPath(NetworkPath(from: "CN-GAN", to: "CN-XXX", facts: NetworkPathFacts())), as: market.operatorID) == .notFound)
        #expect(market.code(.setNetworkPath(NetworkPath(from: "CN-GAN", to: "CN-GAN", facts: NetworkPathFacts())), as: pit.provider) == .forbidden)
        #expect(market.stateWithoutHeader == before)
    }
}
