-- Tokens that renew themselves, and lists of those that live.

ALTER TABLE token
    ADD COLUMN refresh_hash bytea UNIQUE,             -- SHA-256 of the refresh token
    ADD COLUMN refresh_sealed bytea;                  -- the refresh token, with the server's key

-- Lists and counts look at these alone: revoked ones pile up beside them.
CREATE INDEX token_live ON token (space_id, created_at DESC, hash) WHERE revoked_at IS NULL;
DROP INDEX token_space;

-- The server's key --------------------------------------------------------------------------------

-- A known text, sealed: who cannot open it has another key than those who filled this database.
CREATE TABLE server_key_check (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    sealed  bytea NOT NULL                            -- with the server's key
);

-- Those that are over are forgotten after a while.
CREATE INDEX token_revoked ON token (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX token_expire ON token (expire_at);
