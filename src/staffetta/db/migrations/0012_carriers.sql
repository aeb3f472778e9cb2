-- What carriers showed of themselves, what operators must know of them, and how texts were written.

-- Something about a carrier that a person should look at; it ends by itself when it is over.
CREATE TABLE connector_alarm (
    id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    connector_id  integer NOT NULL REFERENCES connector,
    kind          text NOT NULL,                      -- e.g. bind_refused, no_credit, silent
    detail        text NOT NULL,                      -- one sentence: what, and what to do
    raised_at     timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,               -- when it was last so
    cleared_at    timestamptz
);
CREATE UNIQUE INDEX connector_alarm_open ON connector_alarm (connector_id, kind)
    WHERE cleared_at IS NULL;

-- How a carrier spells its message ids in reports, learned from the first of them. Apart from the
-- connector's row, because learning is no change of configuration.
CREATE TABLE connector_learned (
    connector_id     integer PRIMARY KEY REFERENCES connector,
    report_spelling  text NOT NULL,                   -- what makes a report's id that of the answer
    evidence_count   integer NOT NULL,                -- reports that agreed when it was learned
    learned_at       timestamptz NOT NULL
);

ALTER TABLE connector
    ADD COLUMN tls_key bytea;                         -- of the client certificate, sealed

-- How the segments of a try were cut, where it was not the usual way (a header with an 8-bit
-- reference, the default alphabet or UCS-2): what was accepted of another cut is no part of this one.
ALTER TABLE submission
    ADD COLUMN written_as text;
