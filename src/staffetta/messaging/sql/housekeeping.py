"""Statements of what time does: due, expired, abandoned, forgotten."""

PROMOTE = """
WITH due AS (
    SELECT space_id, id
      FROM recipient
     WHERE state = 'scheduled' AND due_at <= $1
     ORDER BY due_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
UPDATE recipient
   SET state = 'queued', updated_at = $1
  FROM due
 WHERE recipient.space_id = due.space_id AND recipient.id = due.id
RETURNING recipient.connector_id
"""

# A submitting recipient is not expired: its owner settles it, or its owner's death does.
# A carrier's answer may have come too late for its claim; it had the message all the same.
EXPIRE = """
WITH over AS (
    SELECT space_id, id
      FROM recipient
     WHERE state IN ('scheduled', 'queued', 'submitted', 'uncertain') AND expires_at <= $1
     ORDER BY expires_at
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
UPDATE recipient
   SET state = 'expired', detail = 'no delivery within the time to live', updated_at = $1,
       sent_at = coalesce(recipient.sent_at, (
           SELECT min(submission.answered_at)
             FROM submission
            WHERE submission.space_id = over.space_id
              AND submission.recipient_id = over.id
              AND submission.outcome = 'accepted'))
  FROM over
 WHERE recipient.space_id = over.space_id AND recipient.id = over.id
RETURNING recipient.space_id, recipient.id, recipient.message_id, recipient.charged_micro,
          recipient.price_micro * recipient.segment_count AS cost_micro,
          recipient.sent_at IS NOT NULL AS accepted
"""

# The claims of processes that ended, or (unless $2 is null) whose heartbeat is older than $2
# seconds by the database's clock.
REAP = """
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
RETURNING recipient.id
"""

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
