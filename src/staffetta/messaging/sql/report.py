"""Statements of delivery reports: finding what they speak of, keeping what they say."""

from staffetta.messaging.sql.told import TOLD

# The submission each report speaks of: the newest with that id on that connector. Ids may repeat
# after weeks, so nothing answered before $4 is looked at. $3 only prunes partitions: a message may
# have been created a month before it was due.
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
          AND submission.answered_at >= $4
        ORDER BY submission.answered_at DESC, submission.recipient_id DESC
        LIMIT 1) AS found
"""

# The newest submissions under each of several keys that a report may mean, with their recipients'
# numbers: its addresses tell which one it is. Whether a report of it came already, too.
FIND_CANDIDATES = """
SELECT asked.ordinal, found.smsc_key, found.space_id, found.recipient_id, found.attempt,
       found.segment, found.segment_total, found.report_event, found.report_error,
       found.done_at, recipient.number, message.sender
  FROM unnest($1::int[], $2::int[], $3::text[]) AS asked (ordinal, connector_id, smsc_key)
 CROSS JOIN LATERAL (
       SELECT smsc_key, space_id, recipient_id, attempt, segment, segment_total, report_event,
              report_error, done_at, answered_at
         FROM submission
        WHERE submission.connector_id = asked.connector_id
          AND submission.smsc_key = asked.smsc_key
          AND submission.recipient_id >= $4
          AND submission.answered_at >= $5
        ORDER BY submission.answered_at DESC, submission.recipient_id DESC
        LIMIT 3) AS found
  JOIN recipient ON recipient.space_id = found.space_id AND recipient.id = found.recipient_id
  JOIN message ON message.space_id = recipient.space_id AND message.id = recipient.message_id
 ORDER BY asked.ordinal, found.answered_at DESC, found.recipient_id DESC
"""

STORE_REPORTS = """
UPDATE submission
   SET report_state = new.report_state, report_error = new.report_error,
       report_event = new.report_event, reported_at = $10, done_at = new.done_at,
       report_reason = new.report_reason
  FROM unnest($1::int[], $2::bytea[], $3::int[], $4::smallint[], $5::text[], $6::text[],
              $7::text[], $8::timestamptz[], $9::text[])
       AS new (space_id, recipient_id, attempt, segment, report_state, report_error, report_event,
               done_at, report_reason)
 WHERE submission.space_id = new.space_id
   AND submission.recipient_id = new.recipient_id
   AND submission.attempt = new.attempt
   AND submission.segment = new.segment
   AND submission.report_event IS NULL
"""

# Before the segments of long messages are counted: of two that store the reports of two segments at
# once, the later one waits here for the earlier one's end, and then counts both.
LOCK_REPORTED = """
SELECT
  FROM recipient
  JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, id) USING (space_id, id)
 ORDER BY space_id, id
   FOR NO KEY UPDATE OF recipient
"""

# How far the segments of long messages have come, over all tries. Segments of different cuts are
# parts of different texts: one whole cut is enough, and only the newest can fail. A segment that no
# report is asked for is as good as reported when it is taken.
COUNT_REPORTED_SEGMENTS = """
WITH cut AS (
    SELECT submission.space_id, submission.recipient_id,
           max(submission.attempt) AS last_attempt,
           count(DISTINCT submission.segment)
               FILTER (WHERE submission.report_event = 'report_delivered'
                          OR NOT submission.report_asked AND submission.outcome = 'accepted')
               = submission.segment_total AS is_delivered,
           min(submission.report_event)
               FILTER (WHERE submission.report_event <> 'report_delivered') AS failed_event
      FROM submission
      JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, recipient_id)
           USING (space_id, recipient_id)
     GROUP BY submission.space_id, submission.recipient_id, submission.segment_total,
              submission.written_as
)
SELECT space_id, recipient_id, bool_or(is_delivered) AS is_delivered,
       (array_agg(failed_event ORDER BY last_attempt DESC))[1] AS failed_event
  FROM cut
 GROUP BY space_id, recipient_id
"""

FINISH = (
    """
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
"""
    + TOLD
)

KEEP_REPORTS = """
INSERT INTO report (id, connector_id, smsc_id, smsc_key, report_state, report_error, report_event,
                    done_at, destination, sender, text_id, error_words, error_reason, keys,
                    is_certain, is_sniffed, received_at, disposition)
SELECT id, connector_id, smsc_id, smsc_key, report_state, report_error, report_event,
       done_at, destination, sender, text_id, error_words, error_reason, keys,
       is_certain, is_sniffed, $18, disposition
  FROM unnest($1::bytea[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
              $8::timestamptz[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[],
              $14::jsonb[], $15::boolean[], $16::boolean[], $17::text[])
       AS new (id, connector_id, smsc_id, smsc_key, report_state, report_error, report_event,
               done_at, destination, sender, text_id, error_words, error_reason, keys,
               is_certain, is_sniffed, disposition)
"""

_KEPT = """
SELECT report.id, report.connector_id, report.smsc_id, report.smsc_key, report.report_state,
       report.report_error, report.report_event, report.done_at, report.destination,
       report.sender, report.text_id, report.error_words, report.error_reason, report.keys,
       report.is_certain, report.is_sniffed
"""

# Reports that came before the answer that these submissions are made of.
FIND_WAITING_REPORTS = (
    _KEPT
    + """
  FROM unnest($1::int[], $2::text[]) AS asked (connector_id, smsc_key)
  JOIN report USING (connector_id, smsc_key)
 WHERE report.disposition = 'waiting'
 ORDER BY report.id
   FOR UPDATE OF report SKIP LOCKED
"""
)

# Where a page of waiting reports ends that begins behind $1; no row for the last page.
END_OF_PAGE = """
SELECT id
  FROM report
 WHERE disposition = 'waiting' AND id > $1
 ORDER BY id
OFFSET $2 - 1 LIMIT 1
"""

# Waiting reports of a page whose submission has come since, under whatever key; the oldest first.
# One that has its report already is of interest to those from $6 on alone, which may repeat it.
FIND_MATCHABLE_REPORTS = (
    _KEPT  # noqa: S608 (constants alone)
    + """
  FROM report
 WHERE report.disposition = 'waiting'
   AND report.id > $1 AND ($2::bytea IS NULL OR report.id <= $2)
   AND EXISTS (SELECT FROM submission
                WHERE submission.connector_id = report.connector_id
                  AND submission.smsc_key = ANY (ARRAY(SELECT value
                                                         FROM jsonb_each_text(report.keys))
                                                 || report.smsc_key)
                  AND submission.recipient_id >= $3
                  AND submission.answered_at >= $4
                  AND (submission.report_event IS NULL OR report.id >= $6))
 ORDER BY report.id
 LIMIT $5
   FOR UPDATE SKIP LOCKED
"""
)

COUNT_UNMATCHED = """
SELECT connector_id, count(*) AS unmatched_count
  FROM report
 WHERE id = ANY ($1::bytea[]) AND disposition IN ('waiting', 'orphan')
 GROUP BY connector_id
"""

CLOSE_REPORTS = """
UPDATE report
   SET disposition = new.disposition, smsc_key = new.smsc_key
  FROM unnest($1::bytea[], $2::text[], $3::text[]) AS new (id, disposition, smsc_key)
 WHERE report.id = new.id
"""

# They wait no more. One whose message has its report came behind that one after all.
ORPHAN_REPORTS = """
UPDATE report
   SET disposition =
       CASE WHEN EXISTS (SELECT FROM submission
                          WHERE submission.connector_id = report.connector_id
                            AND submission.smsc_key = report.smsc_key
                            AND submission.recipient_id >= $2
                            AND submission.answered_at >= $3
                            AND submission.report_event IS NOT NULL)
            THEN 'late' ELSE 'orphan' END
 WHERE disposition = 'waiting' AND id < $1
"""

# What is kept of reports, the newest first. What was matched at once is in its submission alone.
LIST_KEPT = """
SELECT report.id, connector.name AS connector, connector.environment::text AS environment,
       report.smsc_id, report.text_id, report.report_state, report.report_error,
       report.error_words, report.destination, report.sender, report.done_at, report.received_at,
       report.disposition
  FROM report
  JOIN connector ON connector.id = report.connector_id
 WHERE ($1::int IS NULL OR report.connector_id = $1)
   AND report.disposition = ANY ($2::text[])
   AND report.id >= $3
 ORDER BY report.id DESC
 LIMIT $4
"""
