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
            .list(CapacityLineView.self),
            query: [
                "from": .time("The first hour; a day ago where absent."), "to": .time("The end of the last hour."),
                "by": .choice(StatementStep.self, "Divided by hours, days or months of UTC; hours where absent."),
                "group": .choice(CapacityGrouping.self, "By what lines are told apart beside their time."),
                "format": .text("json or csv, instead of Accept; json where neither says otherwise."),
            ])
    ]
}
