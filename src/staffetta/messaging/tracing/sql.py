"""Statements that gather what is known of one message. Each has a limit.

A message is looked for in every space, by a step in the index of each: whoever traces knows an id,
and seldom whose it is.
"""

FIND_MESSAGE = """
SELECT message.space_id, message.id, message.service
  FROM space
 CROSS JOIN LATERAL (SELECT space_id, id, service
                       FROM message
                      WHERE message.space_id = space.id AND message.id = $1
                     OFFSET 0) AS message
"""

FIND_OWN = """
SELECT service FROM message WHERE space_id = $1 AND id = $2
"""

FIND_RECIPIENT = """
SELECT recipient.space_id, recipient.id, recipient.message_id
  FROM space
 CROSS JOIN LATERAL (SELECT space_id, id, message_id
                       FROM recipient
                      WHERE recipient.space_id = space.id AND recipient.id = $1
                     OFFSET 0) AS recipient
"""

# The recipients of a message of v1: all, or those with one number or id.
LIST_RECIPIENTS = """
SELECT id, number, state::text AS state, updated_at
  FROM recipient
 WHERE space_id = $1 AND message_id = $2 AND id <> message_id
   AND ($3::text IS NULL OR number = $3)
   AND ($4::bytea IS NULL OR id = $4)
 ORDER BY position
 LIMIT $5
"""

COUNT_STATES = """
SELECT state::text AS state, count(*) AS count
  FROM recipient
 WHERE space_id = $1 AND message_id = $2 AND id <> message_id
 GROUP BY state
 ORDER BY state
"""

READ_MESSAGE = """
SELECT account.email, account.currency, space.environment::text AS environment,
       message.space_id, message.id, message.service, message.market, message.class,
       message.priority, message.sender, message.body, message.encoding, message.characters_count,
       message.segment_count, message.reference, message.flash, message.dry_run, message.options,
       message.callback, message.blocklisted_reason, message.created_at, message.due_at,
       message.sealed_code IS NOT NULL AS is_code
  FROM message
  JOIN space ON space.id = message.space_id
  JOIN account ON account.id = space.account_id
 WHERE message.space_id = $1 AND message.id = $2
"""

READ_RECIPIENT = """
SELECT recipient.id, recipient.position, recipient.number, recipient.country,
       recipient.state::text AS state, recipient.class, recipient.priority, recipient.turn,
       recipient.connector_id, connector.name AS connector, recipient.segment_count,
       recipient.price_micro, recipient.charged_micro, recipient.bundle_segment_count,
       recipient.attempt, recipient.failure_count, recipient.resend_count,
       recipient.possibly_duplicate, recipient.command_status, recipient.detail, recipient.fields,
       recipient.refused_as, recipient.callback_host, recipient.due_at, recipient.expires_at,
       recipient.claimed_at, recipient.sent_at, recipient.delivered_at, recipient.updated_at,
       process.host AS owner_host, process.pid AS owner_pid
  FROM recipient
  LEFT JOIN connector ON connector.id = recipient.connector_id
  LEFT JOIN process ON process.id = recipient.owner
 WHERE recipient.space_id = $1 AND recipient.id = $2
"""

READ_V1 = """
SELECT is_open, is_test, due_at, factor, recipient_count, segment_total, base_micro, price_micro,
       invalid_total AS invalid_count, updated_at, discard_at, cancelled_at
  FROM v1_message
 WHERE space_id = $1 AND id = $2
"""

# No index knows messages, one knows times: a key is taken in its message's batch (made at $3).
READ_KEY = """
SELECT path, created_at
  FROM idempotency_key
 WHERE space_id = $1 AND message_id = $2
   AND created_at BETWEEN $3::timestamptz - interval '1 second'
                      AND $3::timestamptz + interval '1 minute'
 LIMIT 1
"""

READ_CODE = """
SELECT otp_code.created_at, otp_code.used_at, otp_code.tries_left,
       (SELECT count(*)
          FROM otp_message AS other
         WHERE other.space_id = $1 AND other.code_id = otp_message.code_id) AS message_count
  FROM otp_message
  JOIN otp_code ON otp_code.space_id = otp_message.space_id AND otp_code.id = otp_message.code_id
 WHERE otp_message.space_id = $1 AND otp_message.message_id = $2
"""

READ_BLOCKS = """
SELECT reason, imposed_at, lifted_at, lifted_reason
  FROM blocklisting
 WHERE space_id = $1 AND message_id = $2
 ORDER BY id
 LIMIT $3
"""

READ_ROUTES = """
SELECT route.country, route.connector_id, route.rank, route.price_micro, connector.name,
       connector.enabled
  FROM route
  JOIN connector ON connector.id = route.connector_id
 WHERE route.environment = $1::text::environment AND route.country IN ($2, '*')
 ORDER BY route.connector_id, route.country
 LIMIT $3
"""

READ_LINKS = """
SELECT connector.name AS connector, link.number, link.state, link.detail, link.changed_at
  FROM link
  JOIN connector ON connector.id = link.connector_id
 WHERE link.connector_id = $1
 ORDER BY link.number
 LIMIT $2
"""

# How many of the first $6 of a connector's queue stand before a recipient.
COUNT_AHEAD = """
SELECT count(*)
  FROM (SELECT class, priority, turn, id
          FROM recipient
         WHERE connector_id = $1 AND state = 'queued'
         ORDER BY class, priority DESC, turn, id
         LIMIT $6) AS front
 WHERE (front.class, -front.priority, front.turn, front.id) < ($2, -$3::int, $4, $5)
"""

READ_SUBMISSIONS = """
SELECT submission.attempt, submission.segment, submission.segment_total, submission.connector_id,
       coalesce(connector.name, 'connector ' || submission.connector_id) AS connector,
       submission.outcome, submission.command_status,
       submission.smsc_id, submission.smsc_key, submission.answered_at, submission.report_state,
       submission.report_error, submission.report_event, submission.reported_at,
       submission.done_at, submission.report_reason, submission.report_asked,
       submission.written_as
  FROM submission
  LEFT JOIN connector ON connector.id = submission.connector_id
 WHERE submission.space_id = $1 AND submission.recipient_id = $2
 ORDER BY submission.attempt, submission.segment
 LIMIT $3
"""

# What came beside the report that counted. There is no index by the carrier's id: those kept in the
# time that matters are looked through, so many at most.
READ_REPORTS = """
SELECT report.id, report.connector_id, report.smsc_id, report.report_state, report.report_error,
       report.error_words, report.done_at, report.destination, report.received_at,
       report.disposition
  FROM (SELECT *
          FROM report
         WHERE id >= $1 AND id < $2
         ORDER BY id
         LIMIT $5) AS report
  JOIN unnest($3::int[], $4::text[]) AS asked (connector_id, smsc_key) USING (connector_id)
 WHERE report.smsc_key = asked.smsc_key
    OR report.keys IS NOT NULL
       AND EXISTS (SELECT FROM jsonb_each_text(report.keys) AS likely
                    WHERE likely.value = asked.smsc_key)
 ORDER BY report.id
 LIMIT $6
"""

# A callback of v1 names its recipients; with $3 only those that name this one.
READ_CALLBACKS = """
SELECT id, kind, event, host, status, attempt, attempts_before, due_at, created_at, settled_at
  FROM callback
 WHERE space_id = $1 AND message_id = $2
   AND (kind <> 'v1' OR $3::text IS NULL OR payload -> 'recipients' ? $3)
 ORDER BY step, id
 LIMIT $4
"""

READ_CALLBACK_ATTEMPTS = """
SELECT callback_id, attempt, at, elapsed_ms, http_status, error, answer
  FROM callback_attempt
 WHERE space_id = $1 AND callback_id = ANY ($2::bytea[])
 ORDER BY at, callback_id, attempt
 LIMIT $3
"""

READ_HOLD = """
SELECT amount_micro, captured_micro, state, created_at, settled_at
  FROM hold
 WHERE space_id = $1 AND recipient_id = $2
"""

READ_BUNDLE_USES = """
SELECT bundle_use.bundle_id, bundle.name, bundle_use.segment_count, bundle_use.returned_at,
       bundle_use.lost
  FROM bundle_use
  LEFT JOIN bundle ON bundle.space_id = bundle_use.space_id AND bundle.id = bundle_use.bundle_id
 WHERE bundle_use.space_id = $1 AND bundle_use.recipient_id = $2
 LIMIT $3
"""

# A wallet's entries are in the order of its ids, so a moment can be found by halving.
LAST_SEQUENCE = """
SELECT sequence FROM wallet WHERE space_id = $1
"""

ENTRY_ID_FROM = """
SELECT sequence, id
  FROM ledger_entry
 WHERE space_id = $1 AND sequence >= $2
 ORDER BY sequence
 LIMIT 1
"""

READ_ENTRIES = """
SELECT sequence, at, kind, amount_micro, balance_after_micro, recipient_id, note
  FROM (SELECT sequence, id, at, kind, amount_micro, balance_after_micro, message_id,
               recipient_id, note
          FROM ledger_entry
         WHERE space_id = $1 AND sequence >= $2
         ORDER BY sequence
         LIMIT $6) AS looked_at
 WHERE id < $3
   AND (recipient_id = $4 OR (message_id = $5 AND recipient_id IS NULL))
 ORDER BY sequence
"""

READ_ALARMS = """
SELECT connector.name AS connector, alarm.kind, alarm.detail, alarm.raised_at, alarm.cleared_at
  FROM connector_alarm AS alarm
  JOIN connector ON connector.id = alarm.connector_id
 WHERE alarm.connector_id = ANY ($1::int[]) AND alarm.raised_at <= $3
   AND (alarm.cleared_at IS NULL OR alarm.cleared_at >= $2)
 ORDER BY alarm.raised_at
 LIMIT $4
"""

_RECORDING = """
SELECT recording.id, recording.at,
       coalesce(connector.name, 'connector ' || recording.connector_id) AS connector,
       recording.link,
       recording.is_written, recording.octets, recording.octet_count, recording.is_blanked,
       recording.reason, recording.incident, recording.attempt, recording.segment
"""

READ_RECORDINGS = (
    _RECORDING
    + """
  FROM recording
  LEFT JOIN connector ON connector.id = recording.connector_id
 WHERE recording.recipient_id = $2 AND recording.space_id = $1
 ORDER BY recording.id
 LIMIT $3
"""
)

READ_INCIDENTS = (
    _RECORDING
    + """
  FROM recording
  LEFT JOIN connector ON connector.id = recording.connector_id
 WHERE recording.incident = ANY ($1::bytea[]) AND recording.recipient_id IS NULL
 ORDER BY recording.id
 LIMIT $2
"""
)

# What happened to the links of these connectors meanwhile.
READ_LINK_INCIDENTS = (
    _RECORDING
    + """
  FROM recording
  LEFT JOIN connector ON connector.id = recording.connector_id
 WHERE recording.connector_id = ANY ($1::int[]) AND recording.id >= $2 AND recording.id < $3
   AND recording.reason IN ('link_lost', 'bind_refused', 'unreadable')
 ORDER BY recording.id
 LIMIT $4
"""
)

# The recipients with a number, newest first, among the newest $4 of each space.
FIND_NUMBER = """
SELECT account.email, space.environment::text AS environment, found.space_id, found.id,
       found.message_id, message.service, message.sender, message.created_at,
       found.state, found.connector_id, found.updated_at, found.detail
  FROM space
  JOIN account ON account.id = space.account_id
 CROSS JOIN LATERAL (
       SELECT space_id, id, message_id, state::text AS state, connector_id, updated_at, detail
         FROM (SELECT space_id, id, message_id, number, state, connector_id, updated_at, detail
                 FROM recipient
                WHERE recipient.space_id = space.id AND recipient.id >= $2
                ORDER BY recipient.id DESC
                LIMIT $4) AS looked_at
        WHERE number = $1
        ORDER BY id DESC
        LIMIT $3) AS found
 CROSS JOIN LATERAL (
       SELECT service, sender, created_at
         FROM message
        WHERE message.space_id = found.space_id AND message.id = found.message_id
       OFFSET 0) AS message
 WHERE ($5::text IS NULL OR account.email = $5)
 ORDER BY found.id DESC
 LIMIT $3
"""
