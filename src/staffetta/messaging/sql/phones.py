"""Statements of what phones received. Each looks at the newest recipients of a space, so many."""

# The newest message of each number among the newest $3 recipients of a space.
LIST_PHONES = """
SELECT newest.number, newest.id, newest.message_count, message.body, message.sealed_code,
       message.id AS message_id, message.flash, recipient.fields,
       recipient.state::text AS state
  FROM (SELECT number, max(id) AS id, count(*) AS message_count
          FROM (SELECT recipient.number, recipient.id, recipient.message_id, recipient.state
                  FROM recipient
                 WHERE recipient.space_id = $1 AND recipient.id >= $2
                 ORDER BY recipient.id DESC
                 LIMIT $3) AS looked_at
         WHERE state <> 'cancelled'  -- where trials rest
            OR EXISTS (SELECT FROM message
                        WHERE message.space_id = $1 AND message.id = looked_at.message_id
                          AND NOT message.dry_run
                       OFFSET 0)
         GROUP BY number
         ORDER BY max(id) DESC
         LIMIT $4) AS newest
 CROSS JOIN LATERAL (
       SELECT message_id, fields, state
         FROM recipient
        WHERE recipient.space_id = $1 AND recipient.id = newest.id
       OFFSET 0) AS recipient
 CROSS JOIN LATERAL (
       SELECT id, body, sealed_code, flash
         FROM message
        WHERE message.space_id = $1 AND message.id = recipient.message_id
       OFFSET 0) AS message
 ORDER BY newest.id DESC
"""

# What was sent to one number ($4), the newest first.
READ_PHONE = """
SELECT page.id, page.message_id, page.state::text AS state, page.segment_count, page.fields,
       page.sent_at, page.delivered_at, page.updated_at,
       message.sender, message.body, message.sealed_code, message.flash
  FROM (SELECT *
          FROM (SELECT id, message_id, number, state, segment_count, fields, sent_at, delivered_at,
                       updated_at
                  FROM recipient
                 WHERE space_id = $1 AND id >= $2
                 ORDER BY id DESC
                 LIMIT $3) AS looked_at
         WHERE number = $4
         ORDER BY id DESC
         LIMIT $5) AS page
 CROSS JOIN LATERAL (
       SELECT sender, body, sealed_code, flash, dry_run
         FROM message
        WHERE message.space_id = $1 AND message.id = page.message_id
       OFFSET 0) AS message
 WHERE NOT message.dry_run
 ORDER BY page.id DESC
"""
