"""Statements that explain an account's money: statements of a period, and the export."""

# Closings whose entries were dropped: $2 is the smallest id that is kept.
READ_GONE_CLOSINGS = """
SELECT space_id, month, first_sequence, sequence, first_id, last_id, balance_after_micro, sums
  FROM ledger_closing
 WHERE space_id = $1 AND last_id < $2
 ORDER BY sequence
"""

FIND_ENTRY_BEFORE = """
SELECT sequence, balance_after_micro
  FROM ledger_entry
 WHERE space_id = $1 AND id < $2
 ORDER BY sequence DESC
 LIMIT 1
"""

SUM_UP_PERIOD = """
SELECT kind, counter_account, count(*) AS entry_count, sum(amount_micro)::bigint AS amount_micro
  FROM ledger_entry
 WHERE space_id = $1 AND id >= $2 AND id < $3
 GROUP BY kind, counter_account
"""

READ_PERIOD = """
SELECT sequence, id, at, kind, amount_micro, balance_after_micro, counter_account, message_id,
       recipient_id, note
  FROM ledger_entry
 WHERE space_id = $1 AND id >= $2 AND id < $3
 ORDER BY sequence, id
 LIMIT $4
"""

# What was set aside at a moment, and neither captured nor released before it.
READ_HELD_AT = """
SELECT coalesce(sum(amount_micro), 0)::bigint
  FROM hold
 WHERE space_id = $1 AND created_at < $2 AND (settled_at IS NULL OR settled_at >= $2)
"""

# $1, $2: one account, one environment, or null for all.
LIST_SPACES = """
SELECT space.id AS space_id, account.email, space.environment::text AS environment,
       account.currency
  FROM space
  JOIN account ON account.id = space.account_id
 WHERE ($1::text IS NULL OR account.email = $1)
   AND ($2::text IS NULL OR space.environment::text = $2)
 ORDER BY account.email, space.environment
"""

READ_FOR_EXPORT = """
SELECT sequence, id, at, kind, amount_micro, balance_after_micro, counter_account, message_id,
       recipient_id, note, checksum
  FROM ledger_entry
 WHERE space_id = $1 AND id >= $2 AND id < $3
 ORDER BY sequence, id
"""

# A page of an export; $4 is the sequence before it. Ids and sequences grow together.
READ_EXPORT_PAGE = """
SELECT sequence, id, at, kind, amount_micro, balance_after_micro, counter_account, message_id,
       recipient_id, note, checksum
  FROM ledger_entry
 WHERE space_id = $1 AND id >= $2 AND id < $3 AND sequence > $4
 ORDER BY sequence, id
 LIMIT $5
"""
