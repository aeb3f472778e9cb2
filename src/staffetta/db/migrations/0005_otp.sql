-- One-time passwords: their codes, sealed, and the counters that guard them.

CREATE TABLE otp_code (
    space_id      integer NOT NULL,
    id            bytea NOT NULL CHECK (octet_length(id) = 12),
    number        text NOT NULL,                      -- E.164 with its plus
    sealed        bytea NOT NULL,                     -- the code, with the server's key
    length        smallint NOT NULL,
    alphanumeric  boolean NOT NULL,
    cached_until  timestamptz NOT NULL,               -- the same code again until then
    last_sent_at  timestamptz NOT NULL,
    tries_left    smallint NOT NULL,
    used_at       timestamptz,
    PRIMARY KEY (space_id, id)
);
CREATE INDEX otp_code_age ON otp_code (last_sent_at);
CREATE UNIQUE INDEX otp_code_cached ON otp_code (space_id, number, length, alphanumeric)
    WHERE used_at IS NULL AND cached_until > '1970-01-02';

-- Which code a message carries: several messages may repeat one code.
CREATE TABLE otp_message (
    space_id       integer NOT NULL,
    message_id     bytea NOT NULL CHECK (octet_length(message_id) = 12),
    code_id        bytea NOT NULL,
    cache_seconds  smallint NOT NULL,
    created_at     timestamptz NOT NULL,
    PRIMARY KEY (space_id, message_id)
);
CREATE INDEX otp_message_age ON otp_message (created_at);

-- The text of a message is kept without its code; this is the code, sealed, for whoever sends it.
ALTER TABLE message ADD COLUMN sealed_code bytea;

-- Rates that guard OTP traffic (generic cell rate): when each key will be at rest again.
CREATE UNLOGGED TABLE guard_rate (
    space_id  integer NOT NULL,
    guard     text NOT NULL,                          -- 'recipient', 'prefix' or 'account'
    subject   text NOT NULL,                          -- the number, its prefix, or ''
    rests_at  timestamptz NOT NULL,
    PRIMARY KEY (space_id, guard, subject)
);
CREATE INDEX guard_rate_rest ON guard_rate (rests_at);
