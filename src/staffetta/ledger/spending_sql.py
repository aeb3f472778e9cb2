"""Statements that sum up what was spent."""

# The range of ids keeps it to the partitions of its months. The day is that of the id, which the
# range is of, too: so no entry is counted in two days or in none.
SPENDING_BY_DAY = """
SELECT (to_timestamp(('x' || encode(substring(id FROM 1 FOR 4), 'hex'))::bit(32)::bigint)
            AT TIME ZONE 'UTC')::date AS day,
       -sum(amount_micro)::bigint AS spent_micro
  FROM ledger_entry
 WHERE space_id = $1
   AND id >= $2 AND id < $3
   AND kind IN ('charge', 'capture', 'penalty', 'refund')
 GROUP BY 1
 ORDER BY 1
"""
