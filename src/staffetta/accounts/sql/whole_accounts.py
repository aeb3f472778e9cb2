"""Every statement that shows, renames, closes and reopens an account as a whole."""

FIND_ACCOUNT = """
SELECT id, email, currency, created_at, closed_at FROM account WHERE email = $1
"""

# $1: part of the address, empty for all. $2: closed ones too.
LIST_ACCOUNTS = """
SELECT account.id, account.email, account.currency, account.created_at, account.closed_at,
       (SELECT count(*) FROM person WHERE person.account_id = account.id) AS people_count,
       (SELECT count(*)
          FROM token
          JOIN space ON space.id = token.space_id
         WHERE space.account_id = account.id
           AND token.revoked_at IS NULL
           AND token.expire_at > $3) AS token_count,
       ARRAY(SELECT space.environment::text
               FROM space
              WHERE space.account_id = account.id
                AND space.blocklisted_at IS NOT NULL
              ORDER BY space.environment) AS blocked_in
  FROM account
 WHERE strpos(account.email, $1) > 0
   AND ($2 OR account.closed_at IS NULL)
 ORDER BY account.email
OFFSET $4
 LIMIT $5
"""

FIND_ACCOUNT_BY_ID = """
SELECT id, email, currency, created_at, closed_at FROM account WHERE id = $1
"""

READ_SPACES = """
SELECT space.id, space.environment::text AS environment, space.blocklisted_at,
       space.blocklisted_reason, space.settings,
       (SELECT count(*)
          FROM token
         WHERE token.space_id = space.id
           AND token.revoked_at IS NULL
           AND token.expire_at > $2) AS token_count,
       (SELECT count(*)
          FROM api_key
         WHERE api_key.space_id = space.id
           AND api_key.revoked_at IS NULL
           AND (api_key.expire_at IS NULL OR api_key.expire_at > $2)) AS api_key_count
  FROM space
 WHERE space.account_id = $1
 ORDER BY space.environment
"""

LOCK_ACCOUNT = """
SELECT id, email, currency, created_at, closed_at FROM account WHERE email = $1 FOR NO KEY UPDATE
"""

ADDRESS_TAKEN = """
SELECT EXISTS (SELECT FROM account WHERE email = $1)
"""

RENAME_ACCOUNT = """
UPDATE account SET email = $2 WHERE id = $1
"""

SET_CLOSED = """
UPDATE account SET closed_at = $2 WHERE id = $1
"""

# What a grant tells has changed in a row that processes do not poll: the trigger notes it in the
# spaces, which they do.
TOUCH_SPACES = """
UPDATE space SET updated_at = updated_at WHERE account_id = $1
"""
