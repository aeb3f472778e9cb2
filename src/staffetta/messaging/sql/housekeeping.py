"""Statements of what time does: due, expired, abandoned, cancelled, forgotten."""

from staffetta.messaging.sql.told import TOLD

# What comes for the first time takes its place now: behind what its space has on the connector, or
# behind the queue's own place (as at acceptance). What tries again keeps the place it had.
PROMOTE = """
WITH due AS (
    SELECT space_id, id, connector_id, segment_count, attempt = 0 AS is_new
      FROM recipient
     WHERE state = 'scheduled' AND due_at <= $1
     ORDER BY due_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED
), placed AS (
    SELECT due.space_id, due.id, due.connector_id,
           greatest(queue_turn.turn, queue_clock.turn, 0::bigint)
               + sum(due.segment_count) OVER (PARTITION BY due.space_id, due.connector_id
                                              ORDER BY due.id) AS turn
      FROM due
      LEFT JOIN queue_turn ON queue_turn.space_id = due.space_id
                          AND queue_turn.connector_id = due.connector_id
      LEFT JOIN queue_clock ON queue_clock.connector_id = due.connector_id
     WHERE due.is_new
), moved AS (
    INSERT INTO queue_turn (space_id, connector_id, turn)
    SELECT space_id, connector_id, max(turn)
      FROM placed
     GROUP BY space_id, connector_id
     ORDER BY space_id, connector_id
        ON CONFLICT (space_id, connector_id) DO UPDATE
       SET turn = greatest(queue_turn.turn, excluded.turn)
)
UPDATE recipient
   SET state = 'queued', updated_at = $1, turn = coalesce(placed.turn, recipient.turn)
  FROM due
  LEFT JOIN placed USING (space_id, id)
 WHERE recipient.space_id = due.space_id AND recipient.id = due.id
RETURNING recipient.connector_id
"""

# A submitting recipient is not expired: its owner settles it, or its owner's death does.
# A carrier's answer may have come too late for its claim; it had the message all the same. What a
# carrier has, or may have, is given until $3: it is told of the same end, and reports it later.
_EXPIRE = """
WITH over AS (
    SELECT space_id, id
      FROM recipient
     WHERE state IN ('scheduled', 'queued', 'submitted', 'uncertain') AND expires_at <= $1
       AND (state IN ('scheduled', 'queued') OR expires_at <= $3)
     ORDER BY expires_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
UPDATE recipient
   SET state = 'expired', updated_at = $1,
       detail = CASE recipient.state
                WHEN 'submitted' THEN 'the carrier did not report its end within the time to live'
                WHEN 'uncertain' THEN 'the carrier neither answered nor reported within the time'
                                      || ' to live'
                ELSE 'no carrier took it within the time to live' END,
       sent_at = coalesce(recipient.sent_at, (
           SELECT min(submission.answered_at)
             FROM submission
            WHERE submission.space_id = over.space_id
              AND submission.recipient_id = over.id
              AND submission.outcome = 'accepted'))
  FROM over
 WHERE recipient.space_id = over.space_id AND recipient.id = over.id
"""
EXPIRE = _EXPIRE + TOLD

# Only what waits for its time and never went out: after a try that nobody answered, a carrier may
# have it though it waits once more. Only v2's, whose recipient has its message's id: one of v1's is
# taken back with all others of its message, and by v1 alone.
CANCEL = (
    """
UPDATE recipient
   SET state = 'cancelled', detail = 'cancelled by its account', updated_at = $3
 WHERE space_id = $1 AND id = $2 AND id = message_id AND state = 'scheduled' AND attempt = 0
"""
    + TOLD
)

# The claims of processes that ended, or (unless $2 is null) whose heartbeat is older than $2
# seconds by the database's clock.
_REAP = """
WITH abandoned AS (
    SELECT recipient.space_id, recipient.id
      FROM recipient
      JOIN process ON process.id = recipient.owner
     WHERE recipient.state = 'submitting'
       AND (process.ended_at IS NOT NULL
            OR process.heartbeat_at < clock_timestamp() - $2::float8 * interval '1 second')
     LIMIT $3
       FOR UPDATE OF recipient SKIP LOCKED
)
UPDATE recipient
   SET state = 'uncertain', owner = NULL, updated_at = $1,
       detail = 'the process that was sending it ended without an answer'
  FROM abandoned
 WHERE recipient.space_id = abandoned.space_id AND recipient.id = abandoned.id
"""
REAP = _REAP + TOLD

SEND_AGAIN = """
WITH open AS (
    SELECT space_id, id
      FROM recipient
     WHERE state = 'uncertain' AND resend_count = 0
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
UPDATE recipient
   SET state = 'queued', resend_count = resend_count + 1, possibly_duplicate = true,
       updated_at = $1
  FROM open
 WHERE recipient.space_id = open.space_id AND recipient.id = open.id
RETURNING recipient.connector_id
"""

FORGET_KEYS = """
DELETE FROM idempotency_key WHERE created_at < $1
"""
