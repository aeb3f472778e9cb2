-- Monthly closings, which stay when months are dropped.

CREATE TABLE ledger_closing (
    space_id             integer NOT NULL REFERENCES space,
    month                date NOT NULL CHECK (extract(day FROM month) = 1),
    sequence             bigint NOT NULL,             -- of the last entry that it covers
    balance_after_micro  bigint NOT NULL,
    closed_at            timestamptz NOT NULL,
    PRIMARY KEY (space_id, month)
);
