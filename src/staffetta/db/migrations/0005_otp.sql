-- One-time passwords: their codes, sealed, and the counters that guard them.

-- A code that was reserved for a message. The row may stand although the message was refused: only
-- otp_message and message together say that a code was sent.
CREATE TABLE otp_code (
    space_id      integer NOT NULL,
    id            bytea NOT NULL CHECK (octet_length(id) = 12),
    sealed        bytea NOT NULL,                     -- the code, with the server's key
    tries_left    smallint NOT NULL CHECK (tries_left >= 0),
    used_at       timestamptz,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (space_id, id)
);
CREATE INDEX otp_code_age ON otp_code (created_at);

-- The code that goes again to the same number until `cached_until`: a used one leaves earlier.
CREATE TABLE otp_cache (
    space_id      integer NOT NULL,
    number        text NOT NULL,                      -- E.164 with its plus
    length        smallint NOT NULL,
    alphanumeric  boolean NOT NULL,
    code_id       bytea NOT NULL,
    sealed        bytea NOT NULL,                     -- as in otp_code
    cached_until  timestamptz NOT NULL,
    PRIMARY KEY (space_id, number, length, alphanumeric)
);
CREATE INDEX otp_cache_code ON otp_cache (space_id, code_id);
CREATE INDEX otp_cache_age ON otp_cache (cached_until);

-- Which code a message carries: several messages may repeat one code.
CREATE TABLE otp_message (
    space_id      integer NOT NULL,
    message_id    bytea NOT NULL CHECK (octet_length(message_id) = 12),
    code_id       bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (space_id, message_id)
);
CREATE INDEX otp_message_code ON otp_message (space_id, code_id);
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
