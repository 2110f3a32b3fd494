import Quantities
import Registry
import TestSupport
import Testing

@Suite("Catalogue")
struct CatalogueTests {
    @Test("the standard grade exists from the start and guarantees nothing")
    func standard() {
        let catalogue = Catalogue()
        #expect(catalogue.grades == [.standard])
        #expect(catalogue.grade(code: "STD")?.guarantees == Requirements())
    }

    @Test("a product's code leaves the standard grade out")
    func codes() throws {
        let catalogue = try Samples.market().catalogue
        #expect(catalogue.products.map(\.code) == ["H100-SXM.CN-GAN", "ASCEND-910B.US-IOWA", "H100-SXM.CN-GAN.SECURE"])
        for (position, product) in catalogue.products.enumerated() {
            let id = ProductID(UInt32(position))
            #expect(product.id == id)
            #expect(catalogue.productID(code: product.code) == id)
            #expect(catalogue[id] == product)
            #expect(catalogue.computeClass(of: id).code == product.computeClass)
            #expect(catalogue.zone(of: id).code == product.zone)
            #expect(catalogue.grade(of: id).code == product.grade)
        }
        #expect(catalogue.productID(code: "H100-SXM.CN-GAN.STD") == nil)
        #expect(catalogue.product(.none) == nil)
        #expect(catalogue.product(ProductID(3)) == nil)
    }

    @Test("terms that are left out take the market's defaults")
    func defaults() throws {
        let product = try Samples.market().catalogue[ProductID(0)]
        #expect(product.grade == "STD")
        #expect(product.bond == 3_000)
        #expect(product.priceBand == 5_000)
        #expect(product.gateClosureMinutes == 15)
        #expect(product.meterDeadlineMinutes == 15)
        #expect(product.disputeMinutes == 30)
        #expect(product.meterGraceHours == 24)
        #expect(product.handoverLeadMinutes == 15)
        #expect(product.status == .active)
        #expect(Product(id: product.id, terms: product.terms) == product)
    }

    @Test("what exists is a conflict, what is missing is not found, and neither changes anything")
    func refusals() throws {
        var catalogue = try Samples.market().catalogue
        let before = bytes { catalogue.encodeState(into: &$0) }
        let computeClass = Samples.computeClass("H100-SXM", memory: nil, bf16: nil, watts: nil, abi: "cuda")
        #expect(refusal { try catalogue.add(computeClass) }?.code == .conflict)
        var sameCode = Samples.computeClass("H100-PCIE", memory: nil, bf16: nil, watts: nil, abi: "cuda", criCode: "H100SX")
        #expect(refusal { try catalogue.add(sameCode) }?.field == "cri_code")
        #expect(refusal { try catalogue.add(sameCode) }?.code == .conflict)
        sameCode.vendor = ""
        #expect(refusal { try catalogue.add(sameCode) }?.code == .invalidRequest)
        #expect(refusal { try catalogue.add(Samples.zone("CN-GAN", country: "CN", grid: nil)) }?.code == .conflict)
        #expect(refusal { try catalogue.add(Samples.secureGrade()) }?.code == .conflict)
        #expect(refusal { try catalogue.add(Grade.standard) }?.code == .conflict)
        #expect(refusal { try catalogue.add(Samples.terms("H100-SXM", "CN-GAN")) }?.code == .conflict)
        #expect(refusal { try catalogue.add(Samples.terms("H100-SXM", "CN-GAN", grade: "STD")) }?.code == .conflict)
        let missing = [
            (Samples.terms("B200-SXM", "CN-GAN"), "class"), (Samples.terms("H100-SXM", "CN-ZHW"), "zone"),
            (Samples.terms("H100-SXM", "CN-GAN", grade: "GREEN"), "grade"),
        ]
        for (terms, field) in missing {
            let refused = refusal { try catalogue.add(terms) }
            #expect(refused?.code == .notFound)
            #expect(refused?.field == field)
        }
        #expect(bytes { catalogue.encodeState(into: &$0) } == before)
    }

    @Test("a class without a CRI code gets the first free one, whatever others chose")
    func criCodes() throws {
        var catalogue = Catalogue()
        func add(_ code: String, _ criCode: String? = nil) throws -> String? {
            try catalogue.add(Samples.computeClass(code, memory: nil, bf16: nil, watts: nil, abi: "cuda", criCode: criCode)).criCode
        }
        #expect(try add("A") == "C00001")
        #expect(try add("B", "C00002") == "C00002")
        #expect(try add("C") == "C00003")
        #expect(try add("D", "C00005") == "C00005")
        #expect(try add("E") == "C00004")
        #expect(try add("F") == "C00006")
    }

    @Test("names that requirements mention must be listed")
    func names() throws {
        let catalogue = try Samples.market().catalogue
        var requirements = Requirements()
        requirements.products = ["H100-SXM.CN-GAN"]
        requirements.classes = ["H100-SXM", "ASCEND-910B"]
        requirements.zones = ["CN-GAN"]
        requirements.countries = ["XX"]
        #expect(refusal { try catalogue.checkNames(in: requirements) } == nil)
        requirements.zones = ["CN-GAN", "CN-XXX"]
        #expect(refusal { try catalogue.checkNames(in: requirements) }?.field == "requirements.zones")
        requirements.classes = ["H100"]
        #expect(refusal { try catalogue.checkNames(in: requirements) }?.field == "requirements.classes")
        requirements.products = ["H100-SXM.CN-GAN.STD"]
        #expect(refusal { try catalogue.checkNames(in: requirements) }?.field == "requirements.products")
    }

    @Test("a stored catalogue reads back with all its lookups and goes on alike")
    func state() throws {
        var catalogue = try Samples.market().catalogue
        catalogue.setStatus(.halted, of: ProductID(1))
        let stored = bytes { catalogue.encodeState(into: &$0) }
        var decoder = BinaryDecoder(stored)
        var restored = try Catalogue(decoding: &decoder)
        #expect(decoder.isAtEnd)
        #expect(bytes { restored.encodeState(into: &$0) } == stored)
        #expect(restored[ProductID(1)].status == .halted)
        #expect(restored.productID(code: "H100-SXM.CN-GAN.SECURE") == ProductID(2))
        let next = Samples.computeClass("NEXT", memory: nil, bf16: nil, watts: nil, abi: "cuda")
        #expect(try restored.add(next) == catalogue.add(next))
    }

    @Test("a damaged catalogue is a failure or a catalogue with exactly these bytes, never a trap")
    func damage() throws {
        let stored = bytes { (try? Samples.market())?.catalogue.encodeState(into: &$0) }
        #expect(stored.count > 100)
        let seed: UInt64 = 0xCA7A
        var generator = SeededGenerator(seed: seed)
        var failures = 0
        for round in 0..<2_000 {
            var damaged = stored
            damaged[Int.random(in: damaged.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            var decoder = BinaryDecoder(damaged)
            do {
                let restored = try Catalogue(decoding: &decoder)
                #expect(bytes { restored.encodeState(into: &$0) } == damaged, "seed \(seed), round \(round)")
            } catch {
                failures += 1
            }
        }
        #expect(failures > 0)
    }
}
