"""Statements that show an account its money: what it has, and what moved."""

# A wallet is made with its space.
READ_WALLET = """
SELECT wallet.balance_micro, wallet.held_micro, wallet.floor_micro, space.created_at,
       wallet.updated_at
  FROM wallet
  JOIN space ON space.id = wallet.space_id
 WHERE wallet.space_id = $1
"""

READ_WALLETS = """
SELECT wallet.space_id, wallet.balance_micro, wallet.held_micro, wallet.floor_micro,
       space.created_at, wallet.updated_at
  FROM wallet
  JOIN space ON space.id = wallet.space_id
 WHERE wallet.space_id = ANY ($1::int[])
"""

# Entries are numbered without gaps, so what is skipped is a difference, not a walk. A month whose
# entries were dropped ends the list. What a closing carries over moved no money.
LIST_TRANSACTIONS = """
SELECT entry.id, entry.sequence, entry.at, entry.kind, entry.amount_micro,
       entry.balance_after_micro, entry.counter_account, entry.message_id, entry.note
  FROM ledger_entry AS entry
 WHERE entry.space_id = $1
   AND entry.sequence <= (SELECT sequence FROM wallet WHERE space_id = $1) - $2::bigint
   AND entry.kind <> 'closing'
 ORDER BY entry.sequence DESC, entry.id DESC
 LIMIT $3
"""

# Entries of the sequences $2 to $3 that an account searches for, newest first; ids ($4, $5) keep it
# to the partitions of a month.
SEARCH_ENTRIES = """
SELECT id, sequence, at, kind, amount_micro, balance_after_micro, counter_account, message_id, note
  FROM ledger_entry
 WHERE space_id = $1 AND sequence >= $2 AND sequence <= $3 AND id >= $4 AND id < $5
   AND kind <> 'closing' AND ($6::text IS NULL OR kind = $6)
 ORDER BY sequence DESC, id DESC
 LIMIT $7
"""
