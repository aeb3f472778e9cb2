-- What was asked of the API: counts by day, refusals one by one, and what limited tokens used.

-- Only tokens whose limits name a number have a row. Locked after the wallet.
CREATE TABLE token_use (
    token_hash          bytea PRIMARY KEY,
    request_count       bigint NOT NULL DEFAULT 0,    -- lent to processes so far
    wallet_count        bigint NOT NULL DEFAULT 0,    -- requests that the wallet paid for
    subscription_count  bigint NOT NULL DEFAULT 0,    -- requests that bundles covered
    wallet_micro        bigint NOT NULL DEFAULT 0     -- charged or held at acceptance
) WITH (fillfactor = 50);
