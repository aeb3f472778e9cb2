"""Statements of monthly closings, and of the checksums that closings look at."""

# From here on nothing is written into the months that are to be closed: entries to come get larger
# ids. Locked in the order every transaction locks wallets, and only for a moment. $4: the wallet
# after which to go on. Those whose entries have no checksums yet wait for them.
SEAL_WALLETS = """
WITH due AS (
    SELECT space_id
      FROM wallet
     WHERE space_id > $4
       AND closed_until < $1
       AND without_checksum_until = 0
     ORDER BY space_id
     LIMIT $3
       FOR UPDATE
)
UPDATE wallet
   SET newest_entry_id = greatest(newest_entry_id, $2)
  FROM due
 WHERE wallet.space_id = due.space_id
RETURNING wallet.space_id
"""

# The count says whether another process was quicker.
MARK_CLOSED = """
UPDATE wallet SET closed_until = $2 WHERE space_id = $1 AND closed_until < $2
"""

FIND_NEWEST_CLOSING = """
SELECT month, sequence, balance_after_micro
  FROM ledger_closing
 WHERE space_id = $1
 ORDER BY month DESC
 LIMIT 1
"""

# The first entry that no closing covers, of the months that are over.
FIND_NEXT_ENTRY = """
SELECT id
  FROM ledger_entry
 WHERE space_id = $1 AND sequence > $2 AND id < $3
 ORDER BY sequence
 LIMIT 1
"""

FIND_LAST_ENTRY = """
SELECT sequence, balance_after_micro
  FROM ledger_entry
 WHERE space_id = $1 AND sequence > $2 AND id < $3
 ORDER BY sequence DESC
 LIMIT 1
"""

# Releases before closings numbered entries by one clock and dated them by another: around the end
# of a month an entry may stand between those of the next one.
IS_MIXED = """
SELECT EXISTS (SELECT FROM ledger_entry
                WHERE space_id = $1 AND sequence > $2 AND sequence < $3 AND id >= $4)
"""

SUM_UP_ENTRIES = """
SELECT kind, counter_account, count(*) AS entry_count, sum(amount_micro) AS amount_micro,
       min(encode(id, 'hex') COLLATE "C") AS first_id,
       max(encode(id, 'hex') COLLATE "C") AS last_id,
       count(*) FILTER (WHERE checksum IS DISTINCT FROM ledger_entry_checksum(
           space_id, sequence, id, at, kind, amount_micro, balance_after_micro, counter_account,
           recipient_id, message_id, note)) AS changed_count
  FROM ledger_entry
 WHERE space_id = $1 AND sequence > $2 AND sequence <= $3
 GROUP BY kind, counter_account
"""

# Whether the entry is gone that the wallet wrote after one: then nobody knows what month it was of.
IS_CUT_OFF = """
SELECT sequence > $2::bigint
       AND NOT EXISTS (SELECT FROM ledger_entry WHERE space_id = $1 AND sequence = $2 + 1)
  FROM wallet
 WHERE space_id = $1
"""

# Two processes that close the same month at once write the same.
INSERT_CLOSING = """
INSERT INTO ledger_closing (space_id, month, first_sequence, sequence, first_id, last_id,
                            balance_after_micro, sums, closed_at, checksum)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
        ledger_closing_checksum($1, $2, $3, $4, $5, $6, $7, $8, $9))
    ON CONFLICT (space_id, month) DO NOTHING
"""

FIND_WALLET_WITHOUT_CHECKSUMS = """
SELECT space_id, without_checksum_until
  FROM wallet
 WHERE without_checksum_until > 0
 ORDER BY space_id
 LIMIT 1
"""

FILL_CHECKSUMS = """
UPDATE ledger_entry
   SET checksum = ledger_entry_checksum(
           space_id, sequence, id, at, kind, amount_micro, balance_after_micro, counter_account,
           recipient_id, message_id, note)
 WHERE space_id = $1 AND sequence > $2 AND sequence <= $3 AND checksum IS NULL
"""

# Unless another process was quicker.
MARK_FILLED = """
UPDATE wallet SET without_checksum_until = $3 WHERE space_id = $1 AND without_checksum_until = $2
"""
