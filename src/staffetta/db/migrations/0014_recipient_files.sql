-- Files of recipients, between choosing one in the console and sending: every process finds them here.

-- A few of each person, for a day (see messaging/recipient_files).
CREATE TABLE recipient_file (
    id          bytea PRIMARY KEY CHECK (octet_length(id) = 16),
    space_id    integer NOT NULL REFERENCES space,
    person_id   integer NOT NULL REFERENCES person ON DELETE CASCADE,
    name        text NOT NULL,                        -- as the browser called it
    content     bytea NOT NULL,                       -- UTF-8, whatever it was before
    row_count   integer NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX recipient_file_person ON recipient_file (person_id, created_at);
CREATE INDEX recipient_file_age ON recipient_file (created_at);
