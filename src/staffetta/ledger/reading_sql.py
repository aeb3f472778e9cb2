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
