"""Every statement about the audit trail: it is appended to and read, never changed."""

INSERT_ENTRY = """
INSERT INTO audit_entry (at, actor, person_id, action, account_id, environment, details)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""

# Newest first; a null asks for all.
LIST_ENTRIES = """
SELECT entry.id, entry.at, entry.actor, entry.person_id, entry.action, account.email,
       entry.environment::text AS environment, entry.details
  FROM audit_entry AS entry
  LEFT JOIN account ON account.id = entry.account_id
 WHERE ($1::integer IS NULL OR entry.account_id = $1)
   AND ($2::text IS NULL OR entry.action = $2 OR starts_with(entry.action, $2 || '.'))
   AND ($3::timestamptz IS NULL OR entry.at >= $3)
 ORDER BY entry.id DESC
 LIMIT $4
"""
