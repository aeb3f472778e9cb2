"""Every statement of callbacks."""

OWE = """
INSERT INTO callback (space_id, id, message_id, recipient_id, step, event, host, charged_micro,
                      possibly_duplicate, sent_at, delivered_at, changed_at, due_at, created_at)
SELECT space_id, id, message_id, recipient_id, step, event, host, charged_micro,
       possibly_duplicate, sent_at, delivered_at, $12, $12, $12
  FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bytea[], $5::smallint[], $6::text[],
              $7::text[], $8::bigint[], $9::boolean[], $10::timestamptz[], $11::timestamptz[])
       AS new (space_id, id, message_id, recipient_id, step, event, host, charged_micro,
               possibly_duplicate, sent_at, delivered_at)
"""

# One step for all: none of them supersedes another, and their ids tell their order.
OWE_GATHERED = """
INSERT INTO callback (space_id, id, message_id, step, event, kind, host, payload, changed_at,
                      due_at, created_at)
SELECT space_id, id, message_id, 0, 'recipients_changed', 'v1', host, payload, $6, $6, $6
  FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::text[], $5::jsonb[])
       AS new (space_id, id, message_id, host, payload)
"""

READ_ALERT_URLS = """
SELECT space.id AS space_id, space.settings ->> 'alert_url' AS alert_url,
       space.environment::text AS environment, account.email
  FROM space
  JOIN account ON account.id = space.account_id
 WHERE space.id = ANY($1::int[])
   AND space.settings ->> 'alert_url' <> ''
 ORDER BY space.id
"""

OWE_LOW_CREDIT = """
INSERT INTO callback (space_id, id, step, event, kind, host, payload, changed_at, due_at,
                      created_at)
SELECT space_id, id, 0, 'low_credit', 'low_credit', host, payload, $5, $5, $5
  FROM unnest($1::int[], $2::bytea[], $3::text[], $4::jsonb[])
       AS new (space_id, id, host, payload)
"""

# Secrets ----------------------------------------------------------------------------------------

READ_SECRETS = """
SELECT callback_secret, callback_secret_previous, callback_secret_rotated_at
  FROM space
 WHERE id = $1
"""

READ_ROTATED_AT = """
SELECT callback_secret_rotated_at FROM space WHERE id = $1
"""

# Compares and sets: two processes may make the first one at once.
SET_FIRST = """
UPDATE space
   SET callback_secret = $2, updated_at = $3
 WHERE id = $1 AND callback_secret IS NULL
"""

ROTATE = """
UPDATE space
   SET callback_secret_previous = callback_secret, callback_secret = $2,
       callback_secret_rotated_at = $3, updated_at = $3
 WHERE id = $1
"""

# Compares and sets: who decided by a rotation that is not the last one any more, decides anew.
ROTATE_AFTER = (
    ROTATE
    + """   AND callback_secret_rotated_at IS NOT DISTINCT FROM $4
"""
)

READ_SPACES = """
SELECT id, callback_secret, callback_secret_previous, callback_secret_rotated_at,
       CASE jsonb_typeof(settings -> 'callback_retry')
            WHEN 'number' THEN (settings ->> 'callback_retry')::numeric::int END AS retry
  FROM space
 WHERE id = ANY($1::int[])
"""

# Claims -----------------------------------------------------------------------------------------

# One process at a time claims in a lane: without it, two could each miss what the other is just
# taking, and send an older state beside a newer one. Nobody waits: a lane that another process
# holds is looked at again a moment later.
TRY_LANES = """
SELECT space_id, host
  FROM unnest($1::int[], $2::text[]) AS wanted (space_id, host)
 WHERE pg_try_advisory_xact_lock(hashtextextended(host, space_id))
"""

# Run as a statement of its own after TRY_LANES, so that it sees what the last holder committed.
# Left for later: a callback whose message has another one under way. Superseded: one whose message
# has a newer one, but for v1's, each of which tells of other recipients. OFFSET 0 keeps the planner
# from turning a look at one message into a join over the table.
FIND_DUE = """
SELECT next.space_id, next.id,
       next.kind <> 'v1'
           AND EXISTS (SELECT FROM callback AS newer
                        WHERE newer.space_id = next.space_id
                          AND newer.message_id = next.message_id
                          AND (newer.step, newer.id) > (next.step, next.id)
                       OFFSET 0) AS is_superseded,
       next.host, next.kind, next.message_id
  FROM unnest($1::int[], $2::text[], $3::int[]) AS wanted (space_id, host, room)
 CROSS JOIN LATERAL (
           SELECT one.space_id, one.id, one.message_id, one.step, one.kind, one.host
             FROM callback AS one
            WHERE one.space_id = wanted.space_id
              AND one.host = wanted.host
              AND one.status = 'owed'
              AND one.due_at <= $4
              AND NOT EXISTS (SELECT FROM callback AS busy
                               WHERE busy.space_id = one.space_id
                                 AND busy.message_id = one.message_id
                                 AND busy.owner IS NOT NULL
                              OFFSET 0)
            ORDER BY one.due_at
            LIMIT wanted.room) AS next
"""

# Not in one statement with the one above: with statistics of a long backlog, the planner would not
# believe how few rows are found, and read the whole table to join them.
CLAIM = """
UPDATE callback
   SET status = CASE WHEN due.is_superseded THEN 'superseded' ELSE 'delivering' END,
       owner = CASE WHEN due.is_superseded THEN NULL ELSE $4::int END,
       attempt = CASE WHEN due.is_superseded THEN attempt ELSE attempt + 1 END,
       settled_at = CASE WHEN due.is_superseded THEN $5::timestamptz END
  FROM unnest($1::int[], $2::bytea[], $3::boolean[]) AS due (space_id, id, is_superseded)
 WHERE callback.space_id = due.space_id AND callback.id = due.id AND callback.status = 'owed'
RETURNING callback.space_id, callback.id, callback.host, due.is_superseded, callback.kind,
          callback.message_id, callback.recipient_id, callback.event, callback.attempt,
          callback.attempts_before, callback.changed_at, callback.created_at, callback.sent_at,
          callback.delivered_at, callback.charged_micro, callback.possibly_duplicate,
          callback.payload
"""

# Lanes that have something owed, from one on, each with its earliest moment: a loose scan of the
# index, which reads one row a lane however many stand behind it.
READ_LANES = """
WITH RECURSIVE lane AS (
    (SELECT space_id, host, due_at, 1 AS number
       FROM callback
      WHERE status = 'owed' AND (space_id, host) > ($1::int, $2::text)
      ORDER BY space_id, host, due_at
      LIMIT 1)
    UNION ALL
    SELECT next.space_id, next.host, next.due_at, lane.number + 1
      FROM lane
     CROSS JOIN LATERAL (
               SELECT space_id, host, due_at
                 FROM callback
                WHERE status = 'owed' AND (space_id, host) > (lane.space_id, lane.host)
                ORDER BY space_id, host, due_at
                LIMIT 1) AS next
     WHERE lane.number < $3::int
)
SELECT space_id, host, due_at FROM lane
"""

# What waited too long for its host: a dead letter, without an attempt.
GIVE_UP_WAITING = """
UPDATE callback
   SET status = 'dead', settled_at = $5
 WHERE space_id = $1
   AND status = 'owed'
   AND id = ANY (ARRAY(SELECT id
                         FROM callback
                        WHERE space_id = $1 AND host = $2 AND status = 'owed' AND due_at < $3
                        ORDER BY due_at
                        LIMIT $4))
"""

# Results ----------------------------------------------------------------------------------------

# Compares owner and attempt: a late result of a claim that was taken over changes nothing. An older
# state that would be repeated is superseded when a newer one is there. A result without a try
# (attempted is false) gives the claim back, and no try of its round is used up. The number itself
# is never used again, or it would not name one claim.
SETTLE = """
WITH result AS (
    SELECT *
      FROM unnest($1::int[], $2::bytea[], $3::smallint[], $4::text[], $5::timestamptz[],
                  $6::boolean[], $7::timestamptz[], $8::int[], $9::smallint[], $10::text[],
                  $11::text[])
           AS result (space_id, id, attempt, status, due_at, attempted, at, elapsed_ms,
                      http_status, error, answer)
), settled AS (
    UPDATE callback
       SET status = CASE WHEN result.status = 'owed' AND callback.kind <> 'v1' AND EXISTS (
                              SELECT FROM callback AS newer
                               WHERE newer.space_id = callback.space_id
                                 AND newer.message_id = callback.message_id
                                 AND (newer.step, newer.id) > (callback.step, callback.id)
                              OFFSET 0)
                         THEN 'superseded' ELSE result.status END,
           owner = NULL,
           attempts_before = CASE WHEN result.attempted THEN callback.attempts_before
                                  ELSE callback.attempts_before + 1 END,
           due_at = coalesce(result.due_at, callback.due_at),
           settled_at = CASE WHEN result.status = 'owed' THEN NULL ELSE $13::timestamptz END
      FROM result
     WHERE callback.space_id = result.space_id
       AND callback.id = result.id
       AND callback.status = 'delivering'
       AND callback.attempt = result.attempt
       AND callback.owner = $12
 RETURNING callback.space_id, callback.id
)
INSERT INTO callback_attempt (space_id, callback_id, attempt, at, elapsed_ms, http_status, error,
                              answer)
SELECT result.space_id, result.id, result.attempt, result.at, result.elapsed_ms,
       result.http_status, result.error, result.answer
  FROM result
  JOIN settled ON settled.space_id = result.space_id AND settled.id = result.id
 WHERE result.attempted
    ON CONFLICT DO NOTHING
"""

# Claims of processes that ended, or (unless $1 is null) whose heartbeat is older than $1 seconds by
# the database's clock. Whether they were sent nobody knows, so no try is used up.
REAP = """
WITH abandoned AS (
    SELECT callback.space_id, callback.id
      FROM callback
      JOIN process ON process.id = callback.owner
     WHERE callback.status = 'delivering'
       AND (process.ended_at IS NOT NULL
            OR process.heartbeat_at < clock_timestamp() - $1::float8 * interval '1 second')
     LIMIT $2
       FOR UPDATE OF callback SKIP LOCKED
)
UPDATE callback
   SET status = 'owed', owner = NULL, attempts_before = attempts_before + 1
  FROM abandoned
 WHERE callback.space_id = abandoned.space_id AND callback.id = abandoned.id
RETURNING callback.space_id, callback.host
"""

# Claims of ours that we know nothing of: a commit that nobody answered.
PUT_BACK_UNKNOWN = """
UPDATE callback
   SET status = 'owed', owner = NULL, attempts_before = attempts_before + 1
 WHERE owner = $1 AND status = 'delivering' AND NOT (id = ANY($2::bytea[]))
RETURNING space_id, host
"""
