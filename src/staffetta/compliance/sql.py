"""Every statement about forbidden words and blocks."""

READ_WORDS_VERSION = """
SELECT words_version FROM configuration
"""

READ_WORDS = """
SELECT kind, text, country FROM forbidden_word
"""

# Blocks ------------------------------------------------------------------------------------------

# As acceptance does before it looks whether a space is blocked.
LOCK_WALLET = """
SELECT space_id FROM wallet WHERE space_id = $1 FOR UPDATE
"""

# A block that stands is left as it is: no row then.
BLOCK_SPACE = """
WITH blocked AS (
    UPDATE space SET blocklisted_at = $4, blocklisted_reason = $2
     WHERE id = $1 AND blocklisted_at IS NULL
    RETURNING id
)
INSERT INTO blocklisting (space_id, reason, message_id, imposed_at)
SELECT id, $2, $3, $4 FROM blocked
RETURNING id
"""

UNBLOCK_SPACE = """
WITH unblocked AS (
    UPDATE space SET blocklisted_at = NULL, blocklisted_reason = NULL
     WHERE id = $1 AND blocklisted_at IS NOT NULL
    RETURNING id
), lifted AS (
    UPDATE blocklisting SET lifted_at = $3, lifted_reason = $2
     WHERE space_id = $1 AND lifted_at IS NULL
)
SELECT id FROM unblocked
"""

LIST_BLOCKED = """
SELECT account.email, space.environment::text AS environment, space.id AS space_id,
       blocklisting.reason, blocklisting.message_id, blocklisting.imposed_at,
       blocklisting.lifted_at, blocklisting.lifted_reason
  FROM blocklisting
  JOIN space ON space.id = blocklisting.space_id
  JOIN account ON account.id = space.account_id
 WHERE blocklisting.lifted_at IS NULL
 ORDER BY blocklisting.id DESC
 LIMIT $1
"""

READ_BLOCK_HISTORY = """
SELECT account.email, space.environment::text AS environment, space.id AS space_id,
       blocklisting.reason, blocklisting.message_id, blocklisting.imposed_at,
       blocklisting.lifted_at, blocklisting.lifted_reason
  FROM blocklisting
  JOIN space ON space.id = blocklisting.space_id
  JOIN account ON account.id = space.account_id
 WHERE account.email = $1
 ORDER BY blocklisting.id DESC
 LIMIT $2
"""
