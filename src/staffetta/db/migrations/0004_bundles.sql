-- Bundles of prepaid segments, and what guards a wallet: a daily cap, an alert when credit is low.

CREATE TABLE bundle (
    space_id               integer NOT NULL REFERENCES space,
    id                     integer GENERATED ALWAYS AS IDENTITY,
    name                   text NOT NULL DEFAULT '',
    market                 text CHECK (market IN ('IT', 'ES', 'WW')),  -- null: any
    country                text CHECK (length(country) BETWEEN 2 AND 3),  -- null: any
    segment_count          integer NOT NULL CHECK (segment_count > 0),  -- of one period
    remaining_count        integer NOT NULL,
    period                 integer NOT NULL DEFAULT 1,  -- from 1; a renewal begins the next one
    price_micro            bigint NOT NULL CHECK (price_micro >= 0),  -- of one period
    period_days            integer NOT NULL CHECK (period_days > 0),
    autorenew              boolean NOT NULL DEFAULT false,
    starts_at              timestamptz NOT NULL,
    ends_at                timestamptz NOT NULL,
    ended_at               timestamptz,               -- no longer active: over, or cancelled
    ended_reason           text NOT NULL DEFAULT '',
    created_at             timestamptz NOT NULL,
    PRIMARY KEY (space_id, id),
    CHECK (remaining_count BETWEEN 0 AND segment_count),
    CHECK (starts_at < ends_at)
);
CREATE INDEX bundle_active ON bundle (space_id) WHERE ended_at IS NULL;
CREATE INDEX bundle_ending ON bundle (ends_at) WHERE ended_at IS NULL;

-- Segments of a recipient that a bundle paid for. When no carrier took them they are given back,
-- once: to the bundle if its period is still the same and runs, else they are lost.
CREATE TABLE bundle_use (
    space_id       integer NOT NULL,
    recipient_id   bytea NOT NULL CHECK (octet_length(recipient_id) = 12),
    bundle_id      integer NOT NULL,
    period         integer NOT NULL,                  -- the bundle's, when it covered them
    segment_count  smallint NOT NULL CHECK (segment_count > 0),
    returned_at    timestamptz,
    lost           boolean NOT NULL DEFAULT false CHECK (NOT lost OR returned_at IS NOT NULL),
    PRIMARY KEY (space_id, recipient_id, bundle_id)
) PARTITION BY RANGE (recipient_id);

-- How many of a recipient's segments bundles cover: the wallet pays for the others.
ALTER TABLE recipient ADD COLUMN bundle_segment_count smallint NOT NULL DEFAULT 0;

ALTER TABLE wallet
    ADD COLUMN has_bundles boolean NOT NULL DEFAULT false,  -- an active bundle may exist
    ADD COLUMN day_spend_max_micro bigint CHECK (day_spend_max_micro >= 0),  -- null: no cap
    ADD COLUMN spend_day date NOT NULL DEFAULT '1970-01-01',  -- in UTC; what day_spent is of
    ADD COLUMN day_spent_micro bigint NOT NULL DEFAULT 0,
    ADD COLUMN alert_below_micro bigint,                    -- null: no alert
    ADD COLUMN alerted boolean NOT NULL DEFAULT false;      -- told already; a top-up arms it again
