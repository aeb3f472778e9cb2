-- Tokens that renew themselves, and lists of those that live.

ALTER TABLE token
    ADD COLUMN refresh_hash bytea UNIQUE,             -- SHA-256 of the refresh token
    ADD COLUMN refresh_sealed bytea,                  -- the refresh token, with the server's key
    ADD COLUMN lifetime_seconds integer CHECK (lifetime_seconds > 0),  -- as last asked for; null: as
                                                      -- long as it was to live when it was made
    ADD COLUMN use_hash bytea;                        -- what its use is counted under: the hash of
                                                      -- the token that was renewed first; null: its own

-- Lists and counts look at these alone: revoked ones pile up beside them.
CREATE INDEX token_live ON token (space_id, created_at DESC, hash) WHERE revoked_at IS NULL;
DROP INDEX token_space;

-- Whether anybody still counts under a hash.
CREATE INDEX token_use_hash ON token (use_hash) WHERE use_hash IS NOT NULL;

-- The server's key --------------------------------------------------------------------------------

-- A known text, sealed: who cannot open it has another key than those who filled this database.
CREATE TABLE server_key_check (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    sealed  bytea NOT NULL                            -- with the server's key
);

-- Those that are over are forgotten after a while.
CREATE INDEX token_revoked ON token (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX token_expire ON token (expire_at);
