-- What was asked of the API: counts by day, refusals one by one, and what limited tokens used.
--
-- Every process adds what it counted once a second, in the order of the keys: two of them wait for
-- each other and never in a ring. Days are UTC.

-- What each token asked for. A scope names service, environment, method and first path segment.
CREATE TABLE usage_count (
    space_id            integer NOT NULL,
    day                 date NOT NULL,
    scope               text NOT NULL,                -- POST:sms.openapi.com/IT-messages
    token_hash          bytea NOT NULL,
    domain              text NOT NULL,                -- the scope's host
    request_count       bigint NOT NULL,
    error_count         bigint NOT NULL,              -- answered with a status of 400 or more
    wallet_count        bigint NOT NULL,              -- the wallet paid for, in whole or in part
    subscription_count  bigint NOT NULL,              -- bundles covered, in whole or in part
    wallet_micro        bigint NOT NULL,              -- charged or held at acceptance
    PRIMARY KEY (space_id, day, scope, token_hash)
) WITH (fillfactor = 70);
CREATE INDEX usage_count_token ON usage_count (token_hash);

-- From where. Beyond so many addresses a day the rest is counted under 0.0.0.0.
CREATE TABLE usage_ip (
    space_id            integer NOT NULL,
    day                 date NOT NULL,
    domain              text NOT NULL,
    ip                  inet NOT NULL,
    request_count       bigint NOT NULL,
    error_count         bigint NOT NULL,
    wallet_count        bigint NOT NULL,
    subscription_count  bigint NOT NULL,
    wallet_micro        bigint NOT NULL,
    PRIMARY KEY (space_id, day, domain, ip)
) WITH (fillfactor = 70);

-- What was refused, kept for 90 days; only so many a minute of each space.
CREATE TABLE request_error (
    space_id     integer NOT NULL,
    id           bytea NOT NULL CHECK (octet_length(id) = 12),
    at           timestamptz NOT NULL,
    scope        text NOT NULL,
    domain       text NOT NULL,
    http_status  smallint NOT NULL,
    error        double precision NOT NULL,           -- the number in the body, like 125.23
    message      text NOT NULL,
    ip           inet NOT NULL,
    PRIMARY KEY (space_id, id)
);
CREATE INDEX request_error_age ON request_error (id);

-- Only tokens whose limits name a number have a row, and one that was renewed counts in the row of the
-- token before it: so both may be in use for a moment. Locked after the wallet.
CREATE TABLE token_use (
    use_hash            bytea PRIMARY KEY,            -- see token.use_hash
    request_count       bigint NOT NULL DEFAULT 0,    -- lent to processes so far, in its life
    lent_last           bigint NOT NULL DEFAULT 0,    -- what the newest borrower got
    wallet_count        bigint NOT NULL DEFAULT 0,    -- requests that the wallet paid for
    subscription_count  bigint NOT NULL DEFAULT 0,    -- requests that bundles covered
    wallet_micro        bigint NOT NULL DEFAULT 0     -- charged or held at acceptance
) WITH (fillfactor = 50);

-- Every process reads all approved senders again when their number moves. A sender that an account
-- registers, or asks for again, changes none of them: only approvals and their ends count now.
DROP TRIGGER sender_changed ON sender;
CREATE TRIGGER sender_approved AFTER INSERT ON sender
    FOR EACH ROW WHEN (NEW.state = 'APPROVED') EXECUTE FUNCTION senders_changed();
CREATE TRIGGER sender_gone AFTER DELETE ON sender
    FOR EACH ROW WHEN (OLD.state = 'APPROVED') EXECUTE FUNCTION senders_changed();
CREATE TRIGGER sender_decided AFTER UPDATE ON sender
    FOR EACH ROW WHEN ((OLD.state = 'APPROVED' OR NEW.state = 'APPROVED')
                       AND (OLD.state, OLD.space_id, OLD.country, OLD.sender)
                           IS DISTINCT FROM (NEW.state, NEW.space_id, NEW.country, NEW.sender))
    EXECUTE FUNCTION senders_changed();
