import Cryptography
import Testing

/// Vectors of the standards, so that another library under the wrapper would show.
@Suite struct CryptographyTests {
    @Test("SHA-256 is that of FIPS 180-4, at once and piece by piece")
    func hashes() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Hexadecimal.text(SHA256Digest.of("abc")) == abc)
        var hash = SHA256Digest()
        hash.update("a")
        hash.update([0x62])
        hash.update([0x61, 0x63][1...])
        #expect(Hexadecimal.text(hash.finalized()) == abc)
        #expect(SHA256Digest.of([]) == SHA256Digest().finalized())
    }

    @Test("HMAC is that of RFC 4231, case 2")
    func authenticates() {
        let code = MessageAuthentication.code(of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
        #expect(Hexadecimal.text(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(MessageAuthentication.isValid(code, of: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
        #expect(!MessageAuthentication.isValid(code, of: Array("what do ya want for nothing!".utf8), key: Array("Jefe".utf8)))
    }

    @Test("Ed25519 verifies RFC 8032's signature, and its own")
    func signs() throws {
        let seed = try #require(Hexadecimal.bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
        let key = try #require(SigningKey(seed: seed))
        #expect(Hexadecimal.text(key.verifyingKey.bytes) == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        let known = try #require(
            Hexadecimal.bytes(
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ))
        #expect(key.verifyingKey.isValid(known, of: []))
        #expect(!key.verifyingKey.isValid(known, of: [0]))
        #expect(!key.verifyingKey.isValid([1, 2, 3], of: []))
        let other = SigningKey()
        let signature = other.signature(of: [1, 2])
        #expect(other.verifyingKey.isValid(signature, of: [1, 2]) && !key.verifyingKey.isValid(signature, of: [1, 2]))
        #expect(SigningKey(seed: [1]) == nil && VerifyingKey(bytes: [1]) == nil)
    }

    @Test("what was sealed opens with the same key and context only")
    func seals() throws {
        let key = SealingKey()
        let sealed = key.seal([1, 2, 3], context: [9])
        #expect(sealed.count == 12 + 3 + 16 && sealed != key.seal([1, 2, 3], context: [9]))
        #expect(try SealingKey(bytes: key.bytes)?.open(sealed, context: [9]) == [1, 2, 3])
        #expect(throws: SealingKey.Fault.notAuthentic) { try key.open(sealed, context: [8]) }
        #expect(throws: SealingKey.Fault.notAuthentic) { try SealingKey().open(sealed, context: [9]) }
        for position in sealed.indices {
            var altered = sealed
            altered[position] ^= 1
            #expect(throws: SealingKey.Fault.notAuthentic) { try key.open(altered, context: [9]) }
        }
        #expect(throws: SealingKey.Fault.notAuthentic) { try key.open([], context: []) }
        #expect(SealingKey(bytes: [0]) == nil)
    }

    @Test("drawn bytes have the length that was asked for and differ")
    func draws() {
        for count in [0, 1, 7, 8, 32, 33] { #expect(RandomBytes.drawn(count).count == count) }
        #expect(RandomBytes.drawn(32) != RandomBytes.drawn(32))
    }

    @Test("secrets are equal when every byte is")
    func compares() {
        #expect(ConstantTime.equal([1, 2], [1, 2]) && ConstantTime.equal([], []))
        #expect(!ConstantTime.equal([1, 2], [1, 3]) && !ConstantTime.equal([1], [1, 1]) && !ConstantTime.equal([0, 2], [1, 2]))
    }

    @Test("hexadecimal text is read back, and what is none is nil")
    func writesHexadecimal() {
        #expect(Hexadecimal.text([0, 255, 16]) == "00ff10" && Hexadecimal.bytes("00Ff10") == [0, 255, 16])
        #expect(Hexadecimal.bytes("0") == nil && Hexadecimal.bytes("0g") == nil && Hexadecimal.bytes("") == [])
    }
}
