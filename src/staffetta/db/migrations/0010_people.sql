-- People who sign in: operators, and those of an account. What lets others in, and who changed what.

ALTER TABLE account
    ADD COLUMN closed_at timestamptz;                 -- its tokens, keys and people are refused

ALTER TABLE api_key
    ADD COLUMN last_used_at timestamptz;              -- written once a minute at most

CREATE TABLE person (
    id             integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id     integer REFERENCES account,        -- null: an operator of the installation
    email          text NOT NULL UNIQUE CHECK (email = lower(email) AND email LIKE '%_@_%'),
    name           text NOT NULL DEFAULT '',
    role           text NOT NULL CHECK (role IN ('operator', 'owner', 'member')),
    password_hash  text NOT NULL,                     -- argon2id, with its parameters
    created_at     timestamptz NOT NULL,
    password_at    timestamptz NOT NULL,              -- sessions that began earlier are over
    disabled_at    timestamptz,
    CHECK ((role = 'operator') = (account_id IS NULL))
);
CREATE INDEX person_account ON person (account_id);

-- Somebody signed in, on one device.
CREATE TABLE person_session (
    hash        bytea PRIMARY KEY,                    -- SHA-256 of the session's id
    person_id   integer NOT NULL REFERENCES person ON DELETE CASCADE,
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,                 -- written once a minute at most
    expires_at  timestamptz NOT NULL,                 -- however often it is seen
    address     text NOT NULL,                        -- where the sign-in came from
    user_agent  text NOT NULL DEFAULT ''
);
CREATE INDEX person_session_person ON person_session (person_id, created_at);
CREATE INDEX person_session_expiry ON person_session (expires_at);

-- Tries to sign in, per e-mail and per address: when each counter will be at rest (GCRA).
CREATE TABLE sign_in_rate (
    guard     text NOT NULL CHECK (guard IN ('email', 'address')),
    subject   text NOT NULL,
    rests_at  timestamptz NOT NULL,
    PRIMARY KEY (guard, subject)
);
CREATE INDEX sign_in_rate_rest ON sign_in_rate (rests_at);

-- Who changed what about accounts, people, keys and tokens. Append-only; no secrets.
CREATE TABLE audit_entry (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at           timestamptz NOT NULL,
    actor        text NOT NULL,                       -- an e-mail, or the system user who commanded
    person_id    integer,                             -- outlives the person, hence no foreign key
    action       text NOT NULL,                       -- like account.close
    account_id   integer REFERENCES account,          -- null: the installation
    environment  environment,                         -- null: the whole account
    details      jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_entry_account ON audit_entry (account_id, id);
