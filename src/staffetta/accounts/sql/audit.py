"""Every statement about the audit trail: it is appended to and read, never changed."""

INSERT_ENTRY = """
INSERT INTO audit_entry (at, actor, person_id, action, account_id, environment, details)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

# Two forms alike, at once: one waits.
LOCK_FORM = """
SELECT pg_advisory_xact_lock(hashtextextended('staffetta form ' || $1, 0))
"""

FORM_WAS_OBEYED = """
SELECT EXISTS (SELECT FROM audit_entry WHERE account_id = $1 AND details ->> 'form' = $2)
"""

# Newest first; a null asks for all, and so does an empty text. Addresses of accounts are in small
# letters.
LIST_ENTRIES = """
SELECT entry.id, entry.at, entry.actor, entry.person_id, entry.action, account.email,
       entry.environment::text AS environment, entry.details
  FROM audit_entry AS entry
  LEFT JOIN account ON account.id = entry.account_id
 WHERE ($1::integer IS NULL OR entry.account_id = $1)
   AND ($2::text IS NULL OR entry.action = $2 OR starts_with(entry.action, $2 || '.'))
   AND ($3::timestamptz IS NULL OR entry.at >= $3)
   AND ($4::timestamptz IS NULL OR entry.at < $4)
   AND ($5::bigint IS NULL OR entry.id < $5)
   AND ($6 = '' OR strpos(account.email, lower($6)) > 0)
   AND ($7 = '' OR strpos(lower(entry.actor), lower($7)) > 0)
 ORDER BY entry.id DESC
 LIMIT $8
"""
