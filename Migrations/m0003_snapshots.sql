-- Snapshots of the exchange's state: a start reads the newest one and only the journal after it. They are made from the
-- journal and can be made again; the journal is the record.

-- Written last in the transaction that writes the chunks, so what has a row here is whole.
CREATE TABLE snapshots (
    sequence        bigint PRIMARY KEY CHECK (sequence > 0),
    frame_hash      bytea NOT NULL CHECK (octet_length(frame_hash) = 32),
    event_hash      bytea NOT NULL CHECK (octet_length(event_hash) = 32),
    rules_version   integer NOT NULL CHECK (rules_version > 0),
    state_form      integer NOT NULL CHECK (state_form > 0),
    state_hash      bytea NOT NULL CHECK (octet_length(state_hash) = 32),
    byte_count      bigint NOT NULL CHECK (byte_count > 0),
    chunk_count     bigint NOT NULL CHECK (chunk_count > 0),
    taken_at_micros bigint NOT NULL CHECK (taken_at_micros >= 0),
    header_hash     bytea NOT NULL CHECK (octet_length(header_hash) = 32)
);
COMMENT ON COLUMN snapshots.sequence IS 'the last command that the state includes; a frame of the journal ends there';
COMMENT ON COLUMN snapshots.frame_hash IS 'of that frame, as event_hash: what the next frame continues';
COMMENT ON COLUMN snapshots.state_form IS 'the form of the state''s bytes; a program reads only its own';
COMMENT ON COLUMN snapshots.state_hash IS 'SHA-256 of all chunks'' bytes in order';
COMMENT ON COLUMN snapshots.header_hash IS 'hash of everything else in this row; the form is in SnapshotHeader.swift';

CREATE TABLE snapshot_chunks (
    sequence   bigint NOT NULL CHECK (sequence > 0),
    number     bigint NOT NULL CHECK (number >= 0),
    chunk_hash bytea NOT NULL CHECK (octet_length(chunk_hash) = 32),
    bytes      bytea NOT NULL CHECK (octet_length(bytes) BETWEEN 1 AND 8000),
    PRIMARY KEY (sequence, number)
);
-- A row fills a page and stays in it: COPY writes such rows several times faster than the pieces that PostgreSQL would cut
-- of larger ones.
ALTER TABLE snapshot_chunks ALTER bytes SET STORAGE PLAIN;

-- A hash can only be met again by a program that writes the state in the same form.
ALTER TABLE state_hashes ADD COLUMN state_form integer NOT NULL DEFAULT 1 CHECK (state_form > 0);
