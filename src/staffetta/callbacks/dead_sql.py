"""Statements about callbacks that were given up, of every account."""

from staffetta.callbacks.history_sql import IS_REPLAYABLE

_DEAD = """
SELECT callback.space_id, callback.id, account.id AS account_id, account.email,
       space.environment::text AS environment, callback.event, callback.host, callback.message_id,
       callback.created_at, callback.settled_at, coalesce(last.number, 0) AS attempt_count,
       last.http_status, coalesce(last.error, '') AS error
  FROM callback
  JOIN space ON space.id = callback.space_id
  JOIN account ON account.id = space.account_id
  LEFT JOIN LATERAL (
       SELECT count(*) OVER ()::int AS number, http_status, error
         FROM callback_attempt
        WHERE callback_attempt.space_id = callback.space_id
          AND callback_attempt.callback_id = callback.id
        ORDER BY attempt DESC
        LIMIT 1) AS last ON true
 WHERE callback.status = 'dead'
"""

# Newest first. $1: a part of the account's address. $2: a part of the host. $3: a part of the
# reason, or the HTTP status. $4, $5: ids, from and before; null leaves a condition out. $7: a host
# that must be asked for.
LIST_DEAD = (
    _DEAD
    + """
   AND ($1 = '' OR strpos(account.email, lower($1)) > 0)
   AND CASE $2 WHEN '' THEN callback.host <> $7 ELSE strpos(callback.host, lower($2)) > 0 END
   AND ($3 = '' OR strpos(lower(last.error), lower($3)) > 0 OR last.http_status::text = $3)
   AND ($4::bytea IS NULL OR callback.id >= $4)
   AND ($5::bytea IS NULL OR callback.id < $5)
 ORDER BY callback.id DESC
 LIMIT $6
"""
)

FIND_DEAD = (
    _DEAD
    + """
   AND callback.space_id = $1
   AND callback.id = $2
"""
)

# Only so many are looked at; one host is left out.
COUNT_DEAD_HOSTS = """
SELECT newest.host, account.email, space.environment::text AS environment,
       count(*) AS dead_count, max(newest.settled_at) AS newest_at
  FROM (SELECT space_id, host, settled_at
          FROM callback
         WHERE status = 'dead' AND host <> $3
         ORDER BY id DESC
         LIMIT $1) AS newest
  JOIN space ON space.id = newest.space_id
  JOIN account ON account.id = space.account_id
 GROUP BY newest.host, account.email, space.environment
 ORDER BY count(*) DESC, newest.host, account.email
 LIMIT $2
"""

# The oldest first, so that a host hears of things in their order; $2 is one account or null.
FIND_DEAD_OF_HOST = (
    """
SELECT callback.space_id, callback.id
  FROM callback
  JOIN space ON space.id = callback.space_id
  JOIN account ON account.id = space.account_id
 WHERE callback.status = 'dead'
   AND callback.host = $1
   AND ($2::text IS NULL OR account.email = $2)
   AND callback.id >= $3
   AND """
    + IS_REPLAYABLE
    + """
 ORDER BY callback.id
 LIMIT $4
"""
)
