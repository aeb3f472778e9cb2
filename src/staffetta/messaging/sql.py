"""Every statement of a message's life, in the order of that life."""

# Accept -------------------------------------------------------------------------------------------

# Sorted by the caller, so that two batches meet equal keys in the same order. A key older than a
# day is forgotten: it becomes the new request's. Answers the owner of every key, new or old.
CLAIM_KEYS = """
WITH asked AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
                  AS asked (space_id, path, key, body_hash, message_id)
), claimed AS (
    INSERT INTO idempotency_key AS kept (space_id, path, key, body_hash, message_id, created_at)
    SELECT space_id, path, key, body_hash, message_id, $6 FROM asked
     ORDER BY space_id, path, key
        ON CONFLICT (space_id, path, key) DO UPDATE
       SET body_hash = excluded.body_hash, message_id = excluded.message_id,
           created_at = excluded.created_at
     WHERE kept.created_at < $6 - interval '24 hours'
 RETURNING kept.space_id, kept.path, kept.key, kept.body_hash, kept.message_id
)
SELECT space_id, path, key, body_hash, message_id FROM claimed
 UNION ALL
SELECT kept.space_id, kept.path, kept.key, kept.body_hash, kept.message_id
  FROM idempotency_key AS kept
  JOIN asked USING (space_id, path, key)
 WHERE NOT EXISTS (SELECT FROM claimed
                    WHERE claimed.space_id = kept.space_id
                      AND claimed.path = kept.path AND claimed.key = kept.key)
"""

FREE_KEYS = """
DELETE FROM idempotency_key AS kept
 USING unnest($1::int[], $2::text[], $3::text[], $4::bytea[])
       AS refused (space_id, path, key, message_id)
 WHERE kept.space_id = refused.space_id AND kept.path = refused.path AND kept.key = refused.key
   AND kept.message_id = refused.message_id
"""

# A batch of drafts in one statement: each round trip would make every other request of the process
# wait for its answer. A draft's turn is its place behind the newest of its space on its connector,
# or behind the queue's own place, whichever is further (start-time fair queueing).
STORE_DRAFTS = """
WITH new AS (
    SELECT *
      FROM unnest($1::int[], $2::bytea[], $3::text[], $4::smallint[], $5::int[], $6::text[],
                  $7::text[], $8::text[], $9::int[], $10::smallint[], $11::smallint[],
                  $12::boolean[], $13::jsonb[], $14::jsonb[], $15::timestamptz[], $16::text[],
                  $17::text[], $18::text[], $19::text[], $20::bigint[], $21::int[], $22::bigint[],
                  $23::bigint[], $24::boolean[], $25::timestamptz[])
           AS new (space_id, id, market, class, priority, sender, body, encoding,
                   characters_count, segment_count, reference, dry_run, options, callback,
                   created_at, number, country, calling_code, state, turn_offset, connector_id,
                   price_micro, charged_micro, calls_back, expires_at)
), placed AS (
    SELECT new.*, greatest(queue_turn.turn, queue_clock.turn, 0::bigint) + turn_offset AS turn
      FROM new
      LEFT JOIN queue_turn ON queue_turn.space_id = new.space_id
                          AND queue_turn.connector_id = new.connector_id
      LEFT JOIN queue_clock ON queue_clock.connector_id = new.connector_id
), moved AS (
    INSERT INTO queue_turn (space_id, connector_id, turn)
    SELECT space_id, connector_id, max(turn) FROM placed GROUP BY space_id, connector_id
        ON CONFLICT (space_id, connector_id) DO UPDATE SET turn = excluded.turn
), stored AS (
    INSERT INTO message (space_id, id, service, market, class, priority, sender, body, encoding,
                         characters_count, segment_count, reference, dry_run, options, callback,
                         created_at, due_at)
    SELECT space_id, id, 'v2', market, class, priority, sender, body, encoding,
           characters_count, segment_count, reference, dry_run, options, callback,
           created_at, created_at
      FROM new
)
INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state, class,
                       priority, turn, connector_id, segment_count, price_micro, charged_micro,
                       calls_back, due_at, expires_at, updated_at)
SELECT space_id, id, id, number, country, calling_code, state::recipient_state, class,
       priority, turn, connector_id, segment_count, price_micro, charged_micro,
       calls_back, created_at, expires_at, created_at
  FROM placed
"""

FIND_MESSAGES = """
SELECT message.id
  FROM message
  JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, id) USING (space_id, id)
"""

NOTIFY = """
SELECT pg_notify($1, $2)
"""

# Dispatch -----------------------------------------------------------------------------------------

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
           recipient.turn
)
SELECT claimed.space_id, claimed.id, claimed.number, claimed.attempt,
       claimed.sent_at IS NOT NULL AS accepted_before,
       claimed.failure_count, claimed.resend_count, claimed.expires_at, claimed.turn,
       message.sender, message.body, message.encoding, message.segment_count, message.reference,
       message.flash,
       CASE message.market WHEN 'WW' THEN claimed.price_micro * message.segment_count
                           ELSE 0 END AS capture_micro
  FROM claimed
  JOIN message ON message.space_id = claimed.space_id AND message.id = claimed.message_id
 ORDER BY claimed.class, claimed.priority DESC, claimed.turn, claimed.id
"""

# Only claims that follow an earlier try need it: which segments a carrier has already.
READ_ACCEPTED_SEGMENTS = """
SELECT submission.recipient_id, submission.segment
  FROM submission
  JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, recipient_id)
       USING (space_id, recipient_id)
 WHERE submission.outcome = 'accepted'
"""

ADVANCE_QUEUE_CLOCK = """
INSERT INTO queue_clock (connector_id, turn) VALUES ($1, $2)
    ON CONFLICT (connector_id) DO UPDATE SET turn = excluded.turn
 WHERE queue_clock.turn < excluded.turn
"""

LOCK_QUEUE_CLOCK = """
SELECT FROM queue_clock WHERE connector_id = $1 FOR UPDATE
"""

# What one claim of ours took, when nothing of it was handed over.
PUT_BACK = """
UPDATE recipient
   SET state = 'queued', owner = NULL
 WHERE connector_id = $1 AND owner = $2 AND claimed_at = $3 AND state = 'submitting'
"""

# Settle -------------------------------------------------------------------------------------------

# Compares owner and attempt: a late answer to a claim that was taken over changes nothing.
SETTLE = """
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
  FROM unnest($1::int[], $2::bytea[], $3::smallint[], $4::text[], $5::smallint[],
              $6::timestamptz[], $7::boolean[], $8::bigint[], $9::bigint[], $10::text[])
       AS new (space_id, id, attempt, state, failure_count, due_at, accepted, capture_micro,
               command_status, detail)
 WHERE recipient.space_id = new.space_id
   AND recipient.id = new.id
   AND recipient.state = 'submitting'
   AND recipient.attempt = new.attempt
   AND recipient.owner = $11
RETURNING recipient.space_id, recipient.id, recipient.message_id, recipient.charged_micro
"""

# An answer that comes after all replaces "uncertain"; anything else is written once.
INSERT_SUBMISSIONS = """
INSERT INTO submission (space_id, recipient_id, attempt, segment, segment_total, connector_id,
                        outcome, command_status, smsc_id, smsc_key, answered_at)
SELECT space_id, recipient_id, attempt, segment, segment_total, connector_id,
       outcome, command_status, smsc_id, smsc_key, $11
  FROM unnest($1::int[], $2::bytea[], $3::smallint[], $4::smallint[], $5::smallint[], $6::int[],
              $7::text[], $8::bigint[], $9::text[], $10::text[])
       AS new (space_id, recipient_id, attempt, segment, segment_total, connector_id,
               outcome, command_status, smsc_id, smsc_key)
    ON CONFLICT (space_id, recipient_id, attempt, segment) DO UPDATE
   SET outcome = excluded.outcome, command_status = excluded.command_status,
       smsc_id = excluded.smsc_id, smsc_key = excluded.smsc_key, answered_at = excluded.answered_at
 WHERE submission.outcome = 'uncertain'
"""

CLEAR_CHARGES = """
UPDATE recipient
   SET charged_micro = 0
  FROM unnest($1::int[], $2::bytea[]) AS refunded (space_id, id)
 WHERE recipient.space_id = refunded.space_id AND recipient.id = refunded.id
"""

# Report -------------------------------------------------------------------------------------------

# The submission each report speaks of: the newest with that id on that connector. Ids may repeat
# after weeks, so nothing older than the bound is looked at.
FIND_REPORTED = """
SELECT asked.ordinal::int AS ordinal, found.space_id, found.recipient_id, found.attempt,
       found.segment, found.segment_total, found.report_event
  FROM unnest($1::int[], $2::text[]) WITH ORDINALITY AS asked (connector_id, smsc_key, ordinal)
 CROSS JOIN LATERAL (
       SELECT space_id, recipient_id, attempt, segment, segment_total, report_event
         FROM submission
        WHERE submission.connector_id = asked.connector_id
          AND submission.smsc_key = asked.smsc_key
          AND submission.recipient_id >= $3
        ORDER BY submission.recipient_id DESC
        LIMIT 1) AS found
"""

STORE_REPORTS = """
UPDATE submission
   SET report_state = new.report_state, report_error = new.report_error,
       report_event = new.report_event, reported_at = $9, done_at = new.done_at
  FROM unnest($1::int[], $2::bytea[], $3::smallint[], $4::smallint[], $5::text[], $6::text[],
              $7::text[], $8::timestamptz[])
       AS new (space_id, recipient_id, attempt, segment, report_state, report_error, report_event,
               done_at)
 WHERE submission.space_id = new.space_id
   AND submission.recipient_id = new.recipient_id
   AND submission.attempt = new.attempt
   AND submission.segment = new.segment
   AND submission.report_event IS NULL
"""

# How far the segments of long messages have come, over all tries.
COUNT_REPORTED_SEGMENTS = """
SELECT submission.space_id, submission.recipient_id,
       count(DISTINCT submission.segment)
           FILTER (WHERE submission.report_event = 'report_delivered') AS delivered_count,
       min(submission.report_event)
           FILTER (WHERE submission.report_event <> 'report_delivered') AS failed_event
  FROM submission
  JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, recipient_id)
       USING (space_id, recipient_id)
 GROUP BY submission.space_id, submission.recipient_id
"""

FINISH = """
UPDATE recipient
   SET state = new.state::recipient_state,
       owner = NULL,
       delivered_at = CASE WHEN new.state = 'delivered' THEN $5::timestamptz END,
       sent_at = coalesce(recipient.sent_at, $5),
       detail = new.detail,
       updated_at = $5
  FROM unnest($1::int[], $2::bytea[], $3::text[], $4::text[]) AS new (space_id, id, state, detail)
 WHERE recipient.space_id = new.space_id
   AND recipient.id = new.id
   AND recipient.state IN ('scheduled', 'queued', 'submitting', 'submitted', 'uncertain')
RETURNING recipient.space_id, recipient.id, recipient.message_id, recipient.charged_micro,
          recipient.price_micro * recipient.segment_count AS cost_micro
"""

# What a capture outside the usual settlement cost: a report that overtook its answer.
ADD_CHARGES = """
UPDATE recipient
   SET charged_micro = charged_micro + paid.paid_micro
  FROM unnest($1::int[], $2::bytea[], $3::bigint[]) AS paid (space_id, id, paid_micro)
 WHERE recipient.space_id = paid.space_id AND recipient.id = paid.id
"""

KEEP_REPORTS = """
INSERT INTO report (id, connector_id, smsc_id, smsc_key, report_state, report_error, report_event,
                    done_at, destination, received_at, disposition)
SELECT id, connector_id, smsc_id, smsc_key, report_state, report_error, report_event,
       done_at, destination, $11, disposition
  FROM unnest($1::bytea[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::timestamptz[], $9::text[], $10::text[])
       AS new (id, connector_id, smsc_id, smsc_key, report_state, report_error, report_event,
               done_at, destination, disposition)
"""

# Reports that came before the answer that these submissions are made of.
FIND_WAITING_REPORTS = """
SELECT report.id, report.connector_id, report.smsc_id, report.smsc_key, report.report_state,
       report.report_error, report.report_event, report.done_at, report.destination
  FROM unnest($1::int[], $2::text[]) AS asked (connector_id, smsc_key)
  JOIN report USING (connector_id, smsc_key)
 WHERE report.disposition = 'waiting'
 ORDER BY report.id
   FOR UPDATE OF report SKIP LOCKED
"""

# Waiting reports whose submission has come since; a few at a time, the oldest first.
FIND_MATCHABLE_REPORTS = """
SELECT report.id, report.connector_id, report.smsc_id, report.smsc_key, report.report_state,
       report.report_error, report.report_event, report.done_at, report.destination
  FROM report
 WHERE report.disposition = 'waiting'
   AND EXISTS (SELECT FROM submission
                WHERE submission.connector_id = report.connector_id
                  AND submission.smsc_key = report.smsc_key
                  AND submission.recipient_id >= $1)
 ORDER BY report.id
 LIMIT $2
   FOR UPDATE SKIP LOCKED
"""

CLOSE_REPORTS = """
UPDATE report
   SET disposition = new.disposition
  FROM unnest($1::bytea[], $2::text[]) AS new (id, disposition)
 WHERE report.id = new.id
"""

ORPHAN_REPORTS = """
UPDATE report SET disposition = 'orphan' WHERE disposition = 'waiting' AND received_at < $1
"""

# Housekeeping -------------------------------------------------------------------------------------

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
   SET state = 'expired', detail = 'no delivery within the time to live', updated_at = $1
  FROM over
 WHERE recipient.space_id = over.space_id AND recipient.id = over.id
RETURNING recipient.space_id, recipient.id, recipient.message_id, recipient.charged_micro,
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

# Read ---------------------------------------------------------------------------------------------

_VIEW = """
SELECT message.id, message.market, recipient.state::text AS state, message.dry_run,
       message.sender, recipient.number, recipient.calling_code, recipient.country,
       message.body, message.encoding, message.characters_count, message.segment_count,
       recipient.price_micro, recipient.charged_micro, message.options, message.callback,
       message.blocklisted_reason, recipient.possibly_duplicate, message.created_at,
       recipient.updated_at, recipient.sent_at, recipient.delivered_at
  FROM message
  JOIN recipient ON recipient.space_id = message.space_id AND recipient.id = message.id
"""

GET_MESSAGE = (
    _VIEW
    + """
 WHERE message.space_id = $1 AND message.id = $2 AND message.service = 'v2'
   AND (NOT message.dry_run OR message.created_at > $3)
"""
)

LIST_MESSAGES = (
    _VIEW
    + """
 WHERE message.space_id = $1 AND message.service = 'v2' AND NOT message.dry_run
 ORDER BY message.id DESC
OFFSET $2 LIMIT $3
"""
)
