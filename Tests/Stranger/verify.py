#!/usr/bin/env python3
"""A stranger's verifier of Suanpan's ledger, written from docs/LEDGER.md alone. Python's standard library and nothing else.

verify.py bundle FILE [REMEMBERED]       a bundle: hashes, leaves, tree, checkpoints, keys; REMEMBERED is a checkpoint kept earlier
verify.py inclusion PROOF NOTE KEYS      a transfer's proof (JSON of the API) against a checkpoint (note) and keys (JSON of the API)
verify.py consistency PROOF OLD NEW KEYS two checkpoints (notes) and the proof between them
"""
import base64, hashlib, json, struct, sys

import ed25519


class Wrong(Exception):
    pass


def check(condition, reason):
    if not condition:
        raise Wrong(reason)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def node(left, right):
    return sha(b"\1", left, right)


# -- notes, checkpoints, keys


def read_note(note):
    text, _, line = note.rpartition("\n\n")
    check(line.startswith("\u2014 ") and line.endswith("\n"), "no signature line")
    name, blob = line[2:-1].split(" ")
    raw = base64.b64decode(blob, validate=True)
    check(len(raw) == 68, "a signature of another length")
    return text + "\n", name, raw[:4], raw[4:]


def is_signed(note, name, key):
    text, signer, short, signature = read_note(note)
    own = sha(name.encode(), b"\n\1", key)[:4]
    return signer == name and short == own and ed25519.verify(key, signature, text.encode())


def read_keys(statements):
    """[(first checkpoint, public key)], each named by the key before it, and the log's name."""
    keys, name = [], None
    for number, statement in enumerate(statements, 1):
        lines = read_note(statement)[0].split("\n")
        check(lines[0] == "suanpan ledger key" and lines[2] == f"key {number}" and lines[6:] == [""], "no statement of a key")
        key_name, short, blob = lines[3].split("+", 2)
        raw = base64.b64decode(blob, validate=True)
        check(raw[0] == 1 and len(raw) == 33 and key_name == lines[1], "no Ed25519 key")
        key, first = raw[1:], int(lines[4].removeprefix("from checkpoint "))
        name = name or key_name
        check(key_name == name and short == sha(name.encode(), b"\n\1", key)[:4].hex(), "a key of another name")
        check(is_signed(statement, name, keys[-1][1] if keys else key), f"key {number} is not signed by the one before")
        check(first >= keys[-1][0] if keys else first == 1, f"key {number} begins too early")
        keys.append((first, key))
    check(keys and name == "suanpan-ledger-" + sha(keys[0][1])[:8].hex(), "the log's name is not made of its first key")
    return name, keys


def read_checkpoint(note, name, keys):
    lines = read_note(note)[0].split("\n")
    check(len(lines) == 8 and lines[0] == name and lines[7] == "", "no checkpoint of this log")
    number = int(lines[3].removeprefix("checkpoint "))
    key = [key for first, key in keys if first <= number][-1]
    check(is_signed(note, name, key), f"checkpoint {number}: wrong signature")
    return {"number": number, "size": int(lines[1]), "root": base64.b64decode(lines[2]),
            "sequence": int(lines[4].removeprefix("sequence ")), "frame": base64.b64decode(lines[5].removeprefix("frame "))}


# -- the tree


def leaf_fields(leaf):
    check(leaf[0] == 1, "a leaf of another version")
    number, entry_set, debit, credit = struct.unpack_from(">4q", leaf, 1)
    at = 33
    texts = []
    for kind in ("text", "int", "text", "text", "int"):
        if kind == "int":
            texts.append(struct.unpack_from(">q", leaf, at)[0])
            at += 8
        else:
            texts.append(leaf[at + 1:at + 1 + leaf[at]].decode())
            at += 1 + leaf[at]
    check(at == len(leaf), "a leaf with bytes left over")
    return (number, entry_set, debit, credit, *texts)


class Tree:
    """Complete subtrees from the left, largest first: all that a growing root needs."""

    def __init__(self):
        self.size, self.stack = 0, []

    def append(self, leaf_hash):
        self.stack.append(leaf_hash)
        self.size += 1
        count = self.size
        while count % 2 == 0:
            right = self.stack.pop()
            self.stack[-1] = node(self.stack[-1], right)
            count //= 2

    def root(self):
        if not self.stack:
            return sha()
        root = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            root = node(left, root)
        return root


def root_of_inclusion(leaf_hash, index, size, path):  # RFC 9162, 2.1.3.2
    check(0 <= index < size, "no such leaf")
    fn, sn, root = index, size - 1, leaf_hash
    for sibling in path:
        check(sn > 0, "a path too long")
        if fn & 1 or fn == sn:
            root = node(sibling, root)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node(root, sibling)
        fn, sn = fn >> 1, sn >> 1
    check(sn == 0, "a path too short")
    return root


def check_consistency(first, second, path):  # RFC 9162, 2.1.4.2
    check(0 < first["size"] <= second["size"], "no such sizes")
    if first["size"] == second["size"]:
        return check(not path and first["root"] == second["root"], "two roots of one size")
    path = list(path)
    if first["size"] & (first["size"] - 1) == 0:
        path.insert(0, first["root"])
    check(path, "an empty path")
    fn, sn = first["size"] - 1, second["size"] - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old = new = path[0]
    for sibling in path[1:]:
        check(sn > 0, "a path too long")
        if fn & 1 or fn == sn:
            old, new = node(sibling, old), node(sibling, new)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new = node(new, sibling)
        fn, sn = fn >> 1, sn >> 1
    check(sn == 0 and old == first["root"] and new == second["root"], "the second tree does not begin with the first")


# -- the bundle


def parts(file):
    while head := file.read(9):
        length = int.from_bytes(head[1:], "big")
        body = file.read(length)
        check(len(head) == 9 and len(body) == length, "the bundle ends early")
        yield head[:1], body


def frame_hashes(body, previous, events_before):
    first, last, time, epoch, rules = struct.unpack_from(">4qi", body)
    event_hash, previous_hash, frame_hash = body[36:68], body[68:100], body[100:132]
    at, pieces = 132, []
    for _ in range(3):
        count = int.from_bytes(body[at:at + 8], "big")
        pieces.append(body[at + 8:at + 8 + count])
        at += 8 + count
    check(at == len(body), f"frame {first}: bytes left over")
    commands, results, events = pieces
    size = lambda piece: struct.pack(">q", len(piece))
    check(previous_hash == previous, f"frame {first}: previous_hash is not the hash of the frame before")
    check(event_hash == sha(events_before, events), f"frame {first}: event_hash is not the hash of its events")
    check(frame_hash == sha(b"\1", previous, body[:36], event_hash, size(commands), commands, size(results), results, size(events)),
          f"frame {first}: frame_hash is not its hash")
    return first, last, frame_hash, event_hash


def verify_bundle(path, remembered_path):
    tree, last, frame_hash, event_hash = Tree(), 0, bytes(32), bytes(32)
    counts, statements, name, keys, balances, number, ended = [0, 0, 0], [], None, None, {}, 0, False
    remembered = None
    with open(path, "rb") as file:
        stream = parts(file)
        check(next(stream) == (b"S", b"suanpan bundle 1\n"), "no bundle")
        for kind, body in stream:
            check(not ended, "something follows the end")
            if kind == b"K":
                statements.append(body.decode())
                continue
            if keys is None:
                name, keys = read_keys(statements)
                if remembered_path:
                    remembered = read_checkpoint(open(remembered_path, encoding="utf-8").read(), name, keys)
            if kind == b"F":
                first, end, frame_hash, event_hash = frame_hashes(body, frame_hash, event_hash)
                check(first == last + 1, f"frame {first} does not follow sequence {last}")
                last, counts[0] = end, counts[0] + 1
            elif kind == b"T":
                at = 0
                while at < len(body):
                    length = int.from_bytes(body[at:at + 2], "big")
                    leaf = body[at + 2:at + 2 + length]
                    at += 2 + length
                    transfer, _, debit, credit, asset, amount, *_ = leaf_fields(leaf)
                    check(transfer == tree.size + 1, f"transfer {transfer} follows {tree.size}")
                    check(amount > 0 and debit != credit, f"transfer {transfer} moves nothing")
                    balances[debit, asset] = balances.get((debit, asset), 0) - amount
                    balances[credit, asset] = balances.get((credit, asset), 0) + amount
                    tree.append(sha(b"\0", leaf))
                    counts[1] += 1
            elif kind == b"C":
                point = read_checkpoint(body.decode(), name, keys)
                number += 1
                check(point["number"] == number, f"checkpoint {number} is missing")
                check(point["sequence"] == last and point["frame"] == frame_hash, f"checkpoint {number}: another frame")
                check(point["size"] == tree.size and point["root"] == tree.root(), f"checkpoint {number}: another tree")
                counts[2] += 1
            elif kind == b"E":
                check(list(struct.unpack(">3q", body)) == counts, "the end counts other parts")
                ended = True
            if remembered and kind == b"T" and last == remembered["sequence"] or kind == b"C" and remembered:
                if last == remembered["sequence"]:
                    check((remembered["size"], remembered["root"], remembered["frame"]) == (tree.size, tree.root(), frame_hash),
                          "the remembered checkpoint is not of this record: it was rewritten")
                    remembered = None
    check(ended, "the bundle has no end")
    check(not remembered or remembered["sequence"] <= last, "the remembered checkpoint lies beyond the record: it was cut back")
    check(not remembered, "no frame ends where the remembered checkpoint was signed: the record was rewritten")
    for asset in {asset for _, asset in balances}:
        below = [account for (account, own), amount in balances.items() if own == asset and amount < 0]
        check(len(below) <= 1, f"{asset}: more than one account is below zero: {below}")
    print(f"sound: {counts[0]} frames, {counts[1]} transfers, {counts[2]} checkpoints of {name}, root {tree.root().hex()}")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file) if path.endswith(".json") else file.read()


def main(command, *files):
    if command == "bundle":
        return verify_bundle(files[0], files[1] if len(files) > 1 else None)
    proof, *notes, listed = [load(file) for file in files]
    name, keys = read_keys([key["endorsement"] for key in listed["data"]])
    points = [read_checkpoint(note, name, keys) for note in notes]
    path = [bytes.fromhex(step) for step in proof["path"]]
    if command == "inclusion":
        leaf = bytes.fromhex(proof["leaf"])
        check(leaf_fields(leaf)[0] == proof["leaf_index"] + 1, "the leaf is of another transfer")
        root = root_of_inclusion(sha(b"\0", leaf), proof["leaf_index"], points[0]["size"], path)
        check(root == points[0]["root"], "the transfer is not in the tree of the checkpoint")
        print("included:", *leaf_fields(leaf))
    else:
        check_consistency(points[0], points[1], path)
        print(f"consistent: {points[0]['size']} transfers begin {points[1]['size']}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (Wrong, ValueError, IndexError, KeyError) as error:
        sys.exit(f"WRONG: {error}")
