import Exchange
import Quantities
import Registry

extension RouteNotes {
    static let energy: [RouteNotes] = [
        RouteNotes(
            "POST /v1/energy_certificates", "registerEnergyCertificate", "Register an energy certificate of an issuer's registry",
            .created(EnergyCertificate.self)),
        RouteNotes(
            "GET /v1/energy_certificates", "listEnergyCertificates", "Energy certificates", .list(EnergyCertificate.self),
            query: ["status": .choice(EnergyCertificateStatus.self, "Only certificates that stand so.")]),
        RouteNotes("GET /v1/energy_certificates/{id}", "readEnergyCertificate", "An energy certificate", .record(EnergyCertificate.self)),
        RouteNotes(
            "POST /v1/energy_certificates/{id}/retire", "retireEnergyCertificate",
            "Retire a certificate for a resource; once, and for good", .record(EnergyCertificate.self)),
    ]

    static let reports: [RouteNotes] = [
        RouteNotes(
            "GET /v1/reports/capacity", "reportCapacity",
            "Capacity, allocation, delivery, utilisation and availability by time, zone and class; as JSON or CSV",
            .list(CapacityLineView.self), otherForms: ["text/csv"],
            query: [
                "from": .time("The first hour; a day ago where absent."), "to": .time("The end of the last hour."),
                "by": .choice(StatementStep.self, "Divided by hours, days or months of UTC; hours where absent."),
                "group": .choice(CapacityGrouping.self, "By what lines are told apart beside their time."),
                "format": QueryNote(["type": "string", "enum": ["json", "csv"]], "Instead of Accept; json where neither says otherwise."),
            ])
    ]

    static let attestation: [RouteNotes] = [
        RouteNotes(
            "POST /v1/attestation_keys", "addAttestationKey", "Register a verifier's key: its tokens count",
            .created(AttestationKey.self)),
        RouteNotes("GET /v1/attestation_keys", "listAttestationKeys", "The keys whose tokens count or counted", .list(AttestationKey.self)),
        RouteNotes(
            "DELETE /v1/attestation_keys/{id}", "revokeAttestationKey", "End a key: its tokens count no more",
            .record(AttestationKey.self)),
        RouteNotes(
            "POST /v1/deliveries/{id}/attestation", "attestDelivery", "Prove what runs, by a token with the delivery's nonce",
            .record(DeliveryView.self)),
        RouteNotes(
            "POST /v1/resources/{id}/wipes", "recordWipe", "State that a resource was wiped after it served protected data",
            .created(Wipe.self)),
        RouteNotes("GET /v1/resources/{id}/wipes", "listWipes", "A resource's wipes", .list(Wipe.self)),
    ]
}
