import CAllocationCount
import Exchange
import Matching
import Quantities
import Registry
import TestSupport
import Testing

/// Orders and cancellations read straight from their bytes.
@Suite("Encoded orders")
struct EncodedOrderTests {
    /// Applies an envelope's bytes; nil where they are none.
    private func apply(_ bytes: [UInt8], to exchange: Exchange, _ output: inout ExchangeOutput) -> Applied? {
        bytes.withUnsafeBytes { raw in try? exchange.apply(encoded: raw, output: &output) }
    }

    @Test("bytes that end anywhere in an order are refused whole, and change nothing")
    func truncated() throws {
        let pit = Pit()
        var spec = OrderSpec()
        spec.contract = pit.contract(4)
        spec.side = .buy
        spec.price = cents(200)
        spec.quantity = 3
        spec.timeInForce = .gtc
        for option in 0..<3 {
            if option == 1 { spec.clientOrderID = "named" }
            if option == 2 { spec.displayQuantity = 1 }
            let envelope = Envelope(time: pit.market.now, issuer: pit.alice, command: .placeOrder(spec))
            let bytes = BinaryEncoder.encode(envelope)
            let before = pit.market.state
            var output = ExchangeOutput()
            for count in 0..<bytes.count {
                #expect(apply(Array(bytes[..<count]), to: pit.market.exchange, &output) == nil, "\(count) bytes")
            }
            #expect(pit.market.state == before)
            #expect(output.results.bytes.isEmpty && output.events.bytes.isEmpty)
        }
    }

    @Test("any byte of an order may be any value: it is read as the general decoder reads it, or refused")
    func mutated() throws {
        var random = SeededGenerator(seed: 20_261_125)
        let pit = Pit()
        pit.market.checkEvery = 0
        var spec = OrderSpec()
        spec.contract = pit.contract(4)
        spec.side = .sell
        spec.price = cents(250)
        spec.quantity = 2
        spec.timeInForce = .ioc
        let original = BinaryEncoder.encode(Envelope(time: pit.market.now, issuer: pit.alice, command: .placeOrder(spec)))
        var applied = 0
        for round in 0..<20_000 {
            var bytes = original
                // The time stays: it is the sequencer's. So do the tag and the byte before it: other commands have other tests.
            let position = 8 + Int(random.next() % UInt64(bytes.count - 8))
            guard position != 16, position != 17 else { continue }
            bytes[position] = UInt8(truncatingIfNeeded: random.next())
            let decoded = try? BinaryDecoder.decode(Envelope.self, from: bytes)
            var output = ExchangeOutput()
            let outcome = apply(bytes, to: pit.market.exchange, &output)
            if let decoded { #expect(BinaryEncoder.encode(decoded) == bytes, "round \(round)") }
            if let outcome, outcome.byteCount == bytes.count { #expect(decoded != nil, "round \(round), byte \(position)") }
            if decoded != nil { #expect(outcome != nil, "round \(round), byte \(position)") }
            if outcome != nil { applied += 1 }
        }
        #expect(applied > 1_000)
        #expect(pit.market.exchange.firstBrokenInvariant() == nil)
    }

    @Test("an event that is written field by field has the bytes of the event's value")
    func events() throws {
        let pit = Pit()
        pit.sell(cents(200), 5)
        pit.trade(cents(210), 3, to: pit.bob)
        var kinds: Set<EventTag> = []
        for bytes in pit.market.events {
            var decoder = BinaryDecoder(bytes)
            var encoder = BinaryEncoder()
            while !decoder.isAtEnd {
                let recorded = try decoder.read(RecordedEvent.self)
                kinds.insert(recorded.event.tag)
                encoder.append(recorded)
            }
            #expect(encoder.bytes == bytes)
        }
        #expect(kinds.isSuperset(of: [.orderAccepted, .orderClosed, .trade, .transfer]))
    }

    @Test("in steady state an order and its cancellation allocate nothing")
    func steadyState() throws {
        let pit = Pit()
        pit.market.checkEvery = 0
        var spec = OrderSpec()
        spec.contract = pit.contract(4)
        spec.side = .buy
        spec.price = cents(150)
        spec.quantity = 1
        spec.timeInForce = .gtc
        let order = BinaryEncoder.encode(Envelope(time: pit.market.now, issuer: pit.alice, command: .placeOrder(spec)))
        var cancel = BinaryEncoder.encode(
            Envelope(time: pit.market.now, issuer: pit.alice, command: .cancelOrder(CancelOrder(OrderReference(id: OrderID(1))))))
        let exchange = pit.market.exchange
        var output = ExchangeOutput()
        func run(_ rounds: Int) {
            for _ in 0..<rounds {
                output.removeAll()
                _ = order.withUnsafeBytes { raw in try? exchange.apply(encoded: raw, output: &output) }
                guard let id = exchange.orderResult?.id else { return }
                cancel.withUnsafeMutableBytes { $0.storeBytes(of: id.rawValue.littleEndian, toByteOffset: 18, as: Int64.self) }
                _ = cancel.withUnsafeBytes { raw in try? exchange.apply(encoded: raw, output: &output) }
            }
        }
        // Long enough that the ring of closed orders is full and goes round.
        run(300_000)
        let before = suanpan_allocation_count()
        run(100_000)
        let asked = suanpan_allocation_count() - before
        // The directory of orders takes and gives back a chunk for every 4,096 identifiers; lists grow by doubling.
        #expect(asked <= 100_000 / 4_096 + 40, "\(asked) allocations in 200,000 commands")
        #expect(exchange.orderResult?.status == .cancelled)
    }
}
