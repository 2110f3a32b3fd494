#!/usr/bin/env python3
"""A stranger's verifier of Suanpan's ledger, written from docs/LEDGER.md alone. Python's standard library and nothing else.

verify.py bundle FILE [REMEMBERED]          a bundle, and that it continues a checkpoint (note) that was kept earlier
verify.py inclusion PROOF NOTE KEYS         a transfer's proof against a checkpoint; PROOF and KEYS are JSON of the API
verify.py consistency PROOF OLD NEW KEYS    that the transfers of one checkpoint begin those of another
"""
import base64, hashlib, json, struct, sys

import ed25519


def check(condition, reason):
    if not condition:
        raise ValueError(reason)


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def node(left, right):
    return sha(b"\1", left, right)


def key_hash(name, key):
    return sha(name.encode(), b"\n\1", key)[:4]


def read_note(note, name=None, key=None):
    """The lines of a note's text; with a name and a key only if that key signed it."""
    text, _, line = note.rpartition("\n\n")
    signer, blob = line.removeprefix("\u2014 ").removesuffix("\n").split(" ")
    raw = base64.b64decode(blob, validate=True)
    if key:
        check(signer == name and raw[:4] == key_hash(name, key), f"signed by another key than {key_hash(name, key).hex()}")
        check(ed25519.verify(key, raw[4:], (text + "\n").encode()), "a wrong signature")
    return text.split("\n")


def read_keys(statements):
    """The log's name and [(first checkpoint, public key)], each key named by the one before it."""
    keys, name = [], None
    for number, statement in enumerate(statements, 1):
        heading, log, title, line, first, _ = read_note(statement)
        key = base64.b64decode(line.split("+", 2)[2], validate=True)[1:]
        name, first = name or log, int(first.removeprefix("from checkpoint "))
        check(heading == "suanpan ledger key" and log == name and title == f"key {number}" and len(key) == 32, "no key")
        text = base64.b64encode(b"\1" + key).decode()
        check(line == f"{name}+{key_hash(name, key).hex()}+{text}", "a key of another name")
        check(first >= keys[-1][0] if keys else first == 1, f"key {number} begins too early")
        read_note(statement, name, keys[-1][1] if keys else key)
        keys.append((first, key))
    check(keys and name == "suanpan-ledger-" + sha(keys[0][1])[:8].hex(), "the log's name is not made of its first key")
    return name, keys


def read_checkpoint(note, name, keys):
    log, size, root, number, sequence, frame, _ = read_note(note)
    number = int(number.removeprefix("checkpoint "))
    check(log == name, "a checkpoint of another log")
    read_note(note, name, [key for first, key in keys if first <= number][-1])
    return {"number": number, "size": int(size), "root": base64.b64decode(root),
            "sequence": int(sequence.removeprefix("sequence ")), "frame": base64.b64decode(frame.removeprefix("frame "))}


def leaf_fields(leaf):
    """id, entry set, debit, credit, asset, amount, kind, cause's kind, cause's number."""
    fields, at = list(struct.unpack_from(">B4q", leaf)), 33
    for is_text in (True, False, True, True, False):
        length = 1 + leaf[at] if is_text else 8
        fields.append(leaf[at + 1:at + length].decode() if is_text else struct.unpack_from(">q", leaf, at)[0])
        at += length
    check(fields.pop(0) == 1 and at == len(leaf), "no leaf of version 1")
    return fields


class Tree:
    """Complete subtrees from the left, the largest first: all that a growing root needs."""

    def __init__(self):
        self.size, self.stack = 0, []

    def append(self, leaf):
        self.stack.append(sha(b"\0", leaf))
        self.size += 1
        for _ in range((self.size & -self.size).bit_length() - 1):
            right = self.stack.pop()
            self.stack[-1] = node(self.stack[-1], right)

    def root(self):
        root = self.stack[-1] if self.stack else sha()
        for left in reversed(self.stack[:-1]):
            root = node(left, root)
        return root


def climb(index, size, path, old, new):
    """Both walks of RFC 9162 (2.1.3.2, 2.1.4.2): `old` takes the hashes on the left, `new` all of them."""
    last = size - 1
    for sibling in path:
        check(last > 0, "a path too long")
        if index & 1 or index == last:
            old, new = node(sibling, old), node(sibling, new)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            new = node(new, sibling)
        index, last = index >> 1, last >> 1
    check(last == 0, "a path too short")
    return old, new


def check_consistency(first, second, path):
    m, n = first["size"], second["size"]
    check(0 < m <= n, "no such sizes")
    if m == n:
        return check(not path and first["root"] == second["root"], "two roots of one size")
    if m & (m - 1) == 0:
        path = [first["root"], *path]
    shift = (~(m - 1) & m).bit_length() - 1  # complete subtrees on the way up are skipped
    old, new = climb((m - 1) >> shift, ((n - 1) >> shift) + 1, path[1:], path[0], path[0])
    check(old == first["root"] and new == second["root"], "the second tree does not begin with the first")


def read_frame(body, frame_hash, event_hash):
    """The numbers and the hashes of a frame, which must continue the hashes of the one before."""
    first, last = struct.unpack_from(">2q", body)
    at, sized = 132, []
    for _ in range(3):
        end = at + 8 + int.from_bytes(body[at:at + 8], "big")
        sized.append(body[at:end])
        at = end
    check(at == len(body) and body[68:100] == frame_hash, f"frame {first} does not continue the one before")
    check(body[36:68] == sha(event_hash, sized[2][8:]), f"frame {first}: event_hash is not the hash of its events")
    own = sha(b"\1", frame_hash, body[:36], body[36:68], sized[0], sized[1], sized[2][:8])
    check(body[100:132] == own, f"frame {first}: frame_hash is not its hash")
    return first, last, own, body[36:68]


def parts(file):
    while head := file.read(9):
        body = file.read(int.from_bytes(head[1:], "big"))
        check(len(head) == 9 and len(body) == int.from_bytes(head[1:], "big"), "the bundle ends early")
        yield head[:1], body


def verify_bundle(path, remembered_note=None):
    tree, last, frame_hash, event_hash, remembered = Tree(), 0, bytes(32), bytes(32), None
    counts, statements, keys, balances, end = [0, 0, 0], [], None, {}, None
    with open(path, "rb") as file:
        stream = parts(file)
        check(next(stream) == (b"S", b"suanpan bundle 1\n"), "no bundle")
        for kind, body in stream:
            check(end is None, "something follows the end")
            if kind == b"K":
                statements.append(body.decode())
                continue
            if keys is None:
                name, keys = read_keys(statements)
                remembered = remembered_note and read_checkpoint(remembered_note, name, keys)
            if remembered and kind in b"FE" and last >= remembered["sequence"]:
                known = (last, tree.size, tree.root(), frame_hash)
                check(known == tuple(remembered[field] for field in ("sequence", "size", "root", "frame")),
                      "the record was rewritten since the remembered checkpoint")
                remembered = None
            if kind == b"F":
                first, sequence, frame_hash, event_hash = read_frame(body, frame_hash, event_hash)
                check(first == last + 1 <= sequence, f"frame {first} does not follow sequence {last}")
                last, counts[0] = sequence, counts[0] + 1
            elif kind == b"T":
                while body:
                    length = 2 + int.from_bytes(body[:2], "big")
                    leaf, body = body[2:length], body[length:]
                    transfer, _, debit, credit, asset, amount, *_ = leaf_fields(leaf)
                    check(transfer == tree.size + 1, f"transfer {transfer} follows {tree.size}")
                    check(amount > 0 and debit != credit, f"transfer {transfer} moves nothing")
                    balances[asset, debit] = balances.get((asset, debit), 0) - amount
                    balances[asset, credit] = balances.get((asset, credit), 0) + amount
                    tree.append(leaf)
                    counts[1] += 1
            elif kind == b"C":
                point = read_checkpoint(body.decode(), name, keys)
                counts[2] += 1
                check(point == {"number": counts[2], "size": tree.size, "root": tree.root(), "sequence": last, "frame": frame_hash},
                      f"checkpoint {counts[2]} is not of this record")
            elif kind == b"E":
                end = list(struct.unpack(">3q", body))
    check(end == counts, "the end is missing or counts other parts")
    check(not remembered, "the remembered checkpoint lies beyond the record: it was cut back")
    below = sorted(asset for (asset, _), amount in balances.items() if amount < 0)
    check(len(below) == len(set(below)), "more than the world is below zero")
    print(f"sound: {counts[0]} frames, {counts[1]} transfers, {counts[2]} checkpoints of {name}, root {tree.root().hex()}")


def load(path):
    with open(path, encoding="utf-8", newline="") as file:
        return json.load(file) if path.endswith(".json") else file.read()


def main(command, *files):
    if command == "bundle":
        return verify_bundle(files[0], *map(load, files[1:2]))
    proof, *notes, listed = map(load, files)
    name, keys = read_keys([key["endorsement"] for key in listed["data"]])
    points = [read_checkpoint(note, name, keys) for note in notes]
    path = [bytes.fromhex(step) for step in proof["path"]]
    if command == "consistency":
        return check_consistency(points[0], points[1], path)
    leaf, index = bytes.fromhex(proof["leaf"]), proof["leaf_index"]
    check(leaf_fields(leaf)[0] == index + 1 <= points[0]["size"], "the leaf is of another transfer")
    root = climb(index, points[0]["size"], path, sha(b"\0", leaf), sha(b"\0", leaf))[1]
    check(root == points[0]["root"], "the transfer is not in the tree of the checkpoint")
    print("included:", *leaf_fields(leaf))


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ValueError, IndexError, KeyError, struct.error) as error:
        sys.exit(f"WRONG: {error}")
