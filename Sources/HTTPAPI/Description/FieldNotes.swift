/// What the list of a record's fields does not say and a reader wants to know: one sentence on a field, and the bounds of
/// what may be sent. Both only add to the types, which come from the records.
enum FieldNotes {
    /// A bound of JSON schema.
    typealias Bound = (name: String, value: JSONValue)

    /// One sentence on a field of a component; nil where its name says all.
    static func description(_ owner: String, _ name: String) -> String? {
        descriptions[owner + "." + name] ?? descriptions[name]
    }

    /// The bounds of a request's field, beyond those of its type.
    static func bounds(_ owner: String, _ name: String) -> [Bound] { bounds[owner + "." + name] ?? bounds[name] ?? [] }

    /// Whether an answer's field that no record calls optional may be null: an identifier that stands for none.
    static func isNullable(_ owner: String, _ name: String) -> Bool { nullable.contains(owner + "." + name) }

    /// Whether an answer leaves a field out where the caller may not see it.
    static func isOmittable(_ owner: String, _ name: String) -> Bool { omittable.contains(owner + "." + name) }

    private static let nullable: Set<String> = ["Trade.buy_order_id", "Trade.sell_order_id"]
    private static let omittable: Set<String> = ["AllocationDetails.access", "AllocationDetails.request"]

    private static func within(_ least: Int64, _ most: Int64) -> [Bound] {
        [("minimum", .number(least)), ("maximum", .number(most))]
    }
    private static func entries(_ least: Int64, _ most: Int64) -> [Bound] {
        [("minItems", .number(least)), ("maxItems", .number(most))]
    }
    private static let code: [Bound] = [("pattern", "^[A-Z0-9]+(-+[A-Z0-9]+)*$"), ("maxLength", 32)]
    private static let part: [Bound] = [("pattern", "^[A-Z0-9]{6}$")]
    private static let country: [Bound] = [("pattern", "^[A-Z]{2}$")]
    private static let units = within(1, 1_000_000)
    private static let minutes = within(0, 10_080)

    private static let bounds: [String: [Bound]] = [
        "quantity": units, "units": units, "lot_size": units, "display_quantity": units, "min_quantity": units,
        "CertificationRequest.units": within(0, 1_000_000), "MeterReportRequest.sequence": [("minimum", 1)],
        "country": country, "home_zone": code, "zone": code, "class": code, "grade": code,
        "ZoneRequest.code": code, "ComputeClassRequest.code": code, "GradeRequest.code": code,
        "cri_code": part, "provider_code": part, "SiteFactsRequest.code": [("pattern", "^[A-Z0-9]{3}$")],
        "maker_fee_bps": within(-5_000, 5_000), "taker_fee_bps": within(-5_000, 5_000), "bond_bps": within(0, 10_000),
        "price_band_bps": within(1, 10_000), "gate_closure_minutes": minutes, "meter_deadline_minutes": minutes,
        "dispute_minutes": minutes, "handover_lead_minutes": minutes, "meter_grace_hours": within(0, 720),
        "horizon_hours": within(1, 8_784), "duration_hours": within(1, 8_784), "year": within(1_990, 2_199),
        "roles": entries(1, 5), "orders": entries(1, 1_000), "reports": entries(1, 1_000),
        "certificates": entries(0, 64), "certificate_ids": entries(0, 64), "external_ids": entries(0, 64),
        "ssh_public_keys": entries(0, 64), "instructions": [("maxLength", 8_192)],
        "products": entries(1, 256), "classes": entries(1, 256), "zones": entries(1, 256), "countries": entries(1, 256),
        "delivered_device_seconds": [("minimum", 0)],
    ]

    private static let descriptions: [String: String] = [
        "id": "Opaque: a prefix and base 32.",
        "contract": "A contract's symbol: product code, point, the hour as yyyymmddhh in UTC.",
        "symbol": "Product code, point, the hour as yyyymmddhh in UTC.",
        "product": "A product's code.",
        "hour": "The hour that begins then, in UTC.",
        "client_order_id": "The client's own name for the order; no two open orders of a participant share one.",
        "client_bid_id": "The client's own name for the bid, unique for ever.",
        "client_offer_id": "The client's own name for the offer, unique for ever.",
        "resource_id": "The resource that is sold, offered or reported on.",
        "allocation_id": "What was bought, as one thing to hand over and resell.",
        "price": "Per device and hour, a multiple of the product's tick.",
        "stop_price": "The order waits until a trade reaches this price.",
        "limit_price": "The highest price of each device and hour.",
        "max_total": "The most that the whole bid may cost, without fees.",
        "average_price": "Rounded down.",
        "quantity": "Devices.",
        "filled_quantity": "Devices traded so far.",
        "remaining_quantity": "Devices still wanted; 0 once closed.",
        "display_quantity": "What the book shows at a time.",
        "min_quantity": "Fill at least so many at once, or none.",
        "post_only": "Refused where it would trade at once.",
        "expires_at": "When it ends by itself.",
        "reason": "Why it ended so, or why it is asked for.",
        "fee": "Negative is a rebate.",
        "cost": "Without fees.",
        "fees": "The exchange's fees.",
        "carbon_g": "Grams of CO2 by the zones' grid factors and the sites' PUE; null where unknown.",
        "carbon_market_g": "As the location-based figure, less what retired energy certificates cover.",
        "carbon_location_g": "Grams of CO2: the site's energy times the grid's factor; null where unknown or not metered.",
        "location_g": "Grams of CO2: the site's energy times the grid's factor.",
        "market_g": "The same, less what retired certificates cover.",
        "market_hourly_g": "The same, less only what certificates of the same hour cover.",
        "matched_hourly_kwh": "Of the site's energy, what certificates of the same hour cover.",
        "matched_annual_kwh": "Of the site's energy, what other certificates of the same year cover.",
        "facility_energy_kwh": "IT energy times PUE.",
        "matching": "hourly: the energy of one hour against the same hour; annual: against any hour of the same year.",
        "matched_kwh": "The part that covers metered energy so far.",
        "registry": "Who issued the certificate.",
        "certified": "Device-hours that the operator certified.",
        "outage": "Of them those that were away.",
        "availability": "Of certified device-hours those that were not away; null where there are none.",
        "allocation": "Of certified device-hours those sold.",
        "utilisation": "Of certified device-hours those delivered, as metered.",
        "delivered_share": "Of sold and reported device-hours those delivered.",
        "nonce": "What an attestation token must repeat; drawn at the gate.",
        "kid": "The key's name in the header of its tokens.",
        "public_key": "Base64url without padding: 32 bytes of Ed25519, or x and y of P-256.",
        "level": "What the key's tokens prove.",
        "token": "A JSON Web Token in compact form: EdDSA or ES256.",
        "wiped_at": "Not before the end of the last protected hour.",
        "evidence_hash": "SHA-256 of the evidence that the provider keeps, hexadecimal.",
        "skip_unavailable": "Leave out hours without capacity, closed or halted, instead of refusing all.",
        "prices": "One price for each hour; instead of price.",
        "start": "The first hour.",
        "end": "The end of the last hour.",
        "earliest_start": "The first hour that is acceptable.",
        "latest_end": "The latest end that is acceptable.",
        "duration_hours": "Hours without a gap.",
        "total": "Available and reserved: cash that is the participant's own.",
        "available": "Free to trade with or to withdraw.",
        "reserved": "Held for open orders.",
        "in_escrow": "Held for hours that were traded and not settled; not part of the total.",
        "reference": "The payment's own name, used once.",
        "amount": "With 6 decimals.",
        "currency": "Three to eight capital letters.",
        "sequence": "A number of the record's commands.",
        "MeterReportRequest.sequence": "From 1 for each resource, without a gap.",
        "previous_hash": "The hash of the resource's report before; null at the first.",
        "delivered_device_seconds": "Devices times seconds that were usable in the hour.",
        "it_energy_kwh": "Energy of the IT equipment in the hour.",
        "signature": "A signature of the hash.",
        "hash": "SHA-256 of the report without its signature in canonical JSON (RFC 8785), hexadecimal.",
        "owner_id": "Participants of one owner do not trade with each other, and do not meter each other.",
        "provider_code": "Six capital letters and digits, part of the identifiers of its resources.",
        "cri": "Compute resource identifier, with check characters.",
        "cri_code": "Six capital letters and digits, part of resources' identifiers.",
        "code": "Names it for ever.",
        "Problem.code": "Stable: what programs look at.",
        "tick_size": "Prices are multiples of it.",
        "lot_size": "Quantities are multiples of it.",
        "maker_fee_bps": "Basis points of the price; negative is a rebate.",
        "taker_fee_bps": "Basis points of the price.",
        "bond_bps": "What a seller stakes on delivery, in basis points of the price.",
        "price_band_bps": "How far an order's price may lie from the reference, in basis points.",
        "reference_price": "The price that the band is taken from until there were trades.",
        "gate_closure_minutes": "Trading ends so long before the hour.",
        "meter_deadline_minutes": "The meter's report is due so long after the hour.",
        "dispute_minutes": "Settlement waits so long after the report.",
        "meter_grace_hours": "How long a late report still counts.",
        "handover_lead_minutes": "Access is due so long before the hour.",
        "horizon_hours": "How far ahead hours are listed.",
        "pue": "Total energy over IT energy, 1 to 10.",
        "units": "Devices.",
        "valid_from": "The first hour that the certification covers.",
        "valid_until": "The end of the last hour that it covers.",
        "meter_id": "The participant whose reports count; null takes any meter of another owner.",
        "expires": "When it ends by itself.",
        "signing_secret": "For signing requests; shown this once, null in a repeat.",
        "key": "Shown this once; null in a repeat.",
        "label": "For people.",
        "scopes": "Roles of the participant; all where absent.",
        "through": "Settles hours that ended by then.",
        "to": "The end; for the clock, where it goes.",
        "depth": "Price levels on each side.",
        "displayed": "What the book shows.",
        "taker_side": "The side of the order that came last.",
        "resale": "Whether hours bought earlier were sold on.",
        "liquidity": "Whether the order stood in the book or came to it.",
        "feasible": "Whether the bid would be filled whole.",
        "excluded": "What was not considered, and why.",
        "best_available": "The best that there was for an unfilled bid.",
        "volume": "Devices traded since listing.",
        "open_interest": "Devices sold and not returned.",
        "floor_price": "The lowest price that an order may name now.",
        "ceiling_price": "The highest price that an order may name now.",
        "gate_closes_at": "When trading ends.",
        "endpoint": "Where the holder connects to.",
        "instructions": "What the holder must know.",
        "ssh_public_keys": "Keys that let the holder in.",
        "image": "What the machines shall run.",
        "verification": "Who looked at the legal data, and until when that counts; null where nobody did.",
        "buyer_countries": "Countries whose participants may buy; all where absent.",
        "whole_nodes": "Whether each lot is whole nodes: the nodes of what is offered divide the lot.",
        "kind": "G general, I intelligent, S super, E edge.",
        "replaces": "The resource whose hardware this one takes the place of; it retires.",
        "maintenance": "Hours in which units are away by plan, never for sale.",
        "breaks": "Deliveries of hours in which more is sold than is left; the first thousand.",
        "missing": "Units that the hour lacks in all, shared among its deliveries.",
        "catalogue_version": "The version of the catalogue that it was listed under.",
        "performance": "Figures over those of an H100-SXM: t bf16, d memory bandwidth, h fp64. For comparing alternatives only.",
        "rtt_p99_ms": "Round trip in ms that 99 of 100 packets keep: what max_rtt_ms is held against.",
        "path_gbps": "What the path carries.",
        "from_zone": "The buyer's place: where distances are counted from and data comes from.",
        "max_rtt_ms": "The longest p99 round trip from from_zone.",
        "dataset_gb": "Data to move in: shifts the earliest start by GB over Gbps.",
        "egress_gb": "Data that will be moved out: the quote shows its price.",
        "profile": "train, inference, hpc or render: stands for requirements, which quotes write out.",
        "model_memory_gb": "The model's weights, with a profile.",
        "model_parameters_b": "The model's parameters in billions, instead of model_memory_gb.",
        "egress": "What moving data out costs: the provider's price, not part of cost and fees.",
        "transfer_hours": "By how many hours data to move in shifts the earliest start.",
        "evidence": "Where the figures come from; vendor where absent.",
        "acceptance_floor": "What acceptance tests must at least measure before units are certified.",
    ]
}
