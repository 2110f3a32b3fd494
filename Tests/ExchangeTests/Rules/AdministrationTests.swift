import Exchange
import Quantities
import Registry
import Testing
import TestSupport

@Suite struct AdministrationTests {
    private static func recorded(_ command: Command, request: String = "req_1") -> Command {
        .administrative(
            AdministrativeCommand(origin: CommandOrigin(key: APIKeyID(1), address: "203.0.113.7", requestID: request), command: command))
    }

    @Test("an administrative command does what it does without its origin")
    func doesTheSame() {
        let pit = Pit()
        var spec = ParticipantSpec()
        spec.name = "P"
        spec.roles = [.consumer]
        guard case .participant(let made) = pit.market.apply(Self.recorded(.createParticipant(spec)), as: pit.market.operatorID).reply else {
            Issue.record("no participant")
            return
        }
        #expect(made.name == "P" && pit.market.code(Self.recorded(.createParticipant(spec)), as: pit.alice) == .forbidden)
        #expect(pit.market.code(Self.recorded(.suspendParticipant(ParticipantReference(made.id))), as: pit.market.operatorID) == nil)
    }

    @Test("only administrative commands have an origin, and none is nested")
    func refusesOthers() {
        let pit = Pit()
        let operatorID = pit.market.operatorID
        #expect(pit.market.code(Self.recorded(.cancelOrders(CancelOrders())), as: pit.alice) == .invalidRequest)
        #expect(pit.market.code(Self.recorded(.passTime(PassTime())), as: operatorID) == .invalidRequest)
        #expect(pit.market.code(Self.recorded(.halt(TradingScope()), request: ""), as: operatorID) == .invalidRequest)
        let halt = Self.recorded(.halt(TradingScope()))
        #expect(pit.market.code(Self.recorded(halt), as: operatorID) == .invalidRequest)
    }

    @Test("bytes that nest without end are read without a deep stack")
    func readsNestedBytes() {
        let once = BinaryEncoder.encode(Self.recorded(.halt(TradingScope()), request: ""))
        // Tag, key, no address, empty request id: what stands before the nested command.
        let head = Array(once.prefix { _ in true }.prefix(1 + 8 + 1 + 4))
        var bytes: [UInt8] = []
        for _ in 0..<100_000 { bytes += head }
        var decoder = BinaryDecoder(bytes)
        let command = try? decoder.read(Command.self)
        if case .administrative(let outer)? = command, case .administrative = outer.command { Issue.record("it was nested") }
    }

    @Test("a participant manages its own keys, an operator everybody's, others nobody's")
    func keepsKeysApart() {
        let pit = Pit()
        var body = CreateAPIKey.Body()
        body.label = "k"
        func make(_ owner: ParticipantID, as issuer: ParticipantID) -> RefusalCode? {
            pit.market.code(.createAPIKey(CreateAPIKey(participant: owner, hash: Bytes([1]), body: body)), as: issuer)
        }
        #expect(make(pit.alice, as: pit.alice) == nil)
        #expect(make(pit.alice, as: pit.provider) == .forbidden)
        #expect(make(pit.alice, as: pit.market.operatorID) == nil)
        let first = APIKeyID(2)
        #expect(pit.market.code(.rotateAPIKey(RotateAPIKey(key: first, hash: Bytes([2]), body: .init())), as: pit.provider) == .notFound)
        #expect(pit.market.code(.rotateAPIKey(RotateAPIKey(key: first, hash: Bytes([2]), body: .init())), as: pit.alice) == nil)
        #expect(pit.market.code(.rotateAPIKey(RotateAPIKey(key: first, hash: Bytes([3]), body: .init())), as: pit.alice) == .conflict)
        #expect(pit.market.code(.revokeAPIKey(RevokeAPIKey(first)), as: pit.provider) == .notFound)
    }
}
