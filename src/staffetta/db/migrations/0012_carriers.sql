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
    connector_id     integer PRIMARY KEY REFERENCES connector ON DELETE CASCADE,
    report_spelling  text NOT NULL,                   -- e.g. tlv/same, text/decimal
    evidence_count   integer NOT NULL,                -- reports that agreed when it was learned
    learned_at       timestamptz NOT NULL
);

-- A report whose id can be read in several ways, until one is known to be its carrier's.
ALTER TABLE report
    ADD COLUMN sender        text NOT NULL DEFAULT '',      -- the other address that it names
    ADD COLUMN text_id       text NOT NULL DEFAULT '',      -- the id in its text
    ADD COLUMN error_words   text,                          -- what its error means, for people
    ADD COLUMN error_reason  text,                          -- where the operator named it
    ADD COLUMN keys          jsonb,                         -- by the name of the way of reading
    ADD COLUMN is_certain    boolean NOT NULL DEFAULT true, -- smsc_key is the only one to believe
    ADD COLUMN is_sniffed    boolean NOT NULL DEFAULT false; -- only its text says that it is one

-- The oldest of those that wait are looked at again, a page at a time.
CREATE INDEX report_waiting_age ON report (id) WHERE disposition = 'waiting';

-- What an operator says that the report's error means, where the connector has a table of its own.
ALTER TABLE submission
    ADD COLUMN report_reason text;

ALTER TABLE connector
    ADD COLUMN tls_key bytea;                         -- of the client certificate, sealed

-- How the segments of a try were cut, where it was not the usual way (a header with an 8-bit
-- reference, the default alphabet or UCS-2): what was accepted of another cut is no part of this one.
-- Of some carriers one part's report stands for the whole text: of the others none is expected.
ALTER TABLE submission
    ADD COLUMN written_as text,
    ADD COLUMN report_asked boolean NOT NULL DEFAULT true;
