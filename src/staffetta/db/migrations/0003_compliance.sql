-- Forbidden words, blocklisting, and senders that need approval.

-- Two numbers that move when words, or senders and their rules, do; see `configuration`.
ALTER TABLE configuration
    ADD COLUMN words_version bigint NOT NULL DEFAULT 0,
    ADD COLUMN senders_version bigint NOT NULL DEFAULT 0;

CREATE TABLE forbidden_word (
    id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('word', 'phrase', 'pattern')),
    text        text NOT NULL,                        -- as the operator wrote it
    country     text NOT NULL DEFAULT '*' CHECK (country = '*' OR length(country) BETWEEN 2 AND 3),
    note        text NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL,
    UNIQUE (kind, text, country)
);

CREATE FUNCTION words_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE configuration SET words_version = words_version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER forbidden_word_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON forbidden_word
    FOR EACH STATEMENT EXECUTE FUNCTION words_changed();

-- The history of blocks; the space says whether one stands now.
CREATE TABLE blocklisting (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space_id       integer NOT NULL REFERENCES space,
    reason         text NOT NULL,
    message_id     bytea,                             -- what it was imposed for
    imposed_at     timestamptz NOT NULL,
    lifted_at      timestamptz,
    lifted_reason  text
);
CREATE INDEX blocklisting_space ON blocklisting (space_id, id);
-- One stands at most.
CREATE UNIQUE INDEX blocklisting_standing ON blocklisting (space_id) WHERE lifted_at IS NULL;

-- Acceptance locks wallets anyway: under that lock it reads whether the space is blocked, so that
-- nothing is accepted after a block in whatever process. The space is the source.
ALTER TABLE wallet ADD COLUMN blocklisted boolean NOT NULL DEFAULT false;
CREATE FUNCTION blocklisted_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE wallet SET blocklisted = NEW.blocklisted_at IS NOT NULL WHERE space_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER space_blocklisted AFTER UPDATE OF blocklisted_at ON space
    FOR EACH ROW EXECUTE FUNCTION blocklisted_changed();

-- Countries where only approved senders may be used.
CREATE TABLE sender_rule (
    country     text PRIMARY KEY CHECK (length(country) BETWEEN 2 AND 3),
    created_at  timestamptz NOT NULL
);

CREATE TABLE sender (
    space_id                     integer NOT NULL REFERENCES space,
    id                           integer GENERATED ALWAYS AS IDENTITY,
    country                      text NOT NULL CHECK (length(country) BETWEEN 2 AND 3),
    sender                       text NOT NULL,
    state                        text NOT NULL DEFAULT 'PENDING'
                                 CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED')),
    traffic_type                 text NOT NULL DEFAULT '',
    company_website              text NOT NULL DEFAULT '',
    industry                     text NOT NULL DEFAULT '',
    sender_company_relationship  text NOT NULL DEFAULT '',
    decided_reason               text NOT NULL DEFAULT '',
    created_at                   timestamptz NOT NULL,
    decided_at                   timestamptz,
    PRIMARY KEY (space_id, id),
    UNIQUE (space_id, country, sender)
);

CREATE FUNCTION senders_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE configuration SET senders_version = senders_version + 1;
    RETURN NULL;
END $$;
CREATE TRIGGER sender_changed AFTER INSERT OR UPDATE OR DELETE ON sender
    FOR EACH STATEMENT EXECUTE FUNCTION senders_changed();
CREATE TRIGGER sender_rule_changed AFTER INSERT OR UPDATE OR DELETE ON sender_rule
    FOR EACH STATEMENT EXECUTE FUNCTION senders_changed();
