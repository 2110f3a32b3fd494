#!/usr/bin/env python3
"""A stranger's verifier of Suanpan's ledger, written from docs/LEDGER.md alone. Python's standard library and nothing else.

verify.py bundle FILE [REMEMBERED]          a bundle, and that it continues a checkpoint (note) that was kept earlier
verify.py inclusion PROOF NOTE KEYS         a transfer's proof against a checkpoint; PROOF and KEYS are JSON of the API
verify.py consistency PROOF OLD NEW KEYS    that the transfers of one checkpoint begin those of another
"""
import base64, functools, hashlib, json, struct, sys
import ed25519

unbase64 = functools.partial(base64.b64decode, validate=True)

def check(condition, reason):
    if not condition:
        raise ValueError(reason)

def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

def node(left, right):
    return sha(b"\1", left, right)

def read_note(note, name=None, key=None):
    """The lines of a note's text; with a name and a key only if that key signed it."""
    text, _, line = note.rpartition("\n\n")
    signer, signature = line.removeprefix("\u2014 ").removesuffix("\n").split(" ")
    if key:
        signed_by, signature = unbase64(signature)[:4], unbase64(signature)[4:]
        check(signer == name and signed_by == sha(name.encode(), b"\n\1", key)[:4], "signed by another key")
        check(ed25519.verify(key, signature, (text + "\n").encode()), "a wrong signature")
    return text.split("\n")

def read_keys(statements):
    """The log's name and [(first checkpoint, public key)], each key named by the one before it."""
    keys, name = [], read_note(statements[0])[1]
    for number, statement in enumerate(statements, 1):
        heading, log, title, line, first, _ = read_note(statement)
        key = unbase64(line.split("+", 2)[2])[1:]
        first = int(first.removeprefix("from checkpoint "))
        check((heading, log, title, len(key)) == ("suanpan ledger key", name, f"key {number}", 32), "no statement of a key")
        check(first >= keys[-1][0] if keys else first == 1, f"key {number} begins too early")
        read_note(statement, name, keys[-1][1] if keys else key)
        keys.append((first, key))
    check(name == "suanpan-ledger-" + sha(keys[0][1])[:8].hex(), "the log's name is not made of its first key")
    return name, keys

def read_checkpoint(note, name, keys):
    """number, tree size, root, sequence and frame hash of a checkpoint, if the key of its time signed it."""
    log, size, root, number, sequence, frame, _ = read_note(note)
    number = int(number.removeprefix("checkpoint "))
    check(log == name, "a checkpoint of another log")
    read_note(note, name, [key for first, key in keys if first <= number][-1])
    sequence, frame = int(sequence.removeprefix("sequence ")), unbase64(frame.removeprefix("frame "))
    return number, int(size), unbase64(root), sequence, frame

def leaf_fields(leaf):
    """id, entry set, debit, credit, asset, amount, kind, cause's kind, cause's number."""
    fields, at = list(struct.unpack_from(">B4q", leaf)), 33
    for is_text in (True, False, True, True, False):
        length = 1 + leaf[at] if is_text else 8
        fields.append(leaf[at + 1:at + length].decode() if is_text else struct.unpack_from(">q", leaf, at)[0])
        at += length
    check(fields.pop(0) == 1 and at == len(leaf), "no leaf of version 1")
    return fields

def root_of(subtrees):
    """The root over complete subtrees, the largest first."""
    return functools.reduce(lambda root, left: node(left, root), reversed(subtrees)) if subtrees else sha()

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

def check_consistency(old, new, path):
    (_, m, old_root, _, _), (_, n, new_root, _, _) = old, new
    check(0 < m <= n and (m < n or not path and old_root == new_root), "no such sizes, or two roots of one")
    if m < n:
        path = [old_root, *path] if m & (m - 1) == 0 else path
        shift = (m & -m).bit_length() - 1  # complete subtrees on the way up are skipped
        roots = climb((m - 1) >> shift, ((n - 1) >> shift) + 1, path[1:], path[0], path[0])
        check(roots == (old_root, new_root), "the second tree does not begin with the first")

def read_frame(body, last, frame_hash, event_hash):
    """The last number and the hashes of a frame, which must continue those of the one before."""
    first, at, sized = struct.unpack_from(">q", body)[0], 132, []
    for _ in range(3):
        sized.append(body[at:at + 8 + int.from_bytes(body[at:at + 8], "big")])
        at += len(sized[-1])
    check(at == len(body) and first == last + 1 and body[68:100] == frame_hash, f"frame {first} does not follow {last}")
    check(body[36:68] == sha(event_hash, sized[2][8:]), f"frame {first}: event_hash is not the hash of its events")
    own = sha(b"\1", frame_hash, body[:36], body[36:68], sized[0], sized[1], sized[2][:8])
    check(body[100:132] == own, f"frame {first}: frame_hash is not its hash")
    return struct.unpack_from(">q", body, 8)[0], own, body[36:68]

def verify_bundle(path, remembered=None):
    size, subtrees, last, frame_hash, event_hash = 0, [], 0, bytes(32), bytes(32)
    counts, statements, name, keys, end = [0, 0, 0], [], None, [], None
    awaited = int(read_note(remembered)[4].removeprefix("sequence ")) if remembered else None
    with open(path, "rb") as file:
        check(file.read(26) == b"S\0\0\0\0\0\0\0\x11suanpan bundle 1\n", "no bundle")
        while head := file.read(9):
            kind, body = head[:1], file.read(int.from_bytes(head[1:], "big"))
            check(len(body) == int.from_bytes(head[1:], "big") and end is None, "cut short, or longer than its end")
            if kind == b"K":
                statements.append(body.decode())
                name, keys = read_keys(statements)
            if kind in b"FE" and awaited is not None and last >= awaited:
                known, awaited = read_checkpoint(remembered, name, keys)[1:], None
                check(known == (size, root_of(subtrees), last, frame_hash), "rewritten since the remembered checkpoint")
            if kind == b"F":
                last, frame_hash, event_hash = read_frame(body, last, frame_hash, event_hash)
                counts[0] += 1
            at = 0
            while kind == b"T" and at < len(body):
                leaf = body[at + 2:at + 2 + int.from_bytes(body[at:at + 2], "big")]
                transfer, _, debit, credit, _, amount, *_ = leaf_fields(leaf)
                at, size, counts[1] = at + 2 + len(leaf), size + 1, counts[1] + 1
                check(transfer == size and amount > 0 and debit != credit, f"transfer {transfer} is not transfer {size}")
                subtrees.append(sha(b"\0", leaf))
                for _ in range((size & -size).bit_length() - 1):
                    subtrees[-2:] = [node(*subtrees[-2:])]
            if kind == b"C":
                counts[2] += 1
                known = (counts[2], size, root_of(subtrees), last, frame_hash)
                check(read_checkpoint(body.decode(), name, keys) == known, f"checkpoint {counts[2]} is not of this record")
            end = list(struct.unpack(">3q", body)) if kind == b"E" else end
    check(statements and end == counts, "the keys or the end are missing, or the end counts other parts")
    check(awaited is None, "the remembered checkpoint lies beyond the record: it was cut back")
    print(f"sound: {counts[0]} frames, {size} transfers, {counts[2]} checkpoints of {name}, root {root_of(subtrees).hex()}")

def main(command, first, *others):
    texts = [open(path, encoding="utf-8", newline="").read() for path in others]
    if command == "bundle":
        return verify_bundle(first, *texts)
    proof, (*notes, listed) = json.load(open(first)), texts
    name, keys = read_keys([key["endorsement"] for key in json.loads(listed)["data"]])
    points, path = [read_checkpoint(note, name, keys) for note in notes], [bytes.fromhex(step) for step in proof["path"]]
    if command == "consistency":
        return check_consistency(*points, path)
    leaf, (_, size, known, *_) = bytes.fromhex(proof["leaf"]), points[0]
    check(leaf_fields(leaf)[0] == proof["leaf_index"] + 1 <= size, "the leaf is of another transfer")
    _, root = climb(proof["leaf_index"], size, path, b"", sha(b"\0", leaf))
    check(root == known, "the transfer is not in the tree of the checkpoint")
    print("included:", *leaf_fields(leaf))

if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (ValueError, IndexError, KeyError, struct.error) as error:
        sys.exit(f"WRONG: {error}")
