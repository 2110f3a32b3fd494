-- The ledger's Merkle tree, its signed checkpoints and the keys that sign. The tree is derived from the journal and can be
-- built again; checkpoints and keys were published and are kept for ever. Hashes are SHA-256.

-- How far the tree has followed the journal; written in the transaction that follows. edges: the hashes that no full tile
-- holds yet, level by level, (tree_size >> 8 * level) & 255 of them each.
CREATE TABLE ledger_tree (
    singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    sequence   bigint NOT NULL CHECK (sequence >= 0),
    frame_hash bytea NOT NULL CHECK (octet_length(frame_hash) = 32),
    tree_size  bigint NOT NULL CHECK (tree_size >= 0),
    edges      bytea NOT NULL CHECK (octet_length(edges) % 32 = 0)
);
ALTER TABLE ledger_tree ALTER edges SET STORAGE EXTERNAL;
INSERT INTO ledger_tree (sequence, frame_hash, tree_size, edges) VALUES (0, decode(repeat('00', 32), 'hex'), 0, '');

-- Full tiles of C2SP tlog-tiles: 256 hashes of complete subtrees of 256^level leaves each.
CREATE TABLE ledger_tiles (
    level  integer NOT NULL,
    tile   bigint NOT NULL,
    hashes bytea NOT NULL,
    PRIMARY KEY (level, tile),
    CHECK (octet_length(hashes) = 8192 AND level BETWEEN 0 AND 7 AND tile >= 0)
);
-- Hashes do not compress.
ALTER TABLE ledger_tiles ALTER hashes SET STORAGE EXTERNAL;

CREATE TABLE ledger_keys (
    number           integer PRIMARY KEY CHECK (number > 0),
    public_key       bytea NOT NULL UNIQUE CHECK (octet_length(public_key) = 32),
    first_checkpoint bigint NOT NULL CHECK (first_checkpoint > 0),
    statement        text NOT NULL
);
COMMENT ON COLUMN ledger_keys.statement IS 'signed note: the key before says that this one follows; the first says so itself';

CREATE TABLE ledger_checkpoints (
    number           bigint PRIMARY KEY CHECK (number > 0),
    tree_size        bigint NOT NULL CHECK (tree_size >= 0),
    journal_sequence bigint NOT NULL UNIQUE CHECK (journal_sequence > 0),
    note             text NOT NULL
);
COMMENT ON COLUMN ledger_checkpoints.note IS 'C2SP checkpoint as a signed note; everything else in the row stands in it too';
CREATE INDEX ledger_checkpoints_of_size ON ledger_checkpoints (tree_size, number);

-- What was published only grows. Whoever has to change it must say so by disabling these triggers.
CREATE FUNCTION refuse_change_of_checkpoints() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'checkpoints and their keys are append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_checkpoints();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_keys
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_checkpoints();
