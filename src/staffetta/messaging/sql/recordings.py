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

# Samples that have $1 newer ones; $2 at a time.
FORGET_SAMPLES = """
DELETE FROM recording
 WHERE id IN (SELECT id
                FROM recording
               WHERE reason = 'sample'
                 AND id <= (SELECT id
                              FROM recording
                             WHERE reason = 'sample'
                             ORDER BY id DESC
                            OFFSET $1 LIMIT 1)
               ORDER BY id
               LIMIT $2)
"""

FORGET_REQUESTS = """
DELETE FROM recording_request WHERE asked_at < $1
"""

FORGET_RECORDED_SPACES = """
DELETE FROM recorded_space WHERE until <= $1
"""

# Whose traffic is recorded

RECORD_SPACE = """
INSERT INTO recorded_space (space_id, until) VALUES ($1, $2)
    ON CONFLICT (space_id) DO UPDATE SET until = excluded.until
"""

RECORD_SPACE_NO_MORE = """
DELETE FROM recorded_space WHERE space_id = $1
"""

READ_RECORDED_UNTIL = """
SELECT until FROM recorded_space WHERE space_id = $1 AND until > $2
"""

# Who asks for what went over links last

ASK_OWNERS = """
INSERT INTO recording_request (incident, owner, connector_id, frame_count, asked_at)
SELECT $1, link.owner, link.connector_id, $3, $4
  FROM link
  JOIN process ON process.id = link.owner
 WHERE link.connector_id = $2 AND process.ended_at IS NULL
   AND process.heartbeat_at > clock_timestamp() - $5::float8 * interval '1 second'
 GROUP BY link.owner, link.connector_id
RETURNING owner
"""

COUNT_UNANSWERED = """
SELECT count(*) FROM recording_request WHERE incident = $1 AND answered_at IS NULL
"""

READ_ASKED = """
SELECT recording.id, recording.at, connector.name AS connector, recording.link,
       recording.is_written, recording.octets, recording.octet_count, recording.is_blanked,
       recording.reason, recording.incident, recording.attempt, recording.segment
  FROM recording
  JOIN connector ON connector.id = recording.connector_id
 WHERE recording.incident = $1
 ORDER BY recording.at DESC, recording.id DESC
 LIMIT $2
"""
