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

# $5 are the first ids of the steps; $4 is the sequence before them.
SUM_UP_STEPS = """
WITH summed AS (
    SELECT width_bucket(id, $5::bytea[]) - 1 AS step, max(sequence) AS sequence,
           sum(amount_micro)::bigint AS moved_micro,
           coalesce(-sum(amount_micro) FILTER (WHERE kind = ANY ($6::text[])), 0)::bigint
               AS spent_micro
      FROM ledger_entry
     WHERE space_id = $1 AND sequence > $4 AND id >= $2 AND id < $3 AND kind <> 'closing'
     GROUP BY 1
)
SELECT summed.step, summed.spent_micro, summed.moved_micro,
       entry.balance_after_micro AS balance_micro
  FROM summed
  JOIN ledger_entry AS entry
    ON entry.space_id = $1 AND entry.sequence = summed.sequence
   AND entry.id >= $2 AND entry.id < $3 AND entry.kind <> 'closing'
 ORDER BY summed.step
"""
