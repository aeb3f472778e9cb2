-- What operators see of carriers while they run, and the checks of carriers that they ask for.

-- What a link does at this moment: told by the process that holds it, once a second at most, and
-- only while it changes. After a crash of the database nobody misses it, so it is not logged.
CREATE UNLOGGED TABLE link_use (
    connector_id    integer NOT NULL REFERENCES connector ON DELETE CASCADE,
    number          smallint NOT NULL,                -- of the link, from 1
    owner           integer NOT NULL,                 -- the process that told
    open_count      integer NOT NULL,                 -- segments written and not answered yet
    open_max        integer NOT NULL,                 -- the window that holds now
    per_second      real NOT NULL,                    -- segments written a second, of late
    per_second_max  real,                             -- the rate that holds now; null: no limit
    submit_count    integer NOT NULL,                 -- segments written within the last minute
    report_count    integer NOT NULL,                 -- reports heard within the last minute
    throttle_count  integer NOT NULL,                 -- complaints of being too fast, likewise
    told_at         timestamptz NOT NULL,
    PRIMARY KEY (connector_id, number)
) WITH (fillfactor = 50);

-- A certification that somebody asked for: a dispatch process takes it up, and tells what it saw.
CREATE TABLE connector_check (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id  integer NOT NULL REFERENCES connector ON DELETE CASCADE,
    asked_by      text NOT NULL,                      -- whoever asked, as the audit trail names them
    asked_at      timestamptz NOT NULL,
    numbers       text[] NOT NULL,                    -- E.164 with plus; none: connect alone
    sender        text,                               -- null: the installation's
    burst_count   integer NOT NULL DEFAULT 0,
    wait_seconds  real NOT NULL,                      -- for reports, behind the last message
    owner         integer,                            -- the process that runs it; null: nobody yet
    begun_at      timestamptz,
    steps         jsonb NOT NULL DEFAULT '[]',        -- what happened so far, a line each
    result        jsonb,                              -- what was learned
    fault         text NOT NULL DEFAULT '',           -- why there is no result, in a sentence
    ended_at      timestamptz
);
-- One at a time: two would take each other's reports.
CREATE UNIQUE INDEX connector_check_open ON connector_check (connector_id) WHERE ended_at IS NULL;
CREATE INDEX connector_check_of ON connector_check (connector_id, id);
