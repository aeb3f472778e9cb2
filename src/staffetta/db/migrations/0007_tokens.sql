-- Tokens that renew themselves, and what limited ones have used.

ALTER TABLE token
    ADD COLUMN refresh_hash bytea UNIQUE,             -- SHA-256 of the refresh token
    ADD COLUMN refresh_sealed bytea;                  -- the refresh token, with the server's key
