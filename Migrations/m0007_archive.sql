-- Hours that are final: what has left the exchange's memory, 30 days after its settlement. Derived from the journal's events, rebuildable like the
-- other read models. A body is the whole record in the journal's binary form; the columns beside it are what it is looked for by.
CREATE TABLE archived_deliveries (
    id                bigint PRIMARY KEY,
    allocation        bigint NOT NULL,
    holder            bigint NOT NULL,
    provider          bigint NOT NULL,
    run               bigint NOT NULL,
    position          bigint NOT NULL,
    settled_at_micros bigint NOT NULL,
    sequence          bigint NOT NULL,
    product           integer NOT NULL,
    hour              integer NOT NULL,
    body              bytea NOT NULL,
    CHECK (id > 0 AND run > 0 AND position >= 0)
);
CREATE INDEX archived_deliveries_of_contract ON archived_deliveries (product, hour, id);
CREATE INDEX archived_deliveries_of_allocation ON archived_deliveries (allocation, id);
CREATE INDEX archived_deliveries_of_holder ON archived_deliveries (holder, id);
CREATE INDEX archived_deliveries_of_provider ON archived_deliveries (provider, id);
CREATE INDEX archived_allocations_of_provider ON archived_deliveries (provider, allocation);
CREATE INDEX archived_lines_of_run ON archived_deliveries (run, position);

-- Everybody who bought or sold an archived delivery: statements are made of them.
CREATE TABLE archived_parties (
    participant       bigint NOT NULL,
    settled_at_micros bigint NOT NULL,
    delivery          bigint NOT NULL,
    PRIMARY KEY (participant, settled_at_micros, delivery)
);

CREATE TABLE archived_allocations (
    id       bigint PRIMARY KEY,
    holder   bigint NOT NULL,
    sequence bigint NOT NULL,
    body     bytea NOT NULL,
    CHECK (id > 0)
);
CREATE INDEX archived_allocations_of_holder ON archived_allocations (holder, id);

-- The sales that indices are made of, some hundred a row; `start` is how many of the contract's stand before them.
CREATE TABLE archived_inputs (
    product  integer NOT NULL,
    hour     integer NOT NULL,
    start    bigint NOT NULL,
    sequence bigint NOT NULL,
    body     bytea NOT NULL,
    PRIMARY KEY (product, hour, start)
);
