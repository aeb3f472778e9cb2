"""Statements that read and change one connector, and say what still needs it."""

FIND_CONNECTORS = """
SELECT id, environment::text AS environment, name, kind, host, port, system_id, password, tls_key,
       window_max, rate_per_second, link_count, enabled, settings, created_at, updated_at
  FROM connector
 WHERE name = $1 AND ($2::text IS NULL OR environment::text = $2)
 ORDER BY environment
"""

# Two changes of one connector come one after the other; links are held and let go meanwhile.
FIND_CONNECTORS_TO_CHANGE = FIND_CONNECTORS + "   FOR NO KEY UPDATE"

CONNECTOR_NAMES = """
SELECT name FROM connector ORDER BY environment, name
"""

CHANGE_CONNECTOR = """
UPDATE connector
   SET host = $2, port = $3, system_id = $4, password = $5, tls_key = $6, window_max = $7,
       rate_per_second = $8, link_count = $9, settings = $10, updated_at = $11
 WHERE id = $1
"""

ENABLE_CONNECTOR = """
UPDATE connector SET enabled = $2, updated_at = $3 WHERE id = $1
"""

# In an order that the foreign keys allow. History names a connector by its id alone, and no id is
# given twice.
REMOVE_CONNECTOR = (
    "DELETE FROM route WHERE connector_id = $1",
    "DELETE FROM link WHERE connector_id = $1",
    "DELETE FROM connector_alarm WHERE connector_id = $1",
    "DELETE FROM connector_learned WHERE connector_id = $1",
    "DELETE FROM connector WHERE id = $1",
)

# Routes ------------------------------------------------------------------------------------------

LIST_ROUTES_OF = """
SELECT country, rank, price_micro
  FROM route
 WHERE connector_id = $1
 ORDER BY rank, country
"""

SET_ROUTES = """
INSERT INTO route (environment, connector_id, country, price_micro, rank, created_at)
SELECT $1, $2, country, $4, coalesce($5::int, $7), $6
  FROM unnest($3::text[]) AS country
    ON CONFLICT (connector_id, country) DO UPDATE
   SET price_micro = excluded.price_micro, rank = coalesce($5::int, route.rank)
"""

REMOVE_ROUTES = """
DELETE FROM route WHERE connector_id = $1 AND country = ANY($2::text[]) RETURNING country
"""

# The countries of a connector that no other enabled one leads to.
COUNTRIES_LED_TO_ALONE = """
SELECT own.country
  FROM route AS own
 WHERE own.connector_id = $1
   AND NOT EXISTS (SELECT FROM route AS other
                     JOIN connector ON connector.id = other.connector_id
                    WHERE connector.enabled
                      AND other.connector_id <> own.connector_id
                      AND other.environment = own.environment
                      AND other.country IN (own.country, '*'))
 ORDER BY own.country
"""

# What needs a connector --------------------------------------------------------------------------

# Waiting for a link or for its time, and accepted without a final report. The index on expiry holds
# what is open, however much history there is; but of all connectors.
COUNT_OPEN = """
SELECT count(*) FILTER (WHERE state = 'queued') AS queued_count,
       count(*) FILTER (WHERE state = 'scheduled') AS scheduled_count,
       count(*) FILTER (WHERE state IN ('submitted', 'uncertain')) AS awaited_count,
       min(due_at) FILTER (WHERE state = 'queued') AS queued_since
  FROM recipient
 WHERE connector_id = $1 AND state IN ('scheduled', 'queued', 'submitted', 'uncertain')
"""

COUNT_UNDER_WAY = """
SELECT count(*)
  FROM recipient
 WHERE connector_id = $1 AND state = 'submitting'
"""

# Answers of the last while. Of each space the newest $4 submissions are looked at, of messages made
# since $2: the work is bounded, whatever was sent. is_cut: of some space there may be more.
COUNT_ANSWERS = """
SELECT looked_at.outcome, looked_at.command_status,
       count(*) FILTER (WHERE looked_at.connector_id = $1 AND looked_at.answered_at > $3) AS count,
       bool_or(looked_at.place = $4) AS is_cut
  FROM space
 CROSS JOIN LATERAL (
       SELECT connector_id, outcome, command_status, answered_at,
              row_number() OVER (ORDER BY submission.recipient_id DESC) AS place
         FROM submission
        WHERE submission.space_id = space.id AND submission.recipient_id >= $2
        ORDER BY submission.recipient_id DESC
        LIMIT $4) AS looked_at
 GROUP BY looked_at.outcome, looked_at.command_status
 ORDER BY count DESC, looked_at.outcome
"""

# For this transaction alone.
LIMIT_STATEMENTS = """
SELECT set_config('statement_timeout', $1, true)
"""

# What stands beside a connector ------------------------------------------------------------------

READ_LEARNED = """
SELECT report_spelling, evidence_count, learned_at
  FROM connector_learned
 WHERE connector_id = $1
"""
