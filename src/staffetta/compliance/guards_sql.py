"""Statements of the rate guards. Whoever reads and writes holds the wallet locks of the spaces."""

READ_RATES = """
SELECT space_id, guard, subject, rests_at
  FROM guard_rate
  JOIN unnest($1::int[], $2::text[], $3::text[]) AS asked (space_id, guard, subject)
       USING (space_id, guard, subject)
"""

# Sorted by the caller, as all rows that several batches may meet in.
WRITE_RATES = """
INSERT INTO guard_rate (space_id, guard, subject, rests_at)
SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[])
    ON CONFLICT (space_id, guard, subject) DO UPDATE SET rests_at = excluded.rests_at
"""

# It never waits for a batch, so it cannot be part of a ring of waits.
FORGET_RATES = """
WITH resting AS (
    SELECT space_id, guard, subject
      FROM guard_rate
     WHERE rests_at < $1
     LIMIT $2
       FOR UPDATE SKIP LOCKED
)
DELETE FROM guard_rate
 USING resting
 WHERE guard_rate.space_id = resting.space_id AND guard_rate.guard = resting.guard
   AND guard_rate.subject = resting.subject
"""
