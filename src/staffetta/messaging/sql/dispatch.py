"""Statements of dispatch: claims, and the place of a queue."""

# Takes the recipients that are next on a connector; commits before the network. What another
# process is taking at this moment is skipped.
CLAIM = """
WITH next AS (
    SELECT space_id, id
      FROM recipient
     WHERE connector_id = $1 AND state = 'queued' AND expires_at > $4
     ORDER BY class, priority DESC, turn, id
     LIMIT $2
       FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE recipient
       SET state = 'submitting', owner = $3, claimed_at = $4, attempt = attempt + 1
      FROM next
     WHERE recipient.space_id = next.space_id AND recipient.id = next.id
 RETURNING recipient.space_id, recipient.id, recipient.message_id, recipient.number,
           recipient.attempt, recipient.sent_at, recipient.failure_count, recipient.resend_count,
           recipient.expires_at, recipient.price_micro, recipient.class, recipient.priority,
           recipient.turn, recipient.bundle_segment_count, recipient.fields
)
SELECT claimed.space_id, claimed.id, claimed.message_id, claimed.number, claimed.attempt,
       claimed.sent_at IS NOT NULL AS accepted_before,
       claimed.failure_count, claimed.resend_count, claimed.expires_at, claimed.turn,
       claimed.fields, message.service,
       message.sender, message.body, message.segment_count, message.reference,
       message.flash, message.sealed_code,
       CASE message.market
            WHEN 'WW' THEN claimed.price_micro
                           * (message.segment_count - claimed.bundle_segment_count)
            END AS capture_micro
  FROM claimed
  JOIN message ON message.space_id = claimed.space_id AND message.id = claimed.message_id
 ORDER BY claimed.class, claimed.priority DESC, claimed.turn, claimed.id
"""

# Only claims that follow an earlier try need it: which segments a carrier has already.
READ_TAKEN_SEGMENTS = """
SELECT submission.recipient_id, submission.segment, submission.segment_total,
       submission.written_as
  FROM submission
  JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, recipient_id)
       USING (space_id, recipient_id)
 WHERE submission.outcome = 'accepted'
"""

# A carrier has parts of the text already, and will get all of it again.
FLAG_REPEATED = """
UPDATE recipient
   SET possibly_duplicate = true
  FROM unnest($1::int[], $2::bytea[]) AS repeated (space_id, id)
 WHERE recipient.space_id = repeated.space_id AND recipient.id = repeated.id
"""

ADVANCE_QUEUE_CLOCK = """
INSERT INTO queue_clock (connector_id, turn) VALUES ($1, $2)
    ON CONFLICT (connector_id) DO UPDATE SET turn = excluded.turn
 WHERE queue_clock.turn < excluded.turn
"""

# It waits for the first claim of a connector too, whose row nobody sees before it is committed.
LOCK_QUEUE_CLOCK = """
INSERT INTO queue_clock (connector_id) VALUES ($1)
    ON CONFLICT (connector_id) DO UPDATE SET turn = queue_clock.turn
"""

# What one claim of ours took, when nothing of it was handed over.
PUT_BACK = """
UPDATE recipient
   SET state = 'queued', owner = NULL
 WHERE connector_id = $1 AND owner = $2 AND claimed_at = $3 AND state = 'submitting'
"""
