-- Trades lie in the order of time, so that a block range index finds those of a day and costs COPY next to nothing.
CREATE INDEX trades_over_time ON trades USING brin (time_micros) WITH (pages_per_range = 32, autosummarize = on);
-- The version of the product's fee schedule that priced each side.
ALTER TABLE trades ADD COLUMN buyer_fee_version integer NOT NULL DEFAULT 1, ADD COLUMN seller_fee_version integer NOT NULL DEFAULT 1;
