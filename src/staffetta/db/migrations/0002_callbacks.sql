-- Callbacks: what each owes, where it stands, and every attempt.

-- Where changes of state are owed to; null where to nowhere. It takes the place of calls_back.
ALTER TABLE recipient ADD COLUMN callback_host text;

-- A callback tells the message as it was when the state changed, however late it is sent: what can
-- change later is copied here. Account-level events (low_credit) have no message, and carry all
-- that they say in `payload`.
ALTER TABLE callback
    ALTER COLUMN message_id DROP NOT NULL,
    ADD COLUMN kind text NOT NULL DEFAULT 'message' CHECK (kind IN ('message', 'low_credit')),
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN sent_at timestamptz,
    ADD COLUMN delivered_at timestamptz,
    ADD COLUMN charged_micro bigint NOT NULL DEFAULT 0,
    ADD COLUMN possibly_duplicate boolean NOT NULL DEFAULT false,
    ADD COLUMN payload jsonb,
    -- Attempts of earlier rounds: a replay starts a new one, and the numbers go on.
    ADD COLUMN attempts_before smallint NOT NULL DEFAULT 0,
    ADD CHECK ((status = 'delivering') = (owner IS NOT NULL));

-- A lane is one account's traffic to one host: what is slow there delays nothing else.
DROP INDEX callback_owed;
CREATE INDEX callback_lane ON callback (space_id, host, due_at) WHERE status = 'owed';
CREATE INDEX callback_claimed ON callback (owner) WHERE status = 'delivering';

-- Every attempt, with what came back.
CREATE TABLE callback_attempt (
    space_id      integer NOT NULL,
    callback_id   bytea NOT NULL CHECK (octet_length(callback_id) = 12),
    attempt       smallint NOT NULL,                  -- from 1
    at            timestamptz NOT NULL,
    elapsed_ms    integer NOT NULL,
    http_status   smallint,                           -- null: no answer came
    error         text NOT NULL DEFAULT '',           -- why it failed, in words
    answer        text NOT NULL DEFAULT '',           -- the first characters of what was answered
    PRIMARY KEY (space_id, callback_id, attempt)
) PARTITION BY RANGE (callback_id);

-- Signing secrets, sealed with the server's key. After a rotation both sign for a while.
ALTER TABLE space
    ADD COLUMN callback_secret_previous bytea,
    ADD COLUMN callback_secret_rotated_at timestamptz;
