"""Every statement about senders and the countries where they need approval."""

READ_SENDERS_VERSION = """
SELECT senders_version FROM configuration
"""

READ_SENDER_RULES = """
SELECT country FROM sender_rule
"""

# Elsewhere approvals are not asked for: what is not needed is not read.
READ_APPROVED_SENDERS = """
SELECT sender.space_id, sender.country, sender.sender
  FROM sender
  JOIN sender_rule ON sender_rule.country = sender.country
 WHERE sender.state = 'APPROVED'
"""

COUNT_OTHER_SENDERS = """
SELECT count(*)
  FROM sender
 WHERE space_id = $1 AND NOT (country = $2 AND sender = $3)
"""

# One that is approved stays as it is, and gives no row.
REGISTER_SENDER = """
INSERT INTO sender AS kept (space_id, country, sender, state, traffic_type, company_website,
                            industry, sender_company_relationship, created_at, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (space_id, country, sender) DO UPDATE
   SET state = excluded.state, traffic_type = excluded.traffic_type,
       company_website = excluded.company_website, industry = excluded.industry,
       sender_company_relationship = excluded.sender_company_relationship,
       decided_reason = '', decided_at = excluded.decided_at
 WHERE kept.state <> 'APPROVED'
RETURNING state
"""

LIST_SENDERS_OF_SPACE = """
SELECT country, sender, state
  FROM sender
 WHERE space_id = $1
 ORDER BY country, sender
 LIMIT $2
"""

# Operators

LIST_ALL_SENDERS = """
SELECT account.email, space.environment::text AS environment, sender.country, sender.sender,
       sender.state, sender.traffic_type, sender.company_website, sender.industry,
       sender.sender_company_relationship, sender.decided_reason, sender.created_at,
       sender.decided_at
  FROM sender
  JOIN space ON space.id = sender.space_id
  JOIN account ON account.id = space.account_id
 WHERE (sender.state = 'PENDING' OR NOT $1)
   AND ($3::text IS NULL OR account.email = $3)
 ORDER BY sender.state <> 'PENDING', sender.created_at DESC, sender.space_id, sender.id
 LIMIT $2
"""

DECIDE_SENDER = """
UPDATE sender
   SET state = $4, decided_reason = $5, decided_at = $6
 WHERE space_id = $1 AND country = $2 AND sender = $3
RETURNING id
"""

REQUIRE_APPROVAL = """
INSERT INTO sender_rule (country, created_at)
VALUES ($1, $2)
    ON CONFLICT (country) DO NOTHING
RETURNING country
"""

FREE_COUNTRY = """
DELETE FROM sender_rule WHERE country = $1
RETURNING country
"""

LIST_SENDER_RULES = """
SELECT country, created_at FROM sender_rule ORDER BY country
"""
