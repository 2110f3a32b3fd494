-- The audit log: who administered what, when and from where. Derived from the journal's events, rebuildable like the other read models.
CREATE TABLE audit_log (
    id          bigint PRIMARY KEY CHECK (id > 0),
    time_micros bigint NOT NULL CHECK (time_micros >= 0),
    participant bigint NOT NULL,
    api_key     bigint NOT NULL,
    address     text,
    request_id  text NOT NULL,
    action      text NOT NULL,
    subject     text,
    refusal     text,
    sequence    bigint NOT NULL CHECK (sequence > 0)
);
CREATE INDEX audit_log_of_participant ON audit_log (participant, id);
