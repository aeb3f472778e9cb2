"""Statements for people: what was owed and tried, and owing it again.

A callback's own attempt numbers its claims, and not each was tried: people are shown how many were.
"""

# What has ended, and no newer state of its message has followed. v1's tell how things are when they
# are sent, so none of them is old.
IS_REPLAYABLE = """
       callback.status IN ('delivered', 'ended', 'dead')
   AND (callback.kind = 'v1'
        OR NOT EXISTS (SELECT FROM callback AS newer
                        WHERE newer.space_id = callback.space_id
                          AND newer.message_id = callback.message_id
                          AND (newer.step, newer.id) > (callback.step, callback.id)
                       OFFSET 0))
"""

LIST_CALLBACKS = (
    """
SELECT callback.space_id, callback.id, account.email, space.environment::text AS environment,
       callback.kind, callback.message_id, callback.event, callback.host, callback.status,
       coalesce(last.number, 0) AS attempt_count, callback.due_at, callback.created_at,
       callback.settled_at, last.http_status, coalesce(last.error, '') AS error
  FROM callback
  JOIN space ON space.id = callback.space_id
  JOIN account ON account.id = space.account_id
  LEFT JOIN LATERAL (
       SELECT count(*) OVER ()::int AS number, http_status, error
         FROM callback_attempt
        WHERE callback_attempt.space_id = callback.space_id
          AND callback_attempt.callback_id = callback.id
        ORDER BY attempt DESC
        LIMIT 1) AS last ON true
 WHERE ($1::text IS NULL OR account.email = $1)
   AND ($2::text IS NULL OR space.environment::text = $2)
   AND ($3::text[] IS NULL OR callback.status = ANY ($3))
   AND ($4::bytea IS NULL OR callback.id >= $4)
   AND ($5::bytea IS NULL OR callback.id < $5)
   AND ($6::bytea IS NULL OR callback.id = $6)
   AND (NOT $8 OR ("""  # noqa: S608 (constants alone)
    + IS_REPLAYABLE
    + """))
 ORDER BY callback.id DESC
 LIMIT $7
"""
)

READ_ATTEMPTS = """
SELECT row_number() OVER (ORDER BY attempt)::int AS attempt, at, elapsed_ms, http_status, error,
       answer
  FROM callback_attempt
 WHERE space_id = $1 AND callback_id = $2
 ORDER BY attempt
"""

_SEGMENT = """
              CASE WHEN service = 'v1' THEN 'messages'
                   WHEN sealed_code IS NOT NULL THEN 'otp'
                   ELSE market || '-messages' END"""

# One account's callbacks with the message each is about, the newest attempt, and the moment of the
# first. What asked for a callback is told as the service and the segment that were called.
_DELIVERIES = (
    """
SELECT callback.space_id, callback.id, callback.host, callback.kind, callback.message_id,
       callback.recipient_id, callback.event, callback.attempt, callback.attempts_before,
       callback.changed_at, callback.created_at, callback.sent_at, callback.delivered_at,
       callback.charged_micro, callback.possibly_duplicate, callback.payload, callback.status,
       callback.settled_at, message.service, message.segment, message.target,
       first.at AS started_at, last.at AS attempted_at, last.elapsed_ms, last.http_status,
       coalesce(last.number, 0) AS attempt_count
  FROM callback
  LEFT JOIN LATERAL (
       SELECT service, callback AS target, """  # noqa: S608 (constants alone)
    + _SEGMENT
    + """ AS segment
         FROM message
        WHERE message.space_id = callback.space_id AND message.id = callback.message_id
       OFFSET 0) AS message ON true
  LEFT JOIN LATERAL (
       SELECT at
         FROM callback_attempt
        WHERE callback_attempt.space_id = callback.space_id
          AND callback_attempt.callback_id = callback.id
        ORDER BY attempt
        LIMIT 1) AS first ON true
  LEFT JOIN LATERAL (
       SELECT count(*) OVER ()::int AS number, at, elapsed_ms, http_status
         FROM callback_attempt
        WHERE callback_attempt.space_id = callback.space_id
          AND callback_attempt.callback_id = callback.id
        ORDER BY attempt DESC
        LIMIT 1) AS last ON true
 WHERE callback.space_id = $1
"""
)

# What is skipped costs a step in an index: the rest is looked up for what is shown.
LIST_DELIVERIES = (
    _DELIVERIES  # noqa: S608 (constants alone)
    + """
   AND callback.id = ANY (ARRAY(SELECT id
                                  FROM callback
                                 WHERE space_id = $1
                                 ORDER BY id DESC
                                OFFSET $2 LIMIT $3))
 ORDER BY callback.id DESC
"""
)

# Only so many are looked at: few or none may fit.
LIST_DELIVERIES_OF_CALLS = (
    _DELIVERIES  # noqa: S608 (constants alone)
    + """
   AND callback.id = ANY (ARRAY(
       SELECT newest.id
         FROM (SELECT id, message_id
                 FROM callback
                WHERE space_id = $1
                ORDER BY id DESC
                LIMIT $5) AS newest
         JOIN LATERAL (
              SELECT
                FROM message
               WHERE message.space_id = $1 AND message.id = newest.message_id
                 AND service || ' ' || """
    + _SEGMENT
    + """ = ANY ($4::text[])
              OFFSET 0) AS wanted ON true
        ORDER BY newest.id DESC
       OFFSET $2 LIMIT $3))
 ORDER BY callback.id DESC
"""
)

FIND_DELIVERY = (
    _DELIVERIES
    + """   AND callback.id = $2
"""
)

# What has ended is owed once more, in a round of its own. Not what a newer state of its message has
# followed: an older state is never sent after a newer.
REPLAY = (
    """
WITH chosen AS (
    SELECT callback.space_id, callback.id
      FROM callback
      JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, id) USING (space_id, id)
     WHERE """  # noqa: S608 (constants alone)
    + IS_REPLAYABLE
    + """
)
UPDATE callback
   SET status = 'owed', attempts_before = attempt, due_at = $3, settled_at = NULL, owner = NULL
  FROM chosen
 WHERE callback.space_id = chosen.space_id AND callback.id = chosen.id
   AND callback.status IN ('delivered', 'ended', 'dead')
RETURNING callback.space_id, callback.id, callback.host
"""
)
