import Quantities
import Registry

/// `POST /v1/energy_certificates/{id}/retire`.
package struct RetireEnergyCertificate: Record {
    package var certificate = EnergyCertificateID.none
    package var body = EnergyRetirement()

    package init() {}
    package init(certificate: EnergyCertificateID, body: EnergyRetirement) {
        self.certificate = certificate
        self.body = body
    }
    package mutating func fields<C: FieldCoder>(_ coder: inout C) {
        coder.field("certificate", &certificate)
        coder.field("body", &body)
    }
}
