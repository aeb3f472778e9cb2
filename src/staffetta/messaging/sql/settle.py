"""Statements of settling: outcomes of tries, and what they cost."""

from staffetta.messaging.sql.told import TOLD

# Compares owner and attempt: a late answer to a claim that was taken over changes nothing.
SETTLE = (
    """
UPDATE recipient
   SET state = new.state::recipient_state,
       owner = NULL,
       failure_count = new.failure_count,
       due_at = coalesce(new.due_at, recipient.due_at),
       sent_at = CASE WHEN new.accepted THEN coalesce(recipient.sent_at, $12)
                      ELSE recipient.sent_at END,
       charged_micro = recipient.charged_micro + new.capture_micro,
       command_status = coalesce(new.command_status, recipient.command_status),
       detail = coalesce(new.detail, recipient.detail),
       updated_at = $12
  FROM unnest($1::int[], $2::bytea[], $3::int[], $4::text[], $5::smallint[],
              $6::timestamptz[], $7::boolean[], $8::bigint[], $9::bigint[], $10::text[])
       AS new (space_id, id, attempt, state, failure_count, due_at, accepted, capture_micro,
               command_status, detail)
 WHERE recipient.space_id = new.space_id
   AND recipient.id = new.id
   AND recipient.state = 'submitting'
   AND recipient.attempt = new.attempt
   AND recipient.owner = $11
"""
    + TOLD
)

# What was answered cannot be written: the claim is opened, or nobody would ever settle it.
LEAVE_OPEN = (
    """
UPDATE recipient
   SET state = 'uncertain', owner = NULL, updated_at = $5,
       detail = 'what the carrier answered could not be stored'
  FROM unnest($1::int[], $2::bytea[], $3::int[]) AS refused (space_id, id, attempt)
 WHERE recipient.space_id = refused.space_id
   AND recipient.id = refused.id
   AND recipient.state = 'submitting'
   AND recipient.attempt = refused.attempt
   AND recipient.owner = $4
"""
    + TOLD
)

# An answer that comes after all replaces "uncertain"; anything else is written once.
INSERT_SUBMISSIONS = """
INSERT INTO submission (space_id, recipient_id, attempt, segment, segment_total, connector_id,
                        outcome, command_status, smsc_id, smsc_key, written_as, report_asked,
                        answered_at)
SELECT space_id, recipient_id, attempt, segment, segment_total, connector_id,
       outcome, command_status, smsc_id, smsc_key, written_as, report_asked, $13
  FROM unnest($1::int[], $2::bytea[], $3::int[], $4::smallint[], $5::smallint[], $6::int[],
              $7::text[], $8::bigint[], $9::text[], $10::text[], $11::text[], $12::boolean[])
       AS new (space_id, recipient_id, attempt, segment, segment_total, connector_id,
               outcome, command_status, smsc_id, smsc_key, written_as, report_asked)
    ON CONFLICT (space_id, recipient_id, attempt, segment) DO UPDATE
   SET outcome = excluded.outcome, command_status = excluded.command_status,
       smsc_id = excluded.smsc_id, smsc_key = excluded.smsc_key, answered_at = excluded.answered_at
 WHERE submission.outcome = 'uncertain'
"""

# What a carrier took after all, though nobody waited for its answer any more. A message is
# submitted when all parts of one cut are accepted, in whatever try. What is under way again goes
# on, and is marked as sent: should that try fail, the carrier has it all the same.
SETTLE_LATE = (
    """
WITH late AS (
    SELECT new.space_id, new.id,
           (SELECT count(DISTINCT submission.segment)
              FROM submission
             WHERE submission.space_id = new.space_id
               AND submission.recipient_id = new.id
               AND submission.outcome = 'accepted'
               AND submission.segment_total = new.segment_total
               AND submission.written_as IS NOT DISTINCT FROM new.written_as)
           = new.segment_total AS is_whole
      FROM unnest($1::int[], $2::bytea[], $3::smallint[], $4::text[])
           AS new (space_id, id, segment_total, written_as)
)
UPDATE recipient
   SET state = CASE WHEN late.is_whole AND recipient.state <> 'submitting' THEN 'submitted'
                    ELSE recipient.state END,
       detail = CASE WHEN late.is_whole THEN NULL ELSE recipient.detail END,
       sent_at = coalesce(recipient.sent_at, $5),
       updated_at = $5
  FROM late
 WHERE recipient.space_id = late.space_id
   AND recipient.id = late.id
   AND (recipient.state IN ('scheduled', 'queued', 'uncertain')
        OR recipient.state = 'submitting' AND late.is_whole)
"""  # noqa: S608 (constants alone)
    + TOLD
)

# A try of these was just settled without an acceptance, and an earlier one was accepted meanwhile.
SUBMIT_TAKEN = (
    """
UPDATE recipient
   SET state = 'submitted', detail = NULL, updated_at = $3
  FROM unnest($1::int[], $2::bytea[]) AS taken (space_id, id)
 WHERE recipient.space_id = taken.space_id AND recipient.id = taken.id
"""
    + TOLD
)

CLEAR_CHARGES = """
UPDATE recipient
   SET charged_micro = 0
  FROM unnest($1::int[], $2::bytea[]) AS refunded (space_id, id)
 WHERE recipient.space_id = refunded.space_id AND recipient.id = refunded.id
"""

# What a capture outside the usual settlement cost: a report that overtook its answer.
ADD_CHARGES = """
UPDATE recipient
   SET charged_micro = charged_micro + paid.paid_micro
  FROM unnest($1::int[], $2::bytea[], $3::bigint[]) AS paid (space_id, id, paid_micro)
 WHERE recipient.space_id = paid.space_id AND recipient.id = paid.id
"""
