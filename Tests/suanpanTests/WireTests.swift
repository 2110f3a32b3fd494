import Client
import Foundation
import Quantities
import Testing

@Suite("The client's JSON")
struct WireTests {
    private func text(_ value: some Encodable) throws -> String {
        String(decoding: try Wire.encoder().encode(value), as: UTF8.self)
    }

    @Test("decimals are strings and lose nothing", arguments: [1, 999_999, 1_000_000, 2_350_000, 1_000_000_000_000])
    func decimalsRoundTrip(millionths: Int64) throws {
        #expect(try Wire.decoder().decode([Price].self, from: Wire.encoder().encode([Price(millionths)])) == [Price(millionths)])
        #expect(try Wire.decoder().decode([Micros].self, from: Wire.encoder().encode([Micros(-millionths)])) == [Micros(-millionths)])
        #expect(try Wire.decoder().decode([Measure].self, from: Wire.encoder().encode([Measure(millionths)])) == [Measure(millionths)])
    }

    @Test("a decimal that is a number, has seven decimals or is no figure is refused", arguments: [
        "[2.35]", "[\"0.1234567\"]", "[\"x\"]", "[\"\"]", "[\"1e3\"]", "[\"99999999999999999999\"]",
    ])
    func refusesDecimals(json: String) {
        #expect(throws: (any Error).self) { try Wire.decoder().decode([Price].self, from: Data(json.utf8)) }
    }

    @Test("an order has the contract's names and leaves out what is absent")
    func orderNames() throws {
        let order = NewOrder(contract: "T4.X.2026112314", side: .sell, price: Price(2_350_000), quantity: 3, resourceId: "res_1")
        #expect(
            try text(order)
                == #"{"contract":"T4.X.2026112314","price":"2.3500","quantity":3,"resource_id":"res_1","side":"sell","time_in_force":"gtc","type":"limit"}"#
        )
    }

    @Test("names with digits and single letters are the contract's")
    func compoundNames() throws {
        var computeClass = ComputeClass(code: "T4", vendor: "v", model: "m", abi: "cuda")
        computeClass.memoryBandwidthGbS = 320
        computeClass.tdpW = 70
        computeClass.scaleUpLinkGbS = 64
        computeClass.tflops = Throughput(bf16: Measure(65_130_000))
        #expect(
            try text(computeClass)
                == #"{"abi":"cuda","code":"T4","memory_bandwidth_gb_s":320,"model":"m","scale_up_link_gb_s":64,"tdp_w":70,"tflops":{"bf16":"65.13"},"vendor":"v"}"#
        )
        let grid = Grid(gPerKwh: Measure(636_100_000), year: 2023, source: "s", basis: "b")
        #expect(try text(grid) == #"{"basis":"b","g_per_kwh":"636.1","source":"s","year":2023}"#)
        let read = try Wire.decoder().decode(Grid.self, from: Wire.encoder().encode(grid))
        #expect(read.gPerKwh == grid.gPerKwh)
        let computed = try Wire.decoder().decode(ComputeClass.self, from: Wire.encoder().encode(computeClass))
        #expect(computed.memoryBandwidthGbS == 320 && computed.tdpW == 70)
    }

    @Test("the first meter report says null, because its hash covers the name")
    func firstReport() throws {
        let report = NewMeterReport(
            resourceId: "res_1", hour: Timestamp(1_795_442_400_000_000), sequence: 1, previousHash: nil,
            deliveredDeviceSeconds: 3_600, itEnergyKwh: Measure(700_000)
        )
        #expect(
            try text(report)
                == #"{"delivered_device_seconds":3600,"hour":"2026-11-23T14:00:00Z","it_energy_kwh":"0.7","previous_hash":null,"resource_id":"res_1","sequence":1}"#
        )
    }

    @Test("an answer's unknown names are ignored, and absent ones are nil")
    func readsLeniently() throws {
        let json = #"{"id":"bid_1","status":"filled","cost":"97.600000","new_name":{"a":[1]},"legs":[{"contract":"c","quantity":8,"trades":[]}],"best_available":{"average_price":"1.0000"}}"#
        let bid = try Wire.decoder().decode(Bid.self, from: Data(json.utf8))
        #expect(bid.cost == Micros(97_600_000))
        #expect(bid.legs?.first?.quantity == 8)
        #expect(bid.allocationId == nil)
        #expect(bid.bestAvailable?[path: "average_price"] == .string("1.0000"))
    }

    @Test("a problem keeps its code, field and detail")
    func readsProblem() throws {
        let json = #"{"type":"about:blank","title":"t","status":422,"detail":"d","code":"price_off_tick","field":"price","request_id":"r"}"#
        let problem = try Wire.decoder().decode(Problem.self, from: Data(json.utf8))
        #expect(problem.status == 422 && problem.code == "price_off_tick" && problem.field == "price" && problem.requestId == "r")
    }

    @Test("any JSON keeps its values, and paths go through names and positions")
    func anyValue() throws {
        let value = try JSONValue(parsing: Array(#"{"a":[{"b_c":1},null,true,"x"],"d":-9007199254740993}"#.utf8))
        #expect(value[path: "a.0.b_c"] == .integer(1))
        #expect(value[path: "a.1"] == .null)
        #expect(value[path: "a.4"] == nil && value[path: "d.x"] == nil && value[path: "e"] == nil)
        #expect(value[path: "d"] == .integer(-9_007_199_254_740_993))
        #expect(String(decoding: try value.serialized(), as: UTF8.self) == #"{"a":[{"b_c":1},null,true,"x"],"d":-9007199254740993}"#)
    }

    @Test("an address is http or https without a query", arguments: ["127.0.0.1:8080", "ftp://x", "http://x?y=1", "http://x y"])
    func refusesAddress(url: String) {
        #expect(throws: ClientFault.malformedURL(url)) { try SuanpanClient(url: url) }
    }

    @Test("a repetition waits as long as the server asks, within the policy's bound", arguments: [
        (1, nil, 50), (3, nil, 200), (20, nil, 5_000), (1, "2", 2_000), (1, "60", 5_000), (1, "-1", 0), (2, "soon", 100),
    ] as [(Int, String?, Int)])
    func pauses(attempt: Int, retryAfter: String?, milliseconds: Int) {
        #expect(RetryPolicy.standard.pauseMilliseconds(afterAttempt: attempt, retryAfter: retryAfter) == milliseconds)
    }
}
