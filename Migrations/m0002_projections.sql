-- Read models: derived from the journal's events, rebuildable from nothing, never the record.
-- Amounts and prices are micros, times microseconds since 1970, hours hours since 1970; identifiers are the numbers
-- behind the API's texts. The tables that grow with trading have one check each: every single one costs COPY about
-- three percent.

-- How far the projections have followed the journal; written in the transaction that follows.
CREATE TABLE projector_position (
    singleton  boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    sequence   bigint NOT NULL CHECK (sequence >= 0),
    frame_hash bytea NOT NULL CHECK (octet_length(frame_hash) = 32)
);
INSERT INTO projector_position (sequence, frame_hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE TABLE accounts (
    id          bigint PRIMARY KEY CHECK (id > 0),
    kind        text NOT NULL,
    participant bigint CHECK (participant > 0),
    product     integer CHECK (product >= 0),
    hour        integer CHECK (hour >= 0),
    asset       text NOT NULL CHECK (asset ~ '^[A-Z]{3,8}$'),
    sequence    bigint NOT NULL CHECK (sequence > 0),
    time_micros bigint NOT NULL CHECK (time_micros >= 0),
    CHECK ((kind = 'cash') = (participant IS NOT NULL)),
    CHECK ((kind = 'escrow') = (product IS NOT NULL AND hour IS NOT NULL))
);
CREATE INDEX accounts_of_participant ON accounts (participant, id) WHERE participant IS NOT NULL;

-- Double entry: money leaves the debit account and reaches the credit account. The leaf of the Merkle tree is id - 1.
CREATE TABLE transfers (
    id          bigint PRIMARY KEY,
    entry_set   bigint NOT NULL,
    debit       bigint NOT NULL,
    credit      bigint NOT NULL,
    amount      bigint NOT NULL,
    cause_id    bigint NOT NULL,
    sequence    bigint NOT NULL,
    time_micros bigint NOT NULL,
    asset       text NOT NULL,
    kind        text NOT NULL,
    cause_kind  text NOT NULL,
    CHECK (amount > 0 AND debit <> credit AND debit > 0 AND credit > 0)
);
CREATE INDEX transfers_of_debit ON transfers (debit, id);
CREATE INDEX transfers_of_credit ON transfers (credit, id);

CREATE TABLE trades (
    id          bigint PRIMARY KEY,
    price       bigint NOT NULL,
    quantity    bigint NOT NULL,
    buy_order   bigint,
    sell_order  bigint NOT NULL,
    bid         bigint,
    buyer       bigint NOT NULL,
    seller      bigint NOT NULL,
    buyer_fee   bigint NOT NULL,
    seller_fee  bigint NOT NULL,
    resource    bigint,
    sequence    bigint NOT NULL,
    time_micros bigint NOT NULL,
    product     integer NOT NULL,
    hour        integer NOT NULL,
    taker_side  text NOT NULL,
    resale      boolean NOT NULL,
    CHECK (price > 0 AND quantity > 0 AND (buy_order IS NOT NULL OR bid IS NOT NULL))
);
CREATE INDEX trades_of_contract ON trades (product, hour, id);
CREATE INDEX trades_of_buyer ON trades (buyer, id);
CREATE INDEX trades_of_seller ON trades (seller, id);

-- Orders as they ended. An order that is live is in the exchange's memory only.
CREATE TABLE orders (
    id                 bigint PRIMARY KEY,
    participant        bigint NOT NULL,
    price              bigint,
    stop_price         bigint,
    quantity           bigint NOT NULL,
    filled_quantity    bigint NOT NULL,
    display_quantity   bigint,
    min_quantity       bigint,
    average_price      bigint,
    resource           bigint,
    allocation         bigint,
    offer              bigint,
    bid                bigint,
    expires_at_micros  bigint,
    created_at_micros  bigint NOT NULL,
    closed_at_micros   bigint NOT NULL,
    sequence           bigint NOT NULL,
    product            integer NOT NULL,
    hour               integer NOT NULL,
    side               text NOT NULL,
    type               text NOT NULL,
    time_in_force      text NOT NULL,
    status             text NOT NULL,
    reason             text,
    self_trade_prevention text NOT NULL,
    post_only          boolean NOT NULL,
    client_order_id    text,
    CHECK (filled_quantity BETWEEN 0 AND quantity AND quantity > 0 AND closed_at_micros >= created_at_micros)
);
CREATE INDEX orders_of_participant ON orders (participant, id);
