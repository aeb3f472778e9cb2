"""Every statement about API keys."""

# By its hash alone: who it belongs to is compared outside, and says nothing about which part was
# wrong.
FIND_HOLDER = """
SELECT api_key.id AS api_key_id, api_key.last_used_at, space.id AS space_id,
       account.id AS account_id, account.email, account.currency
  FROM api_key
  JOIN space ON space.id = api_key.space_id
  JOIN account ON account.id = space.account_id
 WHERE api_key.hash = $1
   AND space.environment = $2
   AND api_key.revoked_at IS NULL
   AND (api_key.expire_at IS NULL OR api_key.expire_at > $3)
   AND account.closed_at IS NULL
"""

# Nothing is written where somebody noted a use a moment ago.
NOTE_USE = """
UPDATE api_key
   SET last_used_at = $2
 WHERE id = $1
   AND (last_used_at IS NULL OR last_used_at <= $3)
RETURNING id
"""

# Two rotations at once: the second counts the keys of the first.
LOCK_SPACE = """
SELECT id FROM space WHERE id = $1 FOR NO KEY UPDATE
"""

LIST_API_KEYS = """
SELECT id, hint, created_at, expire_at, revoked_at, last_used_at
  FROM api_key
 WHERE space_id = $1
 ORDER BY id DESC
 LIMIT $2
"""

LIVE_API_KEYS = """
SELECT id, hint, created_at, expire_at, revoked_at, last_used_at
  FROM api_key
 WHERE space_id = $1
   AND revoked_at IS NULL
   AND (expire_at IS NULL OR expire_at > $2)
 ORDER BY id
"""

INSERT_API_KEY = """
INSERT INTO api_key (space_id, hash, hint, created_at)
VALUES ($1, $2, $3, $4)
RETURNING id
"""

# A key that ends earlier anyway keeps its end.
END_API_KEYS = """
UPDATE api_key
   SET expire_at = least(expire_at, $2)
 WHERE id = ANY($1::integer[])
"""

REVOKE_API_KEY = """
UPDATE api_key
   SET revoked_at = $2
 WHERE id = $1
   AND revoked_at IS NULL
"""
