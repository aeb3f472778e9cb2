-- Messages of v1: many recipients each, sent at once, later, or when their transaction is closed.

-- v1 knows no markets.
ALTER TABLE message
    ALTER COLUMN market DROP NOT NULL,
    ADD CHECK ((market IS NULL) = (service = 'v1'));
CREATE INDEX message_of_v1 ON message (space_id, id) WHERE service = 'v1';

ALTER TABLE recipient
    ADD COLUMN fields jsonb,                          -- what the text is filled in with
    ADD COLUMN refused_as text;                       -- why acceptance stored it rejected

-- What of a v1 message can change. Whoever changes the message or adds recipients locks this row
-- first; sums over recipients are those of its valid ones.
CREATE TABLE v1_message (
    space_id         integer NOT NULL,
    id               bytea NOT NULL CHECK (octet_length(id) = 12),
    is_open          boolean NOT NULL,                -- a transaction that takes recipients
    is_test          boolean NOT NULL,
    due_at           timestamptz,                     -- as asked for; null: at once
    factor           integer NOT NULL,                -- of the options, thousandths
    recipient_count  integer NOT NULL,
    segment_total    bigint NOT NULL,
    base_micro       bigint NOT NULL,                 -- before priority and options
    price_micro      bigint NOT NULL,
    invalid_total    integer NOT NULL,                -- recipients that are none
    invalid          jsonb NOT NULL,                  -- the first of them, as written
    first_answer     jsonb,                           -- its 201's counts, if that may be asked again
    updated_at       timestamptz NOT NULL,
    discard_at       timestamptz,                     -- of an open transaction
    charged_at       timestamptz,                     -- null: not yet
    cancelled_at     timestamptz,
    PRIMARY KEY (space_id, id)
) PARTITION BY RANGE (id);
CREATE INDEX v1_message_open ON v1_message (discard_at) WHERE is_open;

-- When accounts send in real time: once a minute each, those for later at their time.
CREATE TABLE v1_realtime (
    space_id    integer NOT NULL,
    due_at      timestamptz NOT NULL,
    message_id  bytea NOT NULL,
    PRIMARY KEY (space_id, due_at)
);

-- Recipients whose change of state their message's URL has not been told. Rows come and go by the
-- thousand, so dead ones are collected at once.
CREATE TABLE v1_change (
    space_id      integer NOT NULL,
    message_id    bytea NOT NULL,
    recipient_id  bytea NOT NULL,
    PRIMARY KEY (space_id, message_id, recipient_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);

-- A callback of v1 tells of every recipient that changed, named in `payload`, and is superseded by
-- none: the next one tells of others.
ALTER TABLE callback
    DROP CONSTRAINT callback_kind_check,
    ADD CONSTRAINT callback_kind_check CHECK (kind IN ('message', 'low_credit', 'v1'));
