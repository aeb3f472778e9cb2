-- What people see of callbacks: a receiver of our own to try them out with, and hosts left alone.

-- How the test receiver answers an account; without a row, well.
CREATE TABLE test_receiver (
    space_id  integer PRIMARY KEY REFERENCES space,
    answer    text NOT NULL CHECK (answer IN ('well', 'broken', 'gone', 'slow'))
);

-- What the test receiver was handed last: so many of each account, and for a day.
CREATE TABLE test_delivery (
    space_id         integer NOT NULL,
    id               bigint GENERATED ALWAYS AS IDENTITY,
    at               timestamptz NOT NULL,
    url              text NOT NULL,
    headers          jsonb NOT NULL,
    body             bytea NOT NULL,                  -- its beginning, where it is very long
    octet_count      integer NOT NULL,                -- of the whole body
    signature_count  smallint NOT NULL,
    is_signed        boolean NOT NULL,                -- one of the signatures is the account's
    http_status      smallint NOT NULL,               -- what was answered
    PRIMARY KEY (space_id, id)
);
CREATE INDEX test_delivery_age ON test_delivery (at);

-- Hosts that a process leaves alone for a while, because they do not answer.
CREATE TABLE callback_pause (
    space_id   integer NOT NULL,
    host       text NOT NULL,
    owner      integer NOT NULL,                      -- the process
    down_since timestamptz NOT NULL,
    until      timestamptz NOT NULL,                  -- then one callback is tried
    error      text NOT NULL,                         -- of the last try
    PRIMARY KEY (space_id, host, owner)
);
CREATE INDEX callback_pause_age ON callback_pause (until);
