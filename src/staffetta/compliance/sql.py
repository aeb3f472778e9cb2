"""Every statement about forbidden words and blocks."""

READ_WORDS_VERSION = """
SELECT words_version FROM configuration
"""

READ_WORDS = """
SELECT kind, text, country FROM forbidden_word
"""

# The list itself, for operators -------------------------------------------------------------------

# Whoever changes the list moves its number in the end; taken first, editors wait for each other and
# never in a ring.
LOCK_WORDS = """
SELECT words_version FROM configuration FOR UPDATE
"""

COUNT_WORDS = """
SELECT count(*) AS entry_count,
       coalesce(array_agg(text) FILTER (WHERE kind = 'pattern'), '{}') AS patterns
  FROM forbidden_word
"""

# An entry that is there already gives no row.
ADD_WORDS = """
INSERT INTO forbidden_word (kind, text, country, note, created_at)
SELECT kind, text, country, note, $5
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY
       AS new (kind, text, country, note, position)
 ORDER BY position
    ON CONFLICT (kind, text, country) DO NOTHING
RETURNING id
"""

REMOVE_WORDS = """
DELETE FROM forbidden_word WHERE id = ANY($1::int[])
RETURNING id, text
"""

KEEP_ONLY_WORDS = """
DELETE FROM forbidden_word
 WHERE NOT EXISTS (SELECT FROM unnest($1::text[], $2::text[], $3::text[])
                                  AS kept (kind, text, country)
                    WHERE kept.kind = forbidden_word.kind
                      AND kept.text = forbidden_word.text
                      AND kept.country = forbidden_word.country)
RETURNING id, text
"""

LIST_WORDS = """
SELECT id, kind, text, country, note, created_at, count(*) OVER () AS total
  FROM forbidden_word
 WHERE ($1::text IS NULL OR kind = $1)
   AND ($2::text IS NULL OR country = $2)
   AND strpos(lower(text), lower($3)) > 0
 ORDER BY id
 LIMIT $4
OFFSET $5
"""

FIND_WORD = """
SELECT id, kind, text, country, note, created_at FROM forbidden_word WHERE id = $1
"""

# The list has each entry once.
WORD_IS_THERE = """
SELECT EXISTS (SELECT FROM forbidden_word
                WHERE kind = $2 AND text = $3 AND country = $4 AND id <> $1)
"""

CHANGE_WORD = """
UPDATE forbidden_word SET kind = $2, text = $3, country = $4, note = $5 WHERE id = $1
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
