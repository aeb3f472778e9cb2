"""Statements of telling: who changed, what is owed of it, and recipients as callbacks tell them."""

from staffetta.messaging.bulk.sql import MESSAGE_COLUMNS

# A note that is there already is locked, and not only left: whoever gathers skips it then, and
# finds it when this change is committed. Otherwise it could be taken away and told before that.
_ONCE_EACH = """
    ON CONFLICT (space_id, message_id, recipient_id) DO UPDATE
   SET recipient_id = v1_change.recipient_id
 WHERE false
"""

NOTE_CHANGES = (
    """
INSERT INTO v1_change (space_id, message_id, recipient_id)
SELECT space_id, message_id, recipient_id
  FROM unnest($1::int[], $2::bytea[], $3::bytea[]) AS new (space_id, message_id, recipient_id)
"""
    + _ONCE_EACH
)

NOTE_ENDS = (
    """
INSERT INTO v1_change (space_id, message_id, recipient_id)
SELECT space_id, message_id, id
  FROM recipient
 WHERE space_id = $1 AND message_id = $2 AND id <> message_id
   AND position >= $3 AND position < $4
   AND updated_at = $5 AND callback_host IS NOT NULL
   AND state IN ('delivered', 'undeliverable', 'rejected', 'expired', 'cancelled')
"""
    + _ONCE_EACH
)

# One process at a time gathers. The statements after this one see what the last one committed.
TRY_GATHERING = """
SELECT pg_try_advisory_xact_lock($1)
"""

# Messages with somebody to tell of, from one on: a loose scan of the key, which reads one row a
# message however many of its recipients changed. Due is one that nothing was owed of since $4,
# unless that waits for its first try still: while a host is down, changes wait here, once each.
FIND_NOTED = """
WITH RECURSIVE noted AS (
    (SELECT space_id, message_id, 1 AS number
       FROM v1_change
      WHERE (space_id, message_id) > ($1::int, $2::bytea)
      ORDER BY space_id, message_id
      LIMIT 1)
    UNION ALL
    SELECT next.space_id, next.message_id, noted.number + 1
      FROM noted
     CROSS JOIN LATERAL (
               SELECT space_id, message_id
                 FROM v1_change
                WHERE (space_id, message_id) > (noted.space_id, noted.message_id)
                ORDER BY space_id, message_id
                LIMIT 1) AS next
     WHERE noted.number < $3::int
)
SELECT noted.space_id, noted.message_id,
       NOT EXISTS (SELECT FROM callback AS earlier
                    WHERE earlier.space_id = noted.space_id
                      AND earlier.message_id = noted.message_id
                      AND (earlier.created_at > $4
                           OR earlier.status = 'delivering'
                           OR earlier.status = 'owed'
                              AND earlier.attempt = earlier.attempts_before)
                   OFFSET 0) AS is_due
  FROM noted
"""

# By the place of the row, and not by its key: statistics of a table that is empty most of the time
# are of no use to the planner.
TAKE_NOTES = """
DELETE FROM v1_change
 WHERE ctid = ANY (ARRAY(
       SELECT next.place
         FROM unnest($1::int[], $2::bytea[]) AS due (space_id, message_id)
        CROSS JOIN LATERAL (
                  SELECT one.ctid AS place
                    FROM v1_change AS one
                   WHERE one.space_id = due.space_id AND one.message_id = due.message_id
                   ORDER BY one.recipient_id
                   LIMIT $3
                     FOR UPDATE SKIP LOCKED) AS next
        LIMIT $4))
RETURNING space_id, message_id, recipient_id
"""

READ_HOSTS = """
SELECT asked.space_id, asked.message_id, recipient.callback_host
  FROM unnest($1::int[], $2::bytea[], $3::bytea[]) AS asked (space_id, message_id, recipient_id)
 CROSS JOIN LATERAL (
       SELECT callback_host
         FROM recipient
        WHERE recipient.space_id = asked.space_id AND recipient.id = asked.recipient_id
       OFFSET 0) AS recipient
 WHERE recipient.callback_host IS NOT NULL
"""

# Each message with what its recipients share, where it calls back to, and whether another callback
# of it will follow.
READ_TOLD = (
    MESSAGE_COLUMNS  # noqa: S608 (constants alone)
    + """,
       message.space_id, message.callback, v1_message.factor, account.currency,
       EXISTS (SELECT FROM v1_change
                WHERE v1_change.space_id = message.space_id
                  AND v1_change.message_id = message.id) AS has_more
  FROM unnest($1::int[], $2::bytea[]) AS asked (space_id, id)
 CROSS JOIN LATERAL (
       SELECT space_id, id, sender, body, priority, options, created_at, callback
         FROM message
        WHERE message.space_id = asked.space_id AND message.id = asked.id
          AND message.service = 'v1'
       OFFSET 0) AS message
  JOIN v1_message ON v1_message.space_id = asked.space_id AND v1_message.id = asked.id
  JOIN space ON space.id = asked.space_id
  JOIN account ON account.id = space.account_id
"""
)
