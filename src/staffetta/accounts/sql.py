"""Every statement about accounts, spaces, API keys and tokens.

`updated_at` of a token and of a space is set by the database itself, with its own clock: every
process polls it to keep its cache true, and the clocks of machines differ.
"""

# An address that is taken gives no row.
INSERT_ACCOUNT = """
INSERT INTO account (email, currency, created_at)
VALUES ($1, $2, $3)
ON CONFLICT (email) DO NOTHING
RETURNING id
"""

INSERT_SPACE = """
INSERT INTO space (account_id, environment, created_at)
VALUES ($1, $2, $3)
RETURNING id
"""

INSERT_WALLET = """
INSERT INTO wallet (space_id, updated_at)
VALUES ($1, $2)
"""

INSERT_API_KEY = """
INSERT INTO api_key (space_id, hash, hint, created_at)
VALUES ($1, $2, $3, $4)
"""

INSERT_TOKEN = """
INSERT INTO token (hash, space_id, name, scopes, sealed, hint, created_at, expire_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""  # noqa: S105 (a statement, no secret)

# Only a token of this space, and only once: the count says whether it was there.
REVOKE_TOKEN = """
UPDATE token
   SET revoked_at = $3
 WHERE hash = $1
   AND space_id = $2
   AND revoked_at IS NULL
RETURNING hash
"""  # noqa: S105 (a statement, no secret)

FIND_SPACE = """
SELECT space.id AS space_id, account.id AS account_id, account.email, account.currency
  FROM account
  JOIN space ON space.account_id = account.id
 WHERE account.email = $1
   AND space.environment = $2
"""

READ_SETTINGS = """
SELECT settings FROM space WHERE id = $1
"""

# Two changes at once: the second sees what the first stored.
LOCK_SETTINGS = """
SELECT settings FROM space WHERE id = $1 FOR NO KEY UPDATE
"""

WRITE_SETTINGS = """
UPDATE space SET settings = $2 WHERE id = $1
"""

READ_GRANT = """
SELECT token.space_id, space.account_id, account.email, space.environment::text AS environment,
       account.currency, token.scopes, token.expire_at, space.settings,
       space.blocklisted_at IS NOT NULL AS blocklisted,
       token.updated_at AS token_updated_at, space.updated_at AS space_updated_at
  FROM token
  JOIN space ON space.id = token.space_id
  JOIN account ON account.id = space.account_id
 WHERE token.hash = $1
   AND token.revoked_at IS NULL
"""

# Everything touched since a moment before now, by the database's clock. The overlap with the poll
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

# Readers go on; only another maker of a first account waits.
LOCK_ACCOUNTS = """
LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE
"""

ANY_ACCOUNT = """
SELECT EXISTS (SELECT FROM account)
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
