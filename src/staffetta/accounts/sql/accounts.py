"""Every statement about making accounts and their spaces, and their settings."""

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

# Readers go on; only another maker of a first account waits.
LOCK_ACCOUNTS = """
LOCK TABLE account IN SHARE ROW EXCLUSIVE MODE
"""

ANY_ACCOUNT = """
SELECT EXISTS (SELECT FROM account)
"""
