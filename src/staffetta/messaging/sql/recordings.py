"""Statements of recorded PDUs: keeping them, whose are kept, who asks, and forgetting."""

STORE_RECORDINGS = """
INSERT INTO recording (id, at, connector_id, link, is_written, octets, octet_count, is_blanked,
                       reason, incident, space_id, recipient_id, attempt, segment)
SELECT *
  FROM unnest($1::bytea[], $2::timestamptz[], $3::int[], $4::smallint[], $5::boolean[],
              $6::bytea[], $7::int[], $8::boolean[], $9::text[], $10::bytea[], $11::int[],
              $12::bytea[], $13::int[], $14::smallint[])
"""

READ_RECORDED_SPACES = """
SELECT space_id FROM recorded_space WHERE until > $1
"""

READ_REQUESTS = """
SELECT incident, connector_id, frame_count
  FROM recording_request
 WHERE owner = $1 AND answered_at IS NULL AND asked_at > $2
 ORDER BY asked_at
 LIMIT $3
"""

ANSWER_REQUEST = """
UPDATE recording_request SET answered_at = $3 WHERE incident = $1 AND owner = $2
"""

# What is older than $1, or has $2 newer ones; $3 at a time.
FORGET_RECORDINGS = """
DELETE FROM recording
 WHERE id IN (SELECT id
                FROM recording
               WHERE id < $1
                  OR id <= (SELECT id FROM recording ORDER BY id DESC OFFSET $2 LIMIT 1)
               ORDER BY id
               LIMIT $3)
"""

FORGET_REQUESTS = """
DELETE FROM recording_request WHERE asked_at < $1
"""

FORGET_RECORDED_SPACES = """
DELETE FROM recorded_space WHERE until <= $1
"""
