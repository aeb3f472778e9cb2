"""Every statement that makes, lists, changes and ends tokens."""

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
