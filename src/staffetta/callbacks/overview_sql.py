"""Statements for an account's own look at its callbacks.

Only the newest are looked at: an account may have millions.
"""

from staffetta.callbacks.history_sql import IS_REPLAYABLE

# How a callback stands, for people: what is owed was never tried (waiting) or failed so far
# (failing). A claim counts as a try when it is settled.
_STANDING = """
       CASE WHEN status NOT IN ('owed', 'delivering') THEN status
            WHEN attempt - attempts_before - (status = 'delivering')::int > 0 THEN 'failing'
            ELSE 'waiting' END AS standing"""

LIST_HOSTS = (
    """
SELECT host,
       count(*) FILTER (WHERE standing = 'delivered')::int AS delivered_count,
       count(*) FILTER (WHERE standing = 'waiting')::int AS waiting_count,
       count(*) FILTER (WHERE standing = 'failing')::int AS failing_count,
       count(*) FILTER (WHERE standing = 'dead')::int AS dead_count,
       count(*) FILTER (WHERE standing = 'ended')::int AS ended_count,
       count(*) FILTER (WHERE standing = 'superseded')::int AS superseded_count,
       min(due_at) FILTER (WHERE status = 'owed') AS due_at
  FROM (SELECT id, host, status, due_at, """  # noqa: S608 (constants alone)
    + _STANDING
    + """
          FROM callback
         WHERE space_id = $1
         ORDER BY id DESC
         LIMIT $2) AS newest
 GROUP BY host
 ORDER BY max(encode(id, 'hex')) DESC
 LIMIT $3
"""
)

LIST_LINES = (
    """
SELECT chosen.id, chosen.message_id, chosen.event, chosen.host, chosen.standing, chosen.due_at,
       chosen.created_at, coalesce(last.number, 0) AS attempt_count, last.at AS attempted_at,
       last.http_status, coalesce(last.error, '') AS error
  FROM (SELECT *
          FROM (SELECT space_id, id, message_id, event, host, due_at, created_at, """  # noqa: S608
    + _STANDING
    + """
                  FROM callback
                 WHERE space_id = $1
                   AND ($2::bytea IS NULL OR id < $2)
                   AND ($3::bytea IS NULL OR message_id = $3)
                 ORDER BY id DESC
                 LIMIT $6) AS newest
         WHERE ($4::text IS NULL OR host = $4)
           AND ($5::text IS NULL OR standing = $5)
         ORDER BY id DESC
         LIMIT $7) AS chosen
  LEFT JOIN LATERAL (
       SELECT count(*) OVER ()::int AS number, at, http_status, error
         FROM callback_attempt
        WHERE callback_attempt.space_id = chosen.space_id
          AND callback_attempt.callback_id = chosen.id
        ORDER BY attempt DESC
        LIMIT 1) AS last ON true
 ORDER BY chosen.id DESC
"""
)

# The last one that LIST_LINES looks at, where there are as many as it looks at.
LAST_LOOKED_AT = """
SELECT id
  FROM (SELECT id
          FROM callback
         WHERE space_id = $1
           AND ($2::bytea IS NULL OR id < $2)
           AND ($3::bytea IS NULL OR message_id = $3)
         ORDER BY id DESC
         LIMIT $4) AS newest
OFFSET $4 - 1
"""

# The oldest first: a URL hears of things in their order, and the next round goes on where this one
# ends. No more than ids: an account may have given up a million.
FIND_REPLAYABLE = (
    """
SELECT id
  FROM callback
 WHERE space_id = $1
   AND id >= $2
   AND ($3::bytea IS NULL OR id > $3)
   AND status = ANY ($4::text[])
   AND ($5::text IS NULL OR host = $5)
   AND ($6::bytea IS NULL OR message_id = $6)
   AND """
    + IS_REPLAYABLE
    + """
 ORDER BY id
 LIMIT $7
"""
)

# What waits for its next try is due at once; what is under way is left as it is.
HURRY_HOST = """
UPDATE callback
   SET due_at = $3
 WHERE space_id = $1
   AND status = 'owed'
   AND id = ANY (ARRAY(SELECT id
                         FROM callback
                        WHERE space_id = $1 AND host = $2 AND status = 'owed' AND due_at > $3
                        ORDER BY due_at
                        LIMIT $4))
"""

HURRY_ONE = """
UPDATE callback
   SET due_at = $3
 WHERE space_id = $1 AND id = $2 AND status = 'owed' AND due_at > $3
RETURNING host
"""
