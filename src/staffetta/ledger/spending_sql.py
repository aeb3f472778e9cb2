"""Statements that sum up what was spent."""

# Months that were closed and lie within the ids asked for come from their closings, which stay when
# the entries are dropped; they are a run of the sequence, so the rest stands before and behind it.
# The range of ids keeps the rest to the partitions of its months.
READ_SPENT = """
WITH covered AS MATERIALIZED (
    SELECT first_sequence, sequence, sums
      FROM ledger_closing
     WHERE space_id = $1 AND first_id >= $2 AND last_id < $3
),
closed AS MATERIALIZED (
    SELECT coalesce(min(first_sequence), 0) AS first_sequence,
           coalesce(max(sequence), 0) AS sequence
      FROM covered
),
moved AS (
    SELECT part.amount_micro
      FROM covered, jsonb_to_recordset(sums) AS part (kind text, amount_micro bigint)
     WHERE part.kind = ANY ($4::text[])
     UNION ALL
    SELECT sum(amount_micro)
      FROM ledger_entry
     WHERE space_id = $1
       AND id >= $2 AND id < $3
       AND sequence > (SELECT sequence FROM closed)
       AND kind = ANY ($4::text[])
     UNION ALL
    SELECT sum(amount_micro)
      FROM ledger_entry
     WHERE space_id = $1
       AND id >= $2 AND id < $3
       AND sequence < (SELECT first_sequence FROM closed)
       AND kind = ANY ($4::text[])
)
SELECT -coalesce(sum(amount_micro), 0)::bigint FROM moved
"""

READ_NEWEST_MARK = """
SELECT sequence, balance_micro FROM wallet WHERE space_id = $1
"""

# Entries with ids from $2 on and sequences up to $3, and the one before them.
SUM_UP_STEP = """
WITH before AS MATERIALIZED (
    SELECT sequence, balance_after_micro
      FROM ledger_entry
     WHERE space_id = $1 AND sequence <= $3 AND id < $2
     ORDER BY sequence DESC
     LIMIT 1
)
SELECT coalesce(-sum(amount_micro) FILTER (WHERE kind = ANY ($4::text[])), 0)::bigint
           AS spent_micro,
       coalesce(sum(amount_micro), 0)::bigint AS moved_micro,
       coalesce((SELECT sequence FROM before), 0) AS before_sequence,
       (SELECT balance_after_micro FROM before) AS before_balance_micro
  FROM ledger_entry
 WHERE space_id = $1 AND id >= $2 AND kind <> 'closing' AND sequence <= $3
   AND sequence > coalesce((SELECT sequence FROM before), 0)
"""
