-- The shapes everything stands on.
--
-- Tables of traffic have the key (space_id, id) and are partitioned by range of id, by month: ids
-- begin with their creation second, so a month is a range. Their partitions are made by
-- db/partitions.py, which also sets their storage parameters. They carry no foreign keys: each
-- would cost more than the row, and the code that writes them runs in the transaction that read
-- what they point to.
--
-- Money is bigint micro-units. Times are timestamptz. Ids of traffic are bytea of 12 bytes.

CREATE TYPE environment AS ENUM ('production', 'sandbox');

CREATE TYPE recipient_state AS ENUM (
    'scheduled', 'queued', 'submitting', 'submitted', 'uncertain',
    'delivered', 'undeliverable', 'rejected', 'expired', 'cancelled');

-- Who ---------------------------------------------------------------------------------------------

CREATE TABLE account (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email       text NOT NULL CHECK (email = lower(email) AND email LIKE '%_@_%'),
    name        text NOT NULL DEFAULT '',
    currency    char(3) NOT NULL DEFAULT 'EUR',
    created_at  timestamptz NOT NULL,
    UNIQUE (email)
);

-- An account in one environment: what every row of data belongs to.
CREATE TABLE space (
    id                    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id            integer NOT NULL REFERENCES account,
    environment           environment NOT NULL,
    blocklisted_at        timestamptz,
    blocklisted_reason    text,
    callback_secret       bytea,                      -- sealed with the server's key
    settings              jsonb NOT NULL DEFAULT '{}',
    created_at            timestamptz NOT NULL,
    updated_at            timestamptz NOT NULL,       -- by the database's clock, see touch()
    UNIQUE (account_id, environment)
);
CREATE INDEX space_updated ON space (updated_at);     -- the poll that keeps caches true

CREATE TABLE api_key (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space_id    integer NOT NULL REFERENCES space,
    hash        bytea NOT NULL UNIQUE,                -- SHA-256 of the key
    hint        text NOT NULL,                        -- its last four characters
    created_at  timestamptz NOT NULL,
    expire_at   timestamptz,
    revoked_at  timestamptz
);
CREATE INDEX api_key_space ON api_key (space_id);

CREATE TABLE token (
    hash        bytea PRIMARY KEY,                    -- SHA-256 of the token
    space_id    integer NOT NULL REFERENCES space,
    name        text NOT NULL DEFAULT '',
    scopes      text[] NOT NULL,
    sealed      bytea,                                -- the token, sealed with the server's key
    hint        text NOT NULL,                        -- its last four characters
    limits      jsonb NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,                 -- by the database's clock, see touch()
    expire_at   timestamptz NOT NULL,
    revoked_at  timestamptz
);
CREATE INDEX token_space ON token (space_id, created_at);
CREATE INDEX token_updated ON token (updated_at);     -- the poll that keeps caches true

-- Whoever changes a token or a space, every process hears of it: the database itself notes when, by
-- its own clock, because the clocks of machines differ and a forgotten column would leave a revoked
-- token working.
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER space_touched BEFORE INSERT OR UPDATE ON space
    FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER token_touched BEFORE INSERT OR UPDATE ON token
    FOR EACH ROW EXECUTE FUNCTION touch();

-- Money -------------------------------------------------------------------------------------------

CREATE TABLE wallet (
    space_id       integer PRIMARY KEY REFERENCES space,
    balance_micro  bigint NOT NULL DEFAULT 0,
    held_micro     bigint NOT NULL DEFAULT 0 CHECK (held_micro >= 0),
    floor_micro    bigint NOT NULL DEFAULT 0 CHECK (floor_micro <= 0),  -- below 0: post-paid
    sequence       bigint NOT NULL DEFAULT 0,         -- of the newest ledger entry: no gaps
    refilled_at    timestamptz,                       -- a sandbox's daily refill
    updated_at     timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Append-only. One row is one movement with both sides: into the wallet when the amount is
-- positive, and out of the named counter-account by as much.
CREATE TABLE ledger_entry (
    space_id             integer NOT NULL,
    sequence             bigint NOT NULL,
    id                   bytea NOT NULL CHECK (octet_length(id) = 12),
    at                   timestamptz NOT NULL,
    kind                 text NOT NULL CHECK (kind IN ('top_up', 'charge', 'capture', 'refund',
                             'penalty', 'bundle', 'adjustment', 'closing')),
    amount_micro         bigint NOT NULL,
    balance_after_micro  bigint NOT NULL,
    counter_account      text NOT NULL,
    recipient_id         bytea,
    message_id           bytea,
    note                 text NOT NULL DEFAULT '',
    PRIMARY KEY (space_id, sequence, id)
) PARTITION BY RANGE (id);

-- Money set aside for a recipient until a carrier accepts it: open, then captured or released once.
CREATE TABLE hold (
    space_id        integer NOT NULL,
    recipient_id    bytea NOT NULL CHECK (octet_length(recipient_id) = 12),
    amount_micro    bigint NOT NULL CHECK (amount_micro >= 0),
    captured_micro  bigint CHECK (captured_micro BETWEEN 0 AND amount_micro),
    state           text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'captured', 'released')),
    created_at      timestamptz NOT NULL,
    settled_at      timestamptz,
    PRIMARY KEY (space_id, recipient_id)
) PARTITION BY RANGE (recipient_id);

-- Traffic -----------------------------------------------------------------------------------------

-- What was asked for.
CREATE TABLE message (
    space_id          integer NOT NULL,
    id                bytea NOT NULL CHECK (octet_length(id) = 12),
    service           text NOT NULL CHECK (service IN ('v1', 'v2')),
    market            text NOT NULL CHECK (market IN ('IT', 'ES', 'WW')),
    class             smallint NOT NULL,              -- 0: OTP and realtime, 1: the rest
    priority          integer NOT NULL,               -- thousandths: 1.00 is 1000
    sender            text NOT NULL,
    body              text NOT NULL,
    encoding          text NOT NULL CHECK (encoding IN ('GSM-7', 'UCS-2')),
    characters_count  integer NOT NULL,
    segment_count     smallint NOT NULL,
    reference         smallint NOT NULL,              -- of the concatenation, 0 to 255
    flash             boolean NOT NULL DEFAULT false,
    dry_run           boolean NOT NULL DEFAULT false,
    options           jsonb NOT NULL,                 -- as the API echoes them
    callback          jsonb,
    blocklisted_reason text,
    created_at        timestamptz NOT NULL,
    due_at            timestamptz NOT NULL,
    PRIMARY KEY (space_id, id)
) PARTITION BY RANGE (id);

-- One phone of a message. v2 has exactly one, with the message's own id. The queue is a partial
-- index over this table.
CREATE TABLE recipient (
    space_id            integer NOT NULL,
    id                  bytea NOT NULL CHECK (octet_length(id) = 12),
    message_id          bytea NOT NULL,
    position            integer NOT NULL DEFAULT 0,   -- within the message, from 0
    number              text NOT NULL,                -- E.164 with its plus
    country             text NOT NULL,                -- ISO 3166, or 001 for a non-geographic code
    calling_code        text NOT NULL,
    state               recipient_state NOT NULL,
    class               smallint NOT NULL,
    priority            integer NOT NULL,
    turn                bigint NOT NULL,
    connector_id        integer,
    segment_count       smallint NOT NULL,
    price_micro         bigint NOT NULL,              -- quoted, per segment, on this connector
    charged_micro       bigint NOT NULL DEFAULT 0,    -- what the account has paid so far
    attempt             integer NOT NULL DEFAULT 0,   -- claims so far: names the newest claim
    failure_count       smallint NOT NULL DEFAULT 0,  -- temporary refusals so far
    resend_count        smallint NOT NULL DEFAULT 0,  -- sent again after no answer
    owner               integer,                      -- the process that claimed it
    possibly_duplicate  boolean NOT NULL DEFAULT false,
    calls_back          boolean NOT NULL DEFAULT false,  -- changes of state are owed to a URL
    command_status      bigint,                       -- the carrier's last refusal
    detail              text,                         -- the last outcome in words
    due_at              timestamptz NOT NULL,
    expires_at          timestamptz NOT NULL,
    claimed_at          timestamptz,
    sent_at             timestamptz,
    delivered_at        timestamptz,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (space_id, id)
) PARTITION BY RANGE (id);

CREATE INDEX recipient_queue ON recipient (connector_id, class, priority DESC, turn, id)
    WHERE state = 'queued';
CREATE INDEX recipient_waiting ON recipient (due_at)
    WHERE state = 'scheduled';
CREATE INDEX recipient_claimed ON recipient (owner)
    WHERE state = 'submitting';
CREATE INDEX recipient_uncertain ON recipient (connector_id)
    WHERE state = 'uncertain' AND resend_count = 0;
CREATE INDEX recipient_expiry ON recipient (expires_at)
    WHERE state IN ('scheduled', 'queued', 'submitted', 'uncertain');
CREATE INDEX recipient_of_message ON recipient (space_id, message_id, position)
    WHERE id <> message_id;

-- One try of one segment that reached, or may have reached, a carrier.
CREATE TABLE submission (
    space_id        integer NOT NULL,
    recipient_id    bytea NOT NULL CHECK (octet_length(recipient_id) = 12),
    attempt         integer NOT NULL,
    segment         smallint NOT NULL,                -- from 1
    segment_total   smallint NOT NULL,
    connector_id    integer NOT NULL,
    outcome         text NOT NULL CHECK (outcome IN ('accepted', 'refused', 'uncertain')),
    command_status  bigint,
    smsc_id         text,                             -- as the carrier wrote it
    smsc_key        text,                             -- normalised, to be compared
    answered_at     timestamptz NOT NULL,
    report_state    text,                             -- the report's own word, e.g. DELIVRD
    report_error    text,
    report_event    text,                             -- what it meant for the recipient
    reported_at     timestamptz,                      -- when it came
    done_at         timestamptz,                      -- when the carrier says it happened
    PRIMARY KEY (space_id, recipient_id, attempt, segment)
) PARTITION BY RANGE (recipient_id);

CREATE INDEX submission_smsc ON submission (connector_id, smsc_key) WHERE smsc_key IS NOT NULL;

-- Delivery reports that found no submission yet, or came after a final one. The usual report needs
-- no row here: it is stored in its submission.
CREATE TABLE report (
    id              bytea NOT NULL CHECK (octet_length(id) = 12),
    connector_id    integer NOT NULL,
    smsc_id         text NOT NULL,
    smsc_key        text NOT NULL,
    report_state    text NOT NULL,
    report_error    text,
    report_event    text,
    done_at         timestamptz,
    destination     text NOT NULL DEFAULT '',
    received_at     timestamptz NOT NULL,
    disposition     text NOT NULL CHECK (disposition IN ('waiting', 'matched', 'late', 'orphan')),
    PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE INDEX report_waiting ON report (connector_id, smsc_key) WHERE disposition = 'waiting';

CREATE TABLE idempotency_key (
    space_id    integer NOT NULL,
    path        text NOT NULL,
    key         text NOT NULL,
    body_hash   bytea NOT NULL,
    message_id  bytea NOT NULL,
    created_at  timestamptz NOT NULL,
    PRIMARY KEY (space_id, path, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);

-- The outbox: what is owed to an account's URLs, written in the transaction of the change it tells.
CREATE TABLE callback (
    space_id      integer NOT NULL,
    id            bytea NOT NULL CHECK (octet_length(id) = 12),
    message_id    bytea NOT NULL,
    recipient_id  bytea,
    step          smallint NOT NULL,                  -- order within the message: newer supersedes
    event         text NOT NULL,                      -- the state it tells
    host          text NOT NULL,                      -- of the url: limits are per host
    status        text NOT NULL DEFAULT 'owed' CHECK (status IN
                      ('owed', 'delivering', 'delivered', 'superseded', 'ended', 'dead')),
    attempt       smallint NOT NULL DEFAULT 0,
    owner         integer,
    due_at        timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    settled_at    timestamptz,
    PRIMARY KEY (space_id, id)
) PARTITION BY RANGE (id);

CREATE INDEX callback_owed ON callback (due_at) WHERE status = 'owed';
CREATE INDEX callback_of_message ON callback (space_id, message_id, step);

-- Carriers ----------------------------------------------------------------------------------------

CREATE TABLE connector (
    id               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment      environment NOT NULL,
    name             text NOT NULL,
    kind             text NOT NULL CHECK (kind IN ('smpp', 'simulated')),
    host             text NOT NULL DEFAULT '',
    port             integer NOT NULL DEFAULT 0 CHECK (port BETWEEN 0 AND 65535),
    system_id        text NOT NULL DEFAULT '',
    password         bytea,                           -- sealed with the server's key
    window_max       integer NOT NULL DEFAULT 10 CHECK (window_max BETWEEN 1 AND 10000),
    rate_per_second  integer NOT NULL DEFAULT 10 CHECK (rate_per_second >= 0),  -- 0: unlimited
    link_count       smallint NOT NULL DEFAULT 1 CHECK (link_count BETWEEN 1 AND 64),
    enabled          boolean NOT NULL DEFAULT true,
    settings         jsonb NOT NULL DEFAULT '{}',
    created_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    UNIQUE (environment, name),
    UNIQUE (id, environment),
    -- The sandbox never reaches a real carrier.
    CHECK ((environment = 'sandbox') = (kind = 'simulated'))
);

CREATE TABLE route (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    environment   environment NOT NULL,
    connector_id  integer NOT NULL,
    country       text NOT NULL CHECK (country = '*' OR length(country) BETWEEN 2 AND 3),
    rank          integer NOT NULL DEFAULT 100,       -- lower goes first
    price_micro   bigint NOT NULL CHECK (price_micro >= 0),  -- per segment
    created_at    timestamptz NOT NULL,
    UNIQUE (connector_id, country),
    FOREIGN KEY (connector_id, environment) REFERENCES connector (id, environment)
);

-- Fair queueing (start-time fair queueing): how far the queue of a connector has come, and the
-- newest tag each space has been given on it. A new tag is the larger of the two, plus the cost.
CREATE TABLE queue_clock (
    connector_id  integer PRIMARY KEY,
    turn          bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);

CREATE TABLE queue_turn (
    space_id      integer NOT NULL,
    connector_id  integer NOT NULL,
    turn          bigint NOT NULL,
    PRIMARY KEY (space_id, connector_id)
) WITH (fillfactor = 50);

-- One number that moves when carriers or routes do; every process compares it twice a second.
CREATE TABLE configuration (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    version  bigint NOT NULL DEFAULT 0
);
INSERT INTO configuration DEFAULT VALUES;

CREATE FUNCTION configuration_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE configuration SET version = version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER connector_changed AFTER INSERT OR UPDATE OR DELETE ON connector
    FOR EACH STATEMENT EXECUTE FUNCTION configuration_changed();
CREATE TRIGGER route_changed AFTER INSERT OR UPDATE OR DELETE ON route
    FOR EACH STATEMENT EXECUTE FUNCTION configuration_changed();

-- Processes ---------------------------------------------------------------------------------------

CREATE TABLE process (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    role          text NOT NULL,
    host          text NOT NULL,
    pid           integer NOT NULL,
    started_at    timestamptz NOT NULL,
    heartbeat_at  timestamptz NOT NULL,               -- by the database's clock
    ended_at      timestamptz
) WITH (fillfactor = 50);

-- Each link of a connector is held by one process at a time.
CREATE TABLE link (
    connector_id  integer NOT NULL REFERENCES connector,
    number        smallint NOT NULL,                  -- from 1
    owner         integer REFERENCES process,
    state         text NOT NULL DEFAULT 'down',
    detail        text NOT NULL DEFAULT '',
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (connector_id, number)
);
