-- People who sign in: operators, and those of an account.

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
