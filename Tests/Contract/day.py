"""Trades a whole day through the client that was generated from the description: nothing here knows HTTP."""
import importlib
import pkgutil
import sys

import generated_client
from generated_client import AuthenticatedClient, api, models

url, operator_key = sys.argv[1:3]

# Operations by name, whatever group they stand in.
operations = {}
for module in pkgutil.walk_packages(api.__path__, api.__name__ + "."):
    if not module.ispkg:
        operations[module.name.rsplit(".", 1)[1]] = importlib.import_module(module.name)


def call(client, operation, *arguments, body=None, **parameters):
    """Calls an operation and answers its model; everything but success ends the day."""
    module = operations[operation]
    if body is not None:
        # The body's class is the one that the function asks for.
        wanted = module.sync_detailed.__annotations__["body"]
        parameters["body"] = wanted.from_dict(body) if hasattr(wanted, "from_dict") else body
    answer = module.sync_detailed(*arguments, client=client, **parameters)
    if not 200 <= answer.status_code < 300:
        sys.exit(f"{operation}: {answer.status_code} {answer.content.decode()}")
    if answer.parsed is None:
        sys.exit(f"{operation}: the client cannot read {answer.content.decode()}")
    return answer.parsed


def acting(key):
    return AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)


operator = acting(operator_key)
call(operator, "create_zone", body={"code": "US-IOWA", "name": "Iowa", "country": "US"})
call(operator, "create_compute_class", body={"code": "H100-SXM", "vendor": "NVIDIA", "model": "H100 SXM", "abi": "cuda", "memory_gb": 80})
call(operator, "create_product", body={
    "class": "H100-SXM", "zone": "US-IOWA", "currency": "USD", "tick_size": "0.01", "lot_size": 1, "maker_fee_bps": 0,
    "taker_fee_bps": 100, "reference_price": "2.00", "horizon_hours": 720})


def join(name, *roles):
    participant = call(operator, "create_participant", body={"name": name, "roles": list(roles)})
    key = call(operator, "create_api_key" if "create_api_key" in operations else "create_apikey", participant.id, body={"label": name})
    return participant, acting(key.key)


provider, seller = join("Provider", "provider", "consumer")
consumer, buyer = join("Buyer", "consumer")
reader, meter = join("Meter", "meter")
for participant in (provider, consumer):
    call(operator, "deposit", body={"participant_id": participant.id, "currency": "USD", "amount": "10000", "reference": participant.name})
resource = call(seller, "register_resource", body={"class": "H100-SXM", "zone": "US-IOWA", "units": 8, "site": {"name": "Site", "pue": "1.2"}})
call(operator, "certify_resource", resource.id, body={
    "units": 8, "valid_from": "2026-11-23T00:00:00Z", "valid_until": "2026-12-23T00:00:00Z", "meter_id": reader.id})

offer = call(seller, "create_offer", body={
    "resource_id": resource.id, "start": "2026-11-23T12:00:00Z", "end": "2026-11-23T16:00:00Z", "quantity": 4, "price": "2.00"})
bid_body = {
    "requirements": {"classes": ["H100-SXM"]}, "earliest_start": "2026-11-23T12:00:00Z", "latest_end": "2026-11-23T16:00:00Z",
    "duration_hours": 2, "quantity": 2, "limit_price": "2.10", "fill": "whole"}
quote = call(buyer, "quote", body=bid_body)
assert quote.feasible, quote
bid = call(buyer, "place_bid", body=bid_body)
assert bid.status == "filled", bid
contract = offer.hours[0].contract
order = call(buyer, "place_order", body={
    "contract": contract, "side": "buy", "type": "limit", "price": "2.00", "quantity": 1, "time_in_force": "ioc", "client_order_id": "one"})
assert order.order.status == "filled" and order.trades[0].price == "2.0000", order
resting = call(buyer, "place_order", body={
    "contract": contract, "side": "buy", "type": "limit", "price": "1.50", "quantity": 2, "time_in_force": "gtc"})
book = call(acting("none"), "read_book", contract)
assert book.bids[0].quantity == 2, book
assert call(buyer, "amend_order", resting.order.id, body={"quantity": 1}).order.quantity == 1
assert call(buyer, "cancel_order", resting.order.id).status == "cancelled"
allocation = call(buyer, "list_allocations").data[0]
call(seller, "set_access", allocation.id, body={"endpoint": "ssh://203.0.113.7", "instructions": "as tenant", "expires_at": "2026-11-23T16:00:00Z"})
assert call(buyer, "read_access", allocation.id).endpoint == "ssh://203.0.113.7"

# The day passes; the meter reports every hour that was sold.
call(operator, "advance_clock", body={"to": "2026-11-23T16:05:00Z"})
sold = {}
for delivery in call(operator, "list_deliveries").data:
    sold[delivery.contract] = sold.get(delivery.contract, 0) + delivery.quantity
previous = None
for sequence, (symbol, units) in enumerate(sorted(sold.items()), start=1):
    hour = call(operator, "read_contract", symbol).hour
    previous = call(meter, "report_meter", body={
        "resource_id": resource.id, "hour": hour.isoformat(), "sequence": sequence, "previous_hash": previous,
        "delivered_device_seconds": 3600 * units, "it_energy_kwh": "5.6"}).hash_
call(operator, "advance_clock", body={"to": "2026-11-23T20:00:00Z"})
run = call(operator, "settle", body={"through": "2026-11-23T16:00:00Z"})
assert run.deliveries == len(call(operator, "list_settlement_lines", run.id).data) > 0, run
balance = call(buyer, "list_balances").data[0]
assert balance.total == balance.available and balance.in_escrow == "0.000000", balance
assert all(line.balanced for line in call(operator, "read_trial_balance").data)
transfers = call(operator, "list_transfers", limit=5)
assert len(transfers.data) == 5 and transfers.next_cursor, transfers
following = call(operator, "list_transfers", limit=5, cursor=transfers.next_cursor)
assert following.data[0].id > transfers.data[-1].id
print(f"contract: a client of {len(operations)} generated operations traded a day: {run.deliveries} deliveries, {run.paid} paid")
