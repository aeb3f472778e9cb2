"""Every statement that makes, lists, changes and ends tokens.

Live is a token that is neither revoked nor expired. `updated_at` is set by the database itself.
"""

INSERT_TOKEN = """
INSERT INTO token (hash, space_id, name, scopes, sealed, hint, limits, refresh_hash, refresh_sealed,
                   created_at, expire_at, lifetime_seconds, use_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""  # noqa: S105 (a statement, no secret)

# As far as it matters whether there are too many.
COUNT_LIVE_TOKENS = """
SELECT count(*)
  FROM (SELECT FROM token
         WHERE space_id = $1 AND revoked_at IS NULL AND expire_at > $2
         LIMIT $3) AS live
"""

# A filter of scopes gives the tokens that hold all of them.
LIST_TOKENS = """
SELECT hash, name, scopes, sealed, hint, limits, refresh_sealed, created_at, updated_at, expire_at
  FROM token
 WHERE space_id = $1
   AND revoked_at IS NULL
   AND expire_at > $2
   AND scopes @> $3::text[]
 ORDER BY created_at DESC, hash
 LIMIT $4
OFFSET $5
"""

FIND_TOKEN = """
SELECT hash, name, scopes, sealed, hint, limits, refresh_sealed, created_at, updated_at, expire_at
  FROM token
 WHERE hash = $1
   AND space_id = $2
   AND revoked_at IS NULL
   AND expire_at > $3
"""  # noqa: S105 (a statement, no secret)

# What is null stays as it is.
CHANGE_TOKEN = """
UPDATE token
   SET scopes = coalesce($4::text[], scopes),
       expire_at = coalesce($5::timestamptz, expire_at),
       name = coalesce($6::text, name),
       limits = coalesce($7::jsonb, limits),
       lifetime_seconds = coalesce($8::integer, lifetime_seconds)
 WHERE hash = $1
   AND space_id = $2
   AND revoked_at IS NULL
   AND expire_at > $3
RETURNING hash, name, scopes, sealed, hint, limits, refresh_sealed, created_at, updated_at,
          expire_at
"""  # noqa: S105 (a statement, no secret)

# Only a live token of this space, and only once: the row says whether it was there.
REVOKE_TOKEN = """
UPDATE token
   SET revoked_at = $3
 WHERE hash = $1
   AND space_id = $2
   AND revoked_at IS NULL
   AND expire_at > $3
RETURNING hash
"""  # noqa: S105 (a statement, no secret)

# Whose a refresh token is. A token renews itself for a while after it has expired: clients come
# when they are refused.
FIND_REFRESH_TOKEN = """
SELECT space.id AS space_id, account.id AS account_id, account.email, account.currency
  FROM token
  JOIN space ON space.id = token.space_id
  JOIN account ON account.id = space.account_id
 WHERE token.refresh_hash = $1
   AND space.environment = $2
   AND account.closed_at IS NULL
   AND token.revoked_at IS NULL
   AND greatest(token.expire_at, token.created_at + $4::interval) > $3
"""  # noqa: S105 (a statement, no secret)

# The one who sets revoked_at is the one who may make the next token: two at once, one row.
USE_REFRESH_TOKEN = """
UPDATE token
   SET revoked_at = $3
 WHERE refresh_hash = $1
   AND space_id = $2
   AND revoked_at IS NULL
   AND greatest(expire_at, created_at + $4::interval) > $3
   AND ($5::bytea IS NULL OR hash = $5)
RETURNING name, scopes, limits, created_at, expire_at, lifetime_seconds,
          coalesce(use_hash, hash) AS use_hash
"""  # noqa: S105 (a statement, no secret)

FORGET_TOKENS = """
DELETE FROM token
 WHERE hash IN (SELECT hash
                  FROM token
                 WHERE revoked_at < $1
                    OR (expire_at < $1 AND created_at < $2)
                 LIMIT $3
                   FOR UPDATE SKIP LOCKED)
RETURNING coalesce(use_hash, hash) AS use_hash
"""

# Unless a token that was renewed goes on with it.
FORGET_USE = """
DELETE FROM token_use
 WHERE use_hash = ANY($1::bytea[])
   AND NOT EXISTS (SELECT FROM token WHERE token.hash = token_use.use_hash)
   AND NOT EXISTS (SELECT FROM token WHERE token.use_hash = token_use.use_hash)
"""
