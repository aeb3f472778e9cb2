-- The requests that tokens made this minute, shared by all processes. Unlogged: a crash forgives.

CREATE UNLOGGED TABLE token_rate (
    token_hash  bytea NOT NULL,
    minute      bigint NOT NULL,                      -- Unix time / 60
    taken       integer NOT NULL,                     -- lent to processes so far
    PRIMARY KEY (token_hash, minute)
) WITH (fillfactor = 50);
CREATE INDEX token_rate_minute ON token_rate (minute);
