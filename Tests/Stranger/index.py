#!/usr/bin/env python3
"""Computes a price index anew from its published inputs, by docs/MARKET.md section 9 and nothing of the exchange's code.

    curl -s 'http://127.0.0.1:8080/v1/indices/H100-SXM?period=day&at=2026-11-23T00:00:00Z' | python3 index.py

Prints what the exchange should have answered, and ends with 1 where it did not.
"""
import json
import sys


def micros(text):
    whole, _, fraction = text.partition(".")
    return int(whole) * 10**6 + int((fraction + "000000")[:6])


def text(value, least):
    if value is None:
        return None
    fraction = f"{value % 10**6:06d}"
    while len(fraction) > least and fraction.endswith("0"):
        fraction = fraction[:-1]
    return f"{value // 10**6}" + ("." + fraction if fraction else "")


def log2(value):
    """In units of 2^-32, cut off bit by bit."""
    whole = value.bit_length() - 1
    mantissa, fraction = value << (62 - whole), 0
    for _ in range(32):
        square = mantissa * mantissa >> 62
        fraction <<= 1
        if square >= 1 << 63:
            fraction |= 1
            square >>= 1
        mantissa = square
    return whole << 32 | fraction


def owners(sales):
    """Seller -> (device-seconds, weight after the cap)."""
    seconds = {}
    for sale in sales:
        seconds[sale["seller"]] = seconds.get(sale["seller"], 0) + sale["seconds"]
    order = sorted(seconds, key=lambda seller: -seconds[seller])
    weight = {seller: 1000 * seconds[seller] for seller in order}
    if len(order) >= 3:
        cut, rest, most = 0, sum(weight.values()), 0
        while cut < 2 and 100 * weight[order[cut]] > 35 * (cut * most + rest):
            rest -= weight[order[cut]]
            cut += 1
            most = 35 * rest // (100 - 35 * cut)
        for seller in order[:cut]:
            weight[seller] = most
    return {seller: (seconds[seller], weight[seller]) for seller in order}


def median(pairs):
    total, reached = sum(weight for _, weight in pairs), 0
    for value, weight in sorted(pairs):
        reached += weight
        if 2 * reached >= total:
            return value


def total(sales, groups, value):
    result = 0
    for seller, (seconds, weight) in groups.items():
        own = sum(sale["seconds"] * value(sale) for sale in sales if sale["seller"] == seller)
        whole, rest = divmod(own, seconds)
        result += weight * whole + weight * rest // seconds
    return result


def index(sales):
    """(status, reason, value, dispersion), the last two in millionths."""
    sales = [sale for sale in sales if sale["seconds"] > 0]
    if not sales:
        return "withheld", "no_trades", None, None
    groups = owners(sales)
    for sale in sales:
        seconds, weight = groups[sale["seller"]]
        sale["log"], sale["weight"] = log2(sale["price"]), sale["seconds"] * weight // seconds
    middle = median([(sale["log"], sale["weight"]) for sale in sales])
    deviation = median([(abs(sale["log"] - middle), sale["weight"]) for sale in sales])
    if deviation > 0:
        sales = [sale for sale in sales if 10000 * abs(sale["log"] - middle) <= 44478 * deviation]
    groups = owners(sales)
    if len(groups) < 4:
        return "withheld", "too_few_sellers", None, None
    if len(sales) < 8:
        return "withheld", "too_few_trades", None, None
    weight = sum(own for _, own in groups.values())
    value = total(sales, groups, lambda sale: sale["price"]) // weight
    dispersion = 10**6 * total(sales, groups, lambda sale: abs(sale["price"] - value)) // (weight * value)
    if dispersion > 450000:
        return "withheld", "too_dispersed", None, dispersion
    return "published", None, value, dispersion


answer = json.load(sys.stdin)
inputs = [
    {"seller": line["seller"], "price": micros(line["price"]), "seconds": line["delivered_device_seconds"]}
    for line in answer["inputs"]
]
if answer["reason"] == "not_settled":
    sys.exit("not settled yet: nothing is published")
status, reason, value, dispersion = index(inputs)
mine = {"status": status, "reason": reason, "value": text(value, 4), "dispersion": text(dispersion, 0)}
theirs = {name: answer[name] for name in mine}
print(json.dumps(mine))
sys.exit(0 if mine == theirs else f"the exchange says {json.dumps(theirs)}")
