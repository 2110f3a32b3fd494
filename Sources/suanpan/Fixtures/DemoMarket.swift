import Client
import Quantities

/// A market that lives, for a server on the real clock: offers for the coming days in every product, and some buyers.
///
/// It needs the participants' keys, so it follows the first load of the fixtures. Prices lie around the products' reference
/// prices by a fixed rule; nobody meters these hours, so what is sold is refunded after the grace.
package struct DemoMarket {
    package let venue: SuanpanClient
    package let participants: [FixtureLoader.Participant]

    /// How many hours are offered.
    package static let offeredHours: Int32 = 72
    /// Devices of each product.
    package static let units = 64
    /// What every trading participant is given in each currency.
    package static let deposit = Micros.units(1_000_000)

    /// Gives money, registers one resource for each product, offers it, and lets buyers bid.
    ///
    /// - Throws: `Problem` and `ClientFault`.
    package func open() async throws {
        let clock = try await venue.time()
        let products = try await venue.products()
        let providers = members(with: "provider")
        let consumers = members(with: "consumer")
        guard !providers.isEmpty, !consumers.isEmpty else { return }
        try await giveMoney(in: Set(products.map(\.currency)).sorted(), to: providers + consumers)
        let meter = participants.first { $0.roles.contains("meter") }
        for (position, product) in products.enumerated() {
            guard let code = product.code else { continue }
            let gate = clock.now.advanced(minutes: Int32(clamping: product.gateClosureMinutes))
            let first = Hour(containing: gate) + 1
            let provider = providers[position % providers.count]
            try await offer(product, code: code, from: first, provider: provider, meter: meter)
            try await buy(product, code: code, from: first, consumer: consumers[position % consumers.count])
        }
    }

    /// A participant with its client; those without a key cannot act.
    private struct Member {
        var participant: FixtureLoader.Participant
        var client: SuanpanClient
    }

    private func members(with role: String) -> [Member] {
        participants.compactMap { participant in
            guard participant.roles.contains(role), let key = participant.key else { return nil }
            return Member(participant: participant, client: venue.acting(with: key))
        }
    }

    private func giveMoney(in currencies: [String], to members: [Member]) async throws {
        for member in members {
            for currency in currencies {
                let alias = member.participant.alias
                _ = try await venue.deposit(
                    CashMovement(
                        participantId: member.participant.id, currency: currency, amount: Self.deposit,
                        reference: "demo \(alias) \(currency)"
                    ),
                    idempotencyKey: "demo-deposit-\(alias)-\(currency)"
                )
            }
        }
    }

    private func offer(
        _ product: Product, code: String, from first: Hour, provider: Member, meter: FixtureLoader.Participant?
    ) async throws {
        var resource = NewResource(class: product.class, zone: product.zone, units: Self.units, siteName: "Demo hall")
        resource.node = NewResource.Node(devicesPerNode: 8)
        let registered = try await provider.client.registerResource(resource, idempotencyKey: "demo-resource-\(code)")
        let end = first + Self.offeredHours
        try await venue.certify(
            resource: registered.id,
            Certification(
                units: Self.units, validFrom: first.start, validUntil: (first + 24 * 30).start, meterId: meter?.id
            ),
            idempotencyKey: "demo-certify-\(code)"
        )
        let prices = (0..<Self.offeredHours).map { step in
            Self.price(product, basisPoints: 9_600 + Draw.below(801, "demo", code, String(step)))
        }
        _ = try await provider.client.offer(
            NewOffer(
                resourceId: registered.id, start: first.start, end: end.start, quantity: Self.units, prices: prices
            ),
            idempotencyKey: "demo-offer-\(code)"
        )
    }

    /// A run of four hours that is bought at once, and resting orders below the offers.
    private func buy(_ product: Product, code: String, from first: Hour, consumer: Member) async throws {
        _ = try await consumer.client.bid(
            NewBid(
                requirements: Requirements(products: [code]), earliestStart: first.start,
                latestEnd: (first + 24).start, durationHours: 4, quantity: 8,
                limitPrice: Self.price(product, basisPoints: 10_500), fill: .whole, placement: .sameResource
            ),
            idempotencyKey: "demo-bid-\(code)"
        )
        let orders = (0..<12).map { (step: Int32) in
            NewOrder(
                contract: ContractSymbol.format(code: code, hour: first + step), side: .buy,
                price: Self.price(product, basisPoints: 9_000 + Draw.below(401, "demo buyer", code, String(step))),
                quantity: 4
            )
        }
        _ = try await consumer.client.place(orders, idempotencyKey: "demo-orders-\(code)")
    }

    /// The reference price × `basisPoints` / 10,000, down to the tick.
    private static func price(_ product: Product, basisPoints: Int) -> Price {
        let tick = max(product.tickSize.rawValue, 1)
        let exact = floorShare(product.referencePrice.rawValue, Int64(basisPoints), 10_000)
        return Price(max(exact / tick, 1) * tick)
    }
}
