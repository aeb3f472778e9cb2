"""Statements of the checks of carriers that operators ask for."""

# Nothing where one is open already.
ASK_CHECK = """
INSERT INTO connector_check (connector_id, asked_by, asked_at, numbers, sender, burst_count,
                             wait_seconds)
VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (connector_id) WHERE ended_at IS NULL DO NOTHING
RETURNING id
"""

ANY_OPEN = """
SELECT EXISTS (SELECT FROM connector_check WHERE ended_at IS NULL)
"""

IS_OPEN = """
SELECT EXISTS (SELECT FROM connector_check WHERE connector_id = $1 AND ended_at IS NULL)
"""

# The oldest that nobody runs yet; two processes never take the same.
TAKE_CHECK = """
UPDATE connector_check SET owner = $1, begun_at = $2
 WHERE id = (SELECT id FROM connector_check
              WHERE ended_at IS NULL AND owner IS NULL
              ORDER BY id
              LIMIT 1
                FOR UPDATE SKIP LOCKED)
RETURNING id, connector_id, numbers, sender, burst_count, wait_seconds
"""

FIND_CONNECTOR_BY_ID = """
SELECT environment::text AS environment, name FROM connector WHERE id = $1
"""

TELL_STEPS = """
UPDATE connector_check SET steps = $3
 WHERE id = $1 AND owner = $2 AND ended_at IS NULL
"""

END_CHECK = """
UPDATE connector_check SET steps = $3, result = $4, fault = $5, ended_at = $6
 WHERE id = $1 AND owner = $2 AND ended_at IS NULL
"""

# Those whose process ended, or fell silent for $2 seconds; and those that its process, $4, does not
# run ($5): it never learned that it took them.
END_ORPHANS = """
UPDATE connector_check
   SET fault = CASE WHEN owner = $4 THEN $6::text ELSE $3::text END, ended_at = $1
 WHERE ended_at IS NULL
   AND owner IS NOT NULL
   AND (owner = $4 AND id <> ALL ($5::int[])
        OR NOT EXISTS (SELECT FROM process
                        WHERE process.id = connector_check.owner
                          AND process.ended_at IS NULL
                          AND process.heartbeat_at
                                > clock_timestamp() - $2::float8 * interval '1 second'))
"""

STOP_CHECK = """
UPDATE connector_check SET fault = $2, ended_at = $3
 WHERE connector_id = $1 AND ended_at IS NULL
"""

IS_OWN = """
SELECT EXISTS (SELECT FROM connector_check WHERE id = $1 AND owner = $2 AND ended_at IS NULL)
"""

READ_NEWEST_CHECK = """
SELECT id, connector_id, asked_by, asked_at, numbers, sender, burst_count, begun_at, steps, result,
       fault, ended_at
  FROM connector_check
 WHERE connector_id = $1
 ORDER BY id DESC
 LIMIT 1
"""

# The newest are kept.
FORGET_CHECKS = """
DELETE FROM connector_check
 WHERE connector_id = $1
   AND ended_at IS NOT NULL
   AND id NOT IN (SELECT id FROM connector_check
                   WHERE connector_id = $1
                   ORDER BY id DESC
                   LIMIT $2)
"""
