-- The record: everything that must survive. Times are microseconds since 1970, hashes SHA-256.

-- What one database is for: the mode of its clock, the format of its journal.
CREATE TABLE meta (
    key   text PRIMARY KEY CHECK (key <> ''),
    value text NOT NULL
);

-- The one writer. Every frame's transaction locks this row FOR SHARE and checks the epoch; a takeover updates it. Who
-- lives is known by a session's advisory lock, not by this row.
CREATE TABLE writer_lease (
    singleton       boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    epoch           bigint NOT NULL CHECK (epoch >= 0),
    holder          text NOT NULL,
    backend_pid     integer CHECK (backend_pid > 0),
    taken_at_micros bigint CHECK (taken_at_micros >= 0)
);
INSERT INTO writer_lease (epoch, holder) VALUES (0, 'nobody');

-- One row a batch: consecutive commands with all that came of them.
CREATE TABLE journal_frames (
    first_sequence     bigint PRIMARY KEY CHECK (first_sequence > 0),
    last_sequence      bigint NOT NULL CHECK (last_sequence >= first_sequence),
    recorded_at_micros bigint NOT NULL CHECK (recorded_at_micros >= 0),
    epoch              bigint NOT NULL CHECK (epoch > 0),
    rules_version      integer NOT NULL CHECK (rules_version > 0),
    event_hash         bytea NOT NULL CHECK (octet_length(event_hash) = 32),
    previous_hash      bytea NOT NULL CHECK (octet_length(previous_hash) = 32),
    frame_hash         bytea NOT NULL CHECK (octet_length(frame_hash) = 32),
    commands           bytea NOT NULL CHECK (octet_length(commands) > 0),
    results            bytea NOT NULL,
    events             bytea NOT NULL
);
COMMENT ON COLUMN journal_frames.event_hash IS 'hash of the event_hash of the frame before and of events';
COMMENT ON COLUMN journal_frames.previous_hash IS 'frame_hash of the frame before; 32 zero bytes for the first';
COMMENT ON COLUMN journal_frames.frame_hash IS 'hash of previous_hash and of everything else in this row; the form is in FrameSeal.swift';

-- Stored as they are: a frame of 64 KiB commits in 0.7 ms so, in 1.2 ms compressed by lz4, in 2.5 ms by default, and
-- compression saves a quarter of the log only.
ALTER TABLE journal_frames
    ALTER commands SET STORAGE EXTERNAL,
    ALTER results SET STORAGE EXTERNAL,
    ALTER events SET STORAGE EXTERNAL;

-- The record only grows. Whoever has to change it must say so by disabling this trigger.
CREATE FUNCTION refuse_change_of_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON journal_frames
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_journal();

-- Hashes of the whole state that a server noted at its end: what a replay must come to.
CREATE TABLE state_hashes (
    sequence          bigint PRIMARY KEY CHECK (sequence > 0),
    state_hash        bytea NOT NULL CHECK (octet_length(state_hash) = 32),
    noted_at_micros   bigint NOT NULL CHECK (noted_at_micros >= 0)
);

-- Secrets, sealed by the vault's key: access details, contacts. Written before the frame that refers to them.
CREATE TABLE vault (
    subject           bigint NOT NULL CHECK (subject > 0),
    kind              text NOT NULL CHECK (kind <> ''),
    version           bigint NOT NULL CHECK (version > 0),
    sealed            bytea NOT NULL,
    sealed_at_micros  bigint NOT NULL CHECK (sealed_at_micros >= 0),
    PRIMARY KEY (subject, kind, version)
);
COMMENT ON COLUMN vault.subject IS 'the number of the object that the secret belongs to; kind says of which';

-- The numbers of sealed rows: a row's number is part of what its seal is bound to, so it is drawn first.
CREATE SEQUENCE vault_versions AS bigint;
