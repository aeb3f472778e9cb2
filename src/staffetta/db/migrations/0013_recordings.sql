-- The flight recorder: PDUs of failures, of chosen accounts and of a sample, for people.

-- One PDU as it went over a link; no password is in it, and no one-time code. Kept for some days, and
-- never more than so many (see messaging/store_recordings).
CREATE TABLE recording (
    id            bytea PRIMARY KEY CHECK (octet_length(id) = 12),
    at            timestamptz NOT NULL,               -- when it was written or read
    connector_id  integer NOT NULL,
    link          smallint NOT NULL,
    is_written    boolean NOT NULL,                   -- by us; else read
    octets        bytea NOT NULL,                     -- its beginning, where it is very long
    octet_count   integer NOT NULL,                   -- of the whole PDU
    is_blanked    boolean NOT NULL,                   -- asterisks stand in the place of its text
    reason        text NOT NULL,
    incident      bytea,                              -- what was recorded together
    space_id      integer,                            -- null: it is about no segment that is known
    recipient_id  bytea,
    attempt       integer,
    segment       smallint,
    CHECK ((space_id IS NULL) = (recipient_id IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX recording_recipient ON recording (recipient_id, id) WHERE recipient_id IS NOT NULL;
CREATE INDEX recording_incident ON recording (incident, id) WHERE incident IS NOT NULL;
CREATE INDEX recording_connector ON recording (connector_id, id);
CREATE INDEX recording_sample ON recording (id) WHERE reason = 'sample';

-- Whose traffic is recorded whole, and until when.
CREATE TABLE recorded_space (
    space_id  integer PRIMARY KEY REFERENCES space,
    until     timestamptz NOT NULL
);

-- Somebody wants to see what went over a connector's links last: one row for each process that holds
-- some of them.
CREATE TABLE recording_request (
    incident      bytea NOT NULL,
    owner         integer NOT NULL,                   -- the process
    connector_id  integer NOT NULL,
    frame_count   integer NOT NULL CHECK (frame_count > 0),
    asked_at      timestamptz NOT NULL,
    answered_at   timestamptz,
    PRIMARY KEY (incident, owner)
);
CREATE INDEX recording_request_open ON recording_request (owner) WHERE answered_at IS NULL;
