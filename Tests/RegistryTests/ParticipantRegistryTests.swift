import Quantities
import Registry
import Testing

@Suite("ParticipantRegistry")
struct ParticipantRegistryTests {
    @Test("numbers count from 1, and roles stand in their own order")
    func numbering() throws {
        var registry = ParticipantRegistry()
        let first = try registry.add(Samples.participant("A", .meter, .provider), catalogue: Catalogue())
        let second = try registry.add(Samples.participant("B", .consumer), catalogue: Catalogue())
        #expect(first.id == ParticipantID(1))
        #expect(first.roles == [.provider, .meter])
        #expect(first.has(.meter))
        #expect(!first.has(.consumer))
        #expect(second.id == ParticipantID(2))
        #expect(registry.participant(ParticipantID(2)) == second)
        for number: Int64 in [.min, -1, 0, 3, .max] { #expect(registry.participant(ParticipantID(number)) == nil) }
    }

    @Test("every provider has a code, the first free one where it brings none")
    func providerCodes() throws {
        var registry = ParticipantRegistry()
        func add(_ code: String?) throws -> String? {
            try registry.add(Samples.participant("P", .provider, code: code), catalogue: Catalogue()).providerCode
        }
        #expect(try add(nil) == "P00001")
        #expect(try add("P00002") == "P00002")
        #expect(try add(nil) == "P00003")
        #expect(refusal { _ = try add("P00002") }?.code == .conflict)
        #expect(try registry.add(Samples.participant("C", .consumer), catalogue: Catalogue()).providerCode == nil)
        #expect(registry.provider(code: "P00003")?.id == ParticipantID(3))
        #expect(registry.provider(code: "P00004") == nil)
    }

    @Test("participants of one owner are one, through any number of owners")
    func owners() throws {
        var registry = ParticipantRegistry()
        func add(_ owner: Int64?) throws -> ParticipantID {
            var spec = Samples.participant("P", .consumer)
            spec.ownerID = owner.map { ParticipantID($0) }
            return try registry.add(spec, catalogue: Catalogue()).id
        }
        let parent = try add(nil)
        let child = try add(1)
        let grandchild = try add(2)
        let other = try add(nil)
        #expect(registry.participant(grandchild)?.ownerID == parent)
        #expect(registry.areOne(child, grandchild))
        #expect(registry.areOne(parent, grandchild))
        #expect(registry.areOne(other, other))
        #expect(!registry.areOne(parent, other))
        #expect(!registry.areOne(ParticipantID(98), ParticipantID(99)))
        #expect(refusal { _ = try add(5) }?.field == "owner_id")
        #expect(refusal { _ = try add(0) }?.code == .notFound)
    }

    @Test("an unknown home zone is not found, and a refusal changes nothing")
    func homeZone() throws {
        var samples = try Samples.market()
        let before = bytes { samples.participants.encodeState(into: &$0) }
        var spec = Samples.participant("P", .provider)
        spec.homeZone = "CN-XXX"
        let refused = refusal { try samples.participants.add(spec, catalogue: samples.catalogue) }
        #expect(refused?.code == .notFound)
        #expect(refused?.field == "home_zone")
        #expect(bytes { samples.participants.encodeState(into: &$0) } == before)
        spec.homeZone = "CN-GAN"
        #expect(try samples.participants.add(spec, catalogue: samples.catalogue).homeZone == "CN-GAN")
    }

    @Test("suspending and reinstating change the status alone")
    func status() throws {
        var samples = try Samples.market()
        let before = try samples.provider()
        #expect(try samples.participants.setStatus(.suspended, of: before.id).status == .suspended)
        #expect(try samples.participants.setStatus(.active, of: before.id) == before)
        #expect(refusal { try samples.participants.setStatus(.active, of: ParticipantID(9)) }?.code == .notFound)
    }

    @Test("stored participants read back and go on alike")
    func state() throws {
        var participants = try Samples.market().participants
        let stored = bytes { participants.encodeState(into: &$0) }
        var decoder = BinaryDecoder(stored)
        var restored = try ParticipantRegistry(decoding: &decoder)
        #expect(decoder.isAtEnd)
        #expect(bytes { restored.encodeState(into: &$0) } == stored)
        #expect(restored.provider(code: "EXA001")?.id == ParticipantID(1))
        let next = Samples.participant("Next", .provider)
        #expect(try restored.add(next, catalogue: Catalogue()) == participants.add(next, catalogue: Catalogue()))
        for length in stored.indices {
            var decoder = BinaryDecoder(Array(stored[..<length]))
            #expect(throws: BinaryDecoder.Failure.self) { try ParticipantRegistry(decoding: &decoder) }
        }
    }
}
