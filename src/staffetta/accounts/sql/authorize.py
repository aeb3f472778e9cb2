"""What every process asks, to know who may do what: grants, what changed, requests counted.

`updated_at` of a token and of a space is set by the database itself, with its own clock: every
process polls it to keep its cache true, and the clocks of machines differ.
"""

READ_GRANT = """
SELECT token.space_id, space.account_id, account.email, space.environment::text AS environment,
       account.currency, coalesce(token.use_hash, token.hash) AS use_hash,
       token.scopes, token.expire_at, token.limits, space.settings,
       space.blocklisted_at IS NOT NULL AS blocklisted,
       token.updated_at AS token_updated_at, space.updated_at AS space_updated_at
  FROM token
  JOIN space ON space.id = token.space_id
  JOIN account ON account.id = space.account_id
 WHERE token.hash = $1
   AND token.revoked_at IS NULL
   AND account.closed_at IS NULL
"""

# Everything touched since a moment before now, by the database's clock. The overlap with the polls
# before covers transactions that committed a while after they wrote.
CHANGED_TOKENS = """
SELECT hash, updated_at
  FROM token
 WHERE updated_at > clock_timestamp() - $1::interval
 LIMIT $2
"""

CHANGED_SPACES = """
SELECT id AS space_id, updated_at
  FROM space
 WHERE updated_at > clock_timestamp() - $1::interval
 LIMIT $2
"""

# The requests that tokens make. What is lent may pass the limit once, by less than one block: the
# borrower takes no more than was left. No row where nothing is left.
BORROW_REQUESTS = """
INSERT INTO token_rate AS kept (token_hash, minute, taken)
VALUES ($1, $2, $3)
ON CONFLICT (token_hash, minute) DO UPDATE SET taken = kept.taken + excluded.taken
 WHERE kept.taken < $4
RETURNING taken
"""

FORGET_REQUESTS = """
DELETE FROM token_rate
 WHERE (token_hash, minute) IN (SELECT token_hash, minute
                                  FROM token_rate
                                 WHERE minute < $1
                                 LIMIT $2
                                   FOR UPDATE SKIP LOCKED)
"""
