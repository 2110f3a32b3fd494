import Exchange
import Quantities
import Registry
import TestSupport

extension HostileCommands {
    /// Certificates, attestation keys, tokens and wipes at and beyond their bounds.
    var evidence: [(command: Command, issuer: ParticipantID)] {
        var found: [(command: Command, issuer: ParticipantID)] = []
        func add(_ command: Command, _ issuer: ParticipantID) { found.append((command, issuer)) }
        let numbers = [0, -1, Int64.max, Int64.min, 1 << 62]
        let texts = ["", "a\u{0}b", String(repeating: "x", count: 256)]
        var good = EnergyCertificateSpec()
        good.registry = "GEC"
        good.number = "1"
        good.participantID = provider
        good.zone = "CN-GAN"
        good.energyKilowattHours = Measure(1)
        good.start = contract.hour
        good.end = contract.hour + 1
        func certificate(_ change: (inout EnergyCertificateSpec) -> Void) {
            var spec = good
            change(&spec)
            add(.registerEnergyCertificate(spec), market.operatorID)
        }
        for number in numbers {
            certificate { $0.energyKilowattHours = Measure(number) }
            certificate { $0.participantID = ParticipantID(number) }
            for issuer in [provider, market.operatorID] {
                let body = EnergyRetirement(resourceID: ResourceID(number), matching: .annual)
                add(.retireEnergyCertificate(RetireEnergyCertificate(certificate: EnergyCertificateID(number), body: body)), issuer)
            }
            add(.revokeAttestationKey(RevokeAttestationKey(AttestationKeyID(number))), market.operatorID)
            var token = AttestDelivery()
            token.delivery = DeliveryID(number)
            token.key = AttestationKeyID(number)
            token.isSigned = true
            token.claims.issuedAt = Timestamp(number)
            token.claims.expiresAt = Timestamp(number)
            add(.attestDelivery(token), provider)
            var wipe = WipeSpec()
            wipe.wipedAt = Timestamp(number)
            wipe.method = "purge"
            wipe.evidenceHash = String(repeating: "0", count: 64)
            add(.recordWipe(RecordWipe(resource: resource, body: wipe)), provider)
            wipe.wipedAt = market.now
            add(.recordWipe(RecordWipe(resource: ResourceID(number), body: wipe)), provider)
        }
        for hour in [-1, Int32.max, Int32.min] {
            certificate { $0.start = Hour(hour) }
            certificate { $0.end = Hour(hour) }
        }
        for text in texts {
            certificate { $0.registry = text }
            certificate { $0.number = text }
            certificate { $0.zone = text }
            certificate { $0.source = text }
            var key = AttestationKeySpec()
            key.keyID = text
            key.publicKey = String(repeating: "A", count: 43)
            add(.addAttestationKey(key), market.operatorID)
            key.keyID = "key"
            key.publicKey = text
            add(.addAttestationKey(key), market.operatorID)
            var wipe = WipeSpec()
            wipe.wipedAt = market.now
            wipe.method = text
            wipe.evidenceHash = String(repeating: "0", count: 64)
            add(.recordWipe(RecordWipe(resource: resource, body: wipe)), provider)
        }
        return found
    }
}
