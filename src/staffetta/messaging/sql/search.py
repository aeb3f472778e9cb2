"""Statements of the search that people make: bounded as the lists are (see `read`).

A list first finds the ids of its page among the newest $4 that it looks at, then looks each of them
up. Texts and senders are read in rows that are looked at anyway: no index serves them.
"""

_SHOWN = """
SELECT page.id, page.message_id, message.service, message.sender, message.body,
       message.created_at, message.due_at, message.segment_count, message.flash,
       recipient.number, recipient.state::text AS state, recipient.fields,
       v1_message.recipient_count, v1_message.is_open, v1_message.cancelled_at
"""

# A v2 message's one recipient has the message's own id; v1's messages have none such.
_LOOK_UP = """
 CROSS JOIN LATERAL (
       SELECT service, sender, body, created_at, due_at, segment_count, flash
         FROM message
        WHERE message.space_id = $1 AND message.id = page.message_id
       OFFSET 0) AS message
  LEFT JOIN LATERAL (
       SELECT number, state, fields
         FROM recipient
        WHERE recipient.space_id = $1 AND recipient.id = page.id
       OFFSET 0) AS recipient ON true
  LEFT JOIN LATERAL (
       SELECT recipient_count, is_open, cancelled_at
         FROM v1_message
        WHERE v1_message.space_id = $1 AND v1_message.id = page.message_id
       OFFSET 0) AS v1_message ON true
 ORDER BY page.id DESC
"""

# By sender ($5, in lower case) and text ($6, a pattern).
FIND_MESSAGES = (
    _SHOWN  # noqa: S608 (constants alone)
    + """
  FROM (SELECT id, id AS message_id
          FROM (SELECT id, dry_run, sender, body
                  FROM message
                 WHERE space_id = $1 AND id >= $2 AND id < $3
                 ORDER BY id DESC
                 LIMIT $4) AS looked_at
         WHERE NOT dry_run
           AND ($5::text IS NULL OR lower(sender) = $5)
           AND ($6::text IS NULL OR body ILIKE $6)
         ORDER BY id DESC
         LIMIT $7) AS page
"""
    + _LOOK_UP
)

# By number ($8) and state ($9) too: a row for each recipient, v1's included.
FIND_RECIPIENTS = (
    _SHOWN  # noqa: S608 (constants alone)
    + """
  FROM (SELECT looked_at.id, looked_at.message_id
          FROM (SELECT id, message_id, number, state
                  FROM recipient
                 WHERE space_id = $1 AND id >= $2 AND id < $3
                 ORDER BY id DESC
                 LIMIT $4) AS looked_at
         CROSS JOIN LATERAL (
               SELECT dry_run, sender, body
                 FROM message
                WHERE message.space_id = $1 AND message.id = looked_at.message_id
               OFFSET 0) AS asked
         WHERE ($8::text IS NULL OR looked_at.number = $8)
           AND ($9::text[] IS NULL OR looked_at.state::text = ANY ($9))
           AND NOT asked.dry_run
           AND ($5::text IS NULL OR lower(asked.sender) = $5)
           AND ($6::text IS NULL OR asked.body ILIKE $6)
         ORDER BY looked_at.id DESC
         LIMIT $7) AS page
"""
    + _LOOK_UP
)

# The recipients of a v1 message in some states ($3; null: all), from a place on.
LIST_OF_STATES = """
SELECT id, number, state::text AS state, position, segment_count, charged_micro, updated_at,
       refused_as
  FROM recipient
 WHERE space_id = $1 AND message_id = $2 AND id <> message_id
   AND ($3::text[] IS NULL OR state::text = ANY ($3))
   AND position >= $4
 ORDER BY position
 LIMIT $5
"""
