"""Statements of v1's messages."""

# How far each connector's queue has come, as far as this space is concerned.
READ_TURNS = """
SELECT connector.id, greatest(queue_turn.turn, queue_clock.turn, 0::bigint) AS turn
  FROM connector
  LEFT JOIN queue_turn ON queue_turn.connector_id = connector.id AND queue_turn.space_id = $1
  LEFT JOIN queue_clock ON queue_clock.connector_id = connector.id
"""

MOVE_TURNS = """
INSERT INTO queue_turn (space_id, connector_id, turn)
SELECT $1, connector_id, turn
  FROM unnest($2::int[], $3::bigint[]) AS new (connector_id, turn)
 ORDER BY connector_id
    ON CONFLICT (space_id, connector_id) DO UPDATE
   SET turn = greatest(queue_turn.turn, excluded.turn)
"""

INSERT_MESSAGE = """
INSERT INTO message (space_id, id, service, class, priority, sender, body, encoding,
                     characters_count, segment_count, reference, flash, options, callback,
                     created_at, due_at)
VALUES ($1, $2, 'v1', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""

INSERT_STATE = """
INSERT INTO v1_message (space_id, id, is_open, is_test, due_at, factor, recipient_count,
                        segment_total, base_micro, price_micro, invalid_total, invalid,
                        first_answer, updated_at, discard_at, charged_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""

READ_FIRST_ANSWER = """
SELECT message.id, message.sender, message.body, message.priority, message.options,
       message.created_at, v1_message.is_test, v1_message.invalid, v1_message.first_answer
  FROM message
  JOIN v1_message USING (space_id, id)
 WHERE message.space_id = $1 AND message.id = $2
"""

# What this message has, and what nobody has to look at any more.
FREE_REALTIME = """
DELETE FROM v1_realtime WHERE space_id = $1 AND (message_id = $2 OR due_at <= $3)
"""

# No row: another message of the account is queued within the minute.
TAKE_REALTIME = """
INSERT INTO v1_realtime (space_id, message_id, due_at)
SELECT $1, $2, $3::timestamptz
 WHERE NOT EXISTS (SELECT FROM v1_realtime
                    WHERE space_id = $1 AND due_at > $3::timestamptz - $4::interval
                      AND due_at < $3::timestamptz + $4::interval)
RETURNING space_id
"""

EXISTS = """
SELECT EXISTS (SELECT FROM v1_message WHERE space_id = $1 AND id = $2)
"""

# Whoever holds this lock may change the message, or add to it.
LOCK_STATE = """
SELECT v1_message.is_open, v1_message.is_test, v1_message.due_at, v1_message.factor,
       v1_message.recipient_count, v1_message.cancelled_at,
       jsonb_array_length(v1_message.invalid) AS invalid_listed,
       v1_message.invalid ->> 0 AS first_invalid,
       message.sender, message.body, message.class, message.priority, message.callback
  FROM v1_message
  JOIN message USING (space_id, id)
 WHERE v1_message.space_id = $1 AND v1_message.id = $2
   FOR UPDATE OF v1_message
"""

# Which of these numbers the message has.
FIND_TAKEN = """
SELECT recipient.number
  FROM recipient
 WHERE recipient.space_id = $1 AND recipient.message_id = $2
   AND recipient.id <> recipient.message_id
   AND recipient.number = ANY($3::text[])
"""

ADD_TO_STATE = """
UPDATE v1_message
   SET recipient_count = recipient_count + $3, segment_total = segment_total + $4,
       base_micro = base_micro + $5, price_micro = price_micro + $6,
       invalid_total = invalid_total + $7, invalid = invalid || $8::jsonb, updated_at = $9
 WHERE space_id = $1 AND id = $2
"""

# What changes recipients takes a range of positions: no statement may take as long as there are
# recipients.
#
# Every recipient that waits gets its price, its time, and its place behind those before it.
CLOSE_RECIPIENTS = """
WITH waiting AS (
    SELECT id, connector_id,
           sum(segment_count) OVER (PARTITION BY connector_id ORDER BY position) AS turn_offset
      FROM recipient
     WHERE space_id = $1 AND message_id = $2 AND id <> message_id AND state = 'scheduled'
       AND position >= $3 AND position < $4
), closed AS (
    UPDATE recipient
       SET state = $5::recipient_state, due_at = $6, expires_at = $7, updated_at = $8,
           charged_micro = div(recipient.segment_count::numeric * recipient.price_micro * $9
                               * $10 + 500000, 1000000)::bigint,
           turn = coalesce(place.turn, 0) + waiting.turn_offset,
           sent_at = $11, delivered_at = $11
      FROM waiting
      LEFT JOIN unnest($12::int[], $13::bigint[]) AS place (connector_id, turn)
             ON place.connector_id = waiting.connector_id
     WHERE recipient.space_id = $1 AND recipient.id = waiting.id
 RETURNING recipient.connector_id, recipient.charged_micro, recipient.turn,
           recipient.segment_count * recipient.price_micro AS base_micro
)
SELECT connector_id, sum(base_micro)::bigint AS base_micro,
       sum(charged_micro)::bigint AS charged_micro, max(turn) AS turn
  FROM closed
 GROUP BY connector_id
"""

READ_REFUSALS = """
SELECT DISTINCT refused_as
  FROM recipient
 WHERE space_id = $1 AND message_id = $2 AND id <> message_id AND refused_as IS NOT NULL
"""

# What its recipients cost in fact takes the place of the estimate.
CLOSE_STATE = """
UPDATE v1_message
   SET is_open = false, discard_at = NULL, due_at = $3, base_micro = $4, price_micro = $5,
       updated_at = $6, charged_at = $6
 WHERE space_id = $1 AND id = $2
"""

SET_DUE_OF_STATE = """
UPDATE v1_message SET due_at = $3, updated_at = $4 WHERE space_id = $1 AND id = $2
"""

SET_DUE_OF_MESSAGE = """
UPDATE message SET due_at = $3, options = options || $4::jsonb WHERE space_id = $1 AND id = $2
"""

MOVE_RECIPIENTS = """
UPDATE recipient
   SET due_at = $5, expires_at = $6, updated_at = $7
 WHERE space_id = $1 AND message_id = $2 AND id <> message_id
   AND position >= $3 AND position < $4
   AND state = 'scheduled' AND attempt = 0
"""

CANCEL_RECIPIENTS = """
UPDATE recipient
   SET state = 'cancelled', updated_at = $5
 WHERE space_id = $1 AND message_id = $2 AND id <> message_id
   AND position >= $3 AND position < $4
   AND state = 'scheduled' AND attempt = 0
"""

# Recipients that wait for nothing any more: the message's time has come. What acceptance refused
# never did.
IS_UNDER_WAY = """
SELECT EXISTS (
       SELECT
         FROM recipient
        WHERE space_id = $1 AND message_id = $2 AND id <> message_id
          AND refused_as IS NULL
          AND (state IN ('queued', 'submitting', 'submitted', 'uncertain', 'delivered',
                         'undeliverable', 'expired') OR attempt > 0))
"""

CANCEL_STATE = """
UPDATE v1_message
   SET is_open = false, discard_at = NULL, cancelled_at = $3, updated_at = $3
 WHERE space_id = $1 AND id = $2
"""

FIND_DISCARDABLE = """
SELECT space_id, id
  FROM v1_message
 WHERE is_open AND discard_at <= $1
 ORDER BY discard_at
 LIMIT $2
"""

# No row: somebody changes it now, or has closed it.
LOCK_DISCARDABLE = """
SELECT recipient_count
  FROM v1_message
 WHERE space_id = $1 AND id = $2 AND is_open AND discard_at <= $3
   FOR UPDATE SKIP LOCKED
"""

# For this transaction alone: whoever waits for a message's lock holds a connection.
LIMIT_LOCK_WAIT = """
SELECT set_config('lock_timeout', $1, true)
"""

# Of messages whose recipients cost something before they were sent.
READ_CHARGED_AT = """
SELECT v1_message.id, v1_message.charged_at
  FROM unnest($1::int[], $2::bytea[]) AS asked (space_id, id)
  JOIN v1_message USING (space_id, id)
"""

# Reading. The sums are taken from the recipients themselves, so they always agree with them.
MESSAGE_COLUMNS = """
SELECT message.id, message.sender, message.body, message.priority, message.options,
       message.created_at, v1_message.is_open, v1_message.is_test, v1_message.recipient_count,
       v1_message.segment_total, v1_message.base_micro, v1_message.price_micro,
       v1_message.invalid_total, v1_message.invalid, v1_message.updated_at,
       v1_message.cancelled_at
"""
_COUNTED = """
 CROSS JOIN LATERAL (
       SELECT jsonb_object_agg(state, of_state) AS states, max(changed_at) AS changed_at
         FROM (SELECT recipient.state::text AS state, count(*) AS of_state,
                      max(recipient.updated_at) AS changed_at
                 FROM recipient
                WHERE recipient.space_id = message.space_id
                  AND recipient.message_id = message.id AND recipient.id <> recipient.message_id
                GROUP BY recipient.state) AS by_state) AS counted
"""

GET = (
    MESSAGE_COLUMNS
    + """     , counted.states, counted.changed_at
  FROM message
  JOIN v1_message USING (space_id, id)
"""
    + _COUNTED
    + """
 WHERE message.space_id = $1 AND message.id = $2 AND message.service = 'v1'
"""
)

COUNT_SOME = (
    """
SELECT message.space_id, message.id, counted.states, counted.changed_at
  FROM unnest($1::int[], $2::bytea[]) AS message (space_id, id)
"""
    + _COUNTED
)

SIZE = """
SELECT recipient_count FROM v1_message WHERE space_id = $1 AND id = $2
"""

READ_SHARED = """
SELECT message.body, message.priority, v1_message.factor, v1_message.is_test,
       v1_message.recipient_count, account.currency
  FROM message
  JOIN v1_message USING (space_id, id)
  JOIN space ON space.id = message.space_id
  JOIN account ON account.id = space.account_id
 WHERE message.space_id = $1 AND message.id = $2
"""

LIST = """
SELECT message.id, message.sender, message.created_at
  FROM message
 WHERE message.space_id = $1 AND message.service = 'v1'
 ORDER BY message.id DESC
OFFSET $2 LIMIT $3
"""

_RECIPIENTS = """
SELECT recipient.id, recipient.position, recipient.number, recipient.calling_code,
       recipient.state::text AS state, recipient.segment_count, recipient.price_micro,
       recipient.charged_micro, recipient.fields, recipient.refused_as, recipient.command_status,
       recipient.sent_at, recipient.delivered_at, recipient.updated_at,
       said.report_state, said.report_error, said.report_reason, said.done_at
  FROM recipient
  LEFT JOIN LATERAL (
       SELECT report_state, report_error, report_reason, done_at
         FROM submission
        WHERE submission.space_id = recipient.space_id
          AND submission.recipient_id = recipient.id
        ORDER BY (report_event IS NULL), (report_event = 'report_delivered'),
                 submission.attempt DESC, submission.segment DESC
        LIMIT 1) AS said ON true
"""

# Positions have no gaps, so a page begins where it says: what lies before it is not looked at.
LIST_RECIPIENTS = (
    _RECIPIENTS
    + """
 WHERE recipient.space_id = $1 AND recipient.message_id = $2
   AND recipient.id <> recipient.message_id AND recipient.position >= $3
 ORDER BY recipient.position
 LIMIT $4
"""
)

FIND_RECIPIENT = (
    _RECIPIENTS
    + """
 WHERE recipient.space_id = $1 AND recipient.message_id = $2
   AND recipient.id <> recipient.message_id
   AND recipient.number = $3
"""
)

READ_SOME_RECIPIENTS = (
    _RECIPIENTS
    + """
 WHERE recipient.space_id = $1 AND recipient.id = ANY($2::bytea[])
 ORDER BY recipient.position
"""
)
