"""Statements that read messages back.

A list first finds the ids of its page, then looks each of them up. The look-ups are LATERAL with
OFFSET 0, which keeps the planner from joining whole tables when it does not know how long a page
is. A list walks ids from the newest down and looks at $4 messages at most.
"""

_COLUMNS = """
SELECT message.id, message.market, recipient.state::text AS state, message.dry_run,
       message.sender, recipient.number, recipient.calling_code, recipient.country,
       message.body, message.encoding, message.characters_count, message.segment_count,
       recipient.price_micro, recipient.charged_micro, message.options, message.callback,
       message.blocklisted_reason, recipient.possibly_duplicate, message.created_at,
       recipient.updated_at, recipient.sent_at, recipient.delivered_at,
       message.due_at
"""

GET_MESSAGE = (
    _COLUMNS
    + """
  FROM message
  JOIN recipient ON recipient.space_id = message.space_id AND recipient.id = message.id
 WHERE message.space_id = $1 AND message.id = $2 AND message.service = 'v2'
   AND (NOT message.dry_run OR message.created_at > $3)
"""
)

# What a 201 showed is not kept: it follows from what never changes. Found however old it is.
GET_AS_ACCEPTED = (
    _COLUMNS
    + """     , recipient.bundle_segment_count
  FROM message
  JOIN recipient ON recipient.space_id = message.space_id AND recipient.id = message.id
 WHERE message.space_id = $1 AND message.id = $2 AND message.service = 'v2'
"""
)

_LOOK_UP = """
 CROSS JOIN LATERAL (
       SELECT message.id, market, dry_run, sender, body, encoding, characters_count, segment_count,
              options, callback, blocklisted_reason, created_at, due_at
         FROM message
        WHERE message.space_id = $1 AND message.id = page.id
       OFFSET 0) AS message
 CROSS JOIN LATERAL (
       SELECT state, number, calling_code, country, price_micro, charged_micro,
              possibly_duplicate, updated_at, sent_at, delivered_at
         FROM recipient
        WHERE recipient.space_id = $1 AND recipient.id = page.id
       OFFSET 0) AS recipient
 ORDER BY page.id DESC
"""

LIST_MESSAGES = (
    _COLUMNS  # noqa: S608 (constants alone)
    + """
  FROM (SELECT id
          FROM (SELECT id, service, dry_run, created_at
                  FROM message
                 WHERE space_id = $1 AND id >= $2 AND id < $3
                 ORDER BY id DESC
                 LIMIT $4) AS looked_at
         WHERE service = 'v2' AND NOT dry_run AND created_at >= $5 AND created_at < $6
         ORDER BY id DESC
        OFFSET $7 LIMIT $8) AS page
"""
    + _LOOK_UP
)

# By number ($9) or state ($10 for messages sent once, $11 for those perhaps sent twice). A v2
# message's one recipient has the message's own id. No index serves this: see
# docs/reference/lists.md for what one would cost.
SEARCH_MESSAGES = (
    _COLUMNS  # noqa: S608 (constants alone)
    + """
  FROM (SELECT looked_at.id
          FROM (SELECT id, message_id, number, state, possibly_duplicate
                  FROM recipient
                 WHERE space_id = $1 AND id >= $2 AND id < $3
                 ORDER BY id DESC
                 LIMIT $4) AS looked_at
         CROSS JOIN LATERAL (
               SELECT service, dry_run, created_at
                 FROM message
                WHERE message.space_id = $1 AND message.id = looked_at.id
               OFFSET 0) AS asked
         WHERE looked_at.id = looked_at.message_id
           AND ($9::text IS NULL OR looked_at.number = $9)
           AND ($10::text[] IS NULL
                OR looked_at.state::text
                   = ANY (CASE WHEN looked_at.possibly_duplicate THEN $11::text[] ELSE $10 END))
           AND asked.service = 'v2' AND NOT asked.dry_run
           AND asked.created_at >= $5 AND asked.created_at < $6
         ORDER BY looked_at.id DESC
        OFFSET $7 LIMIT $8) AS page
"""
    + _LOOK_UP
)

# How far a list came that looked at $4 messages; no row when there were not so many.
LISTED_TO = """
SELECT id
  FROM message
 WHERE space_id = $1 AND id >= $2 AND id < $3
 ORDER BY id DESC
OFFSET $4 - 1 LIMIT 1
"""

SEARCHED_TO = """
SELECT id
  FROM recipient
 WHERE space_id = $1 AND id >= $2 AND id < $3
 ORDER BY id DESC
OFFSET $4 - 1 LIMIT 1
"""
