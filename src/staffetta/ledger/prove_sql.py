"""The proofs of `staffetta ledger verify`: each statement returns one row for a disagreement.

Those about months that may be dropped take the smallest id that is kept: what is older speaks
through its closing, or not at all. Sums are numeric: what was tampered with must not overflow.
"""

# Where each space's entries begin: the newest closing whose entries are gone. $1: see above.
_START = """
SELECT DISTINCT ON (space_id) space_id, sequence, balance_after_micro
  FROM ledger_closing
 WHERE last_id < $1
 ORDER BY space_id, sequence DESC
"""

# Entries of earlier releases may have no checksum yet: see `fill_checksums`.
BROKEN_ENTRIES = f"""
SELECT space_id, sequence, id, kind, amount_micro, balance_after_micro, is_changed,
       previous_sequence, previous_id, previous_micro + amount_micro AS expected_micro
  FROM (SELECT entry.space_id, entry.sequence, entry.id, entry.kind, entry.amount_micro,
               entry.balance_after_micro,
               CASE WHEN entry.checksum IS NULL
                    THEN entry.sequence > coalesce(wallet.without_checksum_until, 0)
                    ELSE entry.checksum <> ledger_entry_checksum(
                             entry.space_id, entry.sequence, entry.id, entry.at, entry.kind,
                             entry.amount_micro, entry.balance_after_micro,
                             entry.counter_account, entry.recipient_id, entry.message_id,
                             entry.note) END AS is_changed,
               lag(entry.sequence, 1, coalesce(start.sequence, 0::bigint)) OVER in_order
                   AS previous_sequence,
               lag(entry.id) OVER in_order AS previous_id,
               lag(entry.balance_after_micro, 1, coalesce(start.balance_after_micro, 0::bigint))
                   OVER in_order::numeric AS previous_micro
          FROM ledger_entry AS entry
          LEFT JOIN ({_START}) AS start USING (space_id)
          LEFT JOIN wallet USING (space_id)
        WINDOW in_order AS (PARTITION BY entry.space_id ORDER BY entry.sequence, entry.id)
       ) AS entry
 WHERE is_changed
    OR sequence <> previous_sequence + 1
    OR balance_after_micro <> previous_micro + amount_micro
 ORDER BY space_id, sequence, id
 LIMIT $2
"""  # noqa: S608 (a constant)

WALLETS_THAT_DISAGREE = f"""
SELECT coalesce(wallet.space_id, entry.space_id) AS space_id, wallet.balance_micro,
       wallet.sequence, wallet.held_micro,
       coalesce(entry.balance_micro, 0) AS entries_micro,
       coalesce(entry.sequence, 0) AS entries_sequence,
       coalesce(held.held_micro, 0) AS holds_micro
  FROM wallet
  FULL JOIN (SELECT space_id, sum(amount_micro) AS balance_micro, max(sequence) AS sequence
               FROM (SELECT space_id, amount_micro, sequence FROM ledger_entry
                      UNION ALL
                     SELECT space_id, balance_after_micro, sequence FROM ({_START}) AS start
                    ) AS line
              GROUP BY space_id) AS entry ON entry.space_id = wallet.space_id
  LEFT JOIN (SELECT space_id, sum(amount_micro) AS held_micro
               FROM hold WHERE state = 'open' GROUP BY space_id) AS held
    ON held.space_id = wallet.space_id
 WHERE wallet.balance_micro IS DISTINCT FROM coalesce(entry.balance_micro, 0)
    OR wallet.sequence IS DISTINCT FROM coalesce(entry.sequence, 0)
    OR wallet.held_micro IS DISTINCT FROM coalesce(held.held_micro, 0)
 ORDER BY 1
 LIMIT $2
"""  # noqa: S608 (a constant)

# Each closing adds its sums to the one before it.
BROKEN_CLOSINGS = """
SELECT space_id, month, first_sequence, sequence, balance_after_micro, is_changed,
       previous_sequence, previous_micro + sum_micro AS expected_micro, entry_count
  FROM (SELECT closing.*, said.sum_micro, said.entry_count,
               lag(sequence, 1, 0::bigint) OVER in_order AS previous_sequence,
               lag(balance_after_micro, 1, 0::bigint) OVER in_order::numeric AS previous_micro
          FROM (SELECT *, checksum IS DISTINCT FROM ledger_closing_checksum(
                              space_id, month, first_sequence, sequence, first_id, last_id,
                              balance_after_micro, sums, closed_at) AS is_changed
                  FROM ledger_closing) AS closing
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(amount_micro), 0) AS sum_micro,
                      coalesce(sum(entry_count), 0) AS entry_count
                 FROM jsonb_to_recordset(CASE WHEN is_changed THEN '[]' ELSE sums END)
                      AS one (entry_count bigint, amount_micro bigint)) AS said
        WINDOW in_order AS (PARTITION BY space_id ORDER BY month)) AS closing
 WHERE is_changed
    OR first_sequence <> previous_sequence + 1
    OR entry_count <> sequence - first_sequence + 1
    OR balance_after_micro <> previous_micro + sum_micro
 ORDER BY space_id, month
 LIMIT $1
"""

# Where a closing's entries are still there, they say the same. $1: the smallest id that is kept.
CLOSINGS_THAT_DISAGREE = """
SELECT closing.space_id, closing.month, one.*
  FROM ledger_closing AS closing
 CROSS JOIN LATERAL (
       SELECT kind, counter_account,
              coalesce(said.entry_count, 0) AS entry_count,
              coalesce(said.amount_micro, 0) AS amount_micro,
              coalesce(found.entry_count, 0) AS found_count,
              coalesce(found.amount_micro, 0) AS found_micro
         FROM jsonb_to_recordset(closing.sums)
              AS said (kind text, counter_account text, entry_count bigint, amount_micro bigint)
         FULL JOIN (SELECT kind, counter_account, count(*) AS entry_count,
                           sum(amount_micro) AS amount_micro
                      FROM ledger_entry AS entry
                     WHERE entry.space_id = closing.space_id
                       AND entry.sequence BETWEEN closing.first_sequence AND closing.sequence
                     GROUP BY kind, counter_account) AS found USING (kind, counter_account)
       ) AS one
 WHERE closing.last_id >= $1
   AND closing.checksum = ledger_closing_checksum(
           closing.space_id, closing.month, closing.first_sequence, closing.sequence,
           closing.first_id, closing.last_id, closing.balance_after_micro, closing.sums,
           closing.closed_at)
   AND (one.entry_count <> one.found_count OR one.amount_micro <> one.found_micro)
 ORDER BY closing.space_id, closing.month, one.kind
 LIMIT $2
"""

# What a message's recipients were charged is what moved for it. One message may have a single
# entry for all its recipients. $1: the smallest id whose recipients and entries are kept; neither
# is older than its message.
MESSAGES_THAT_DISAGREE = """
SELECT coalesce(message.space_id, entry.space_id) AS space_id,
       coalesce(message.message_id, entry.message_id) AS message_id,
       message.charged_micro, message.recipient_count, message.states,
       coalesce(entry.paid_micro, 0) AS paid_micro
  FROM (SELECT space_id, message_id, sum(charged_micro) AS charged_micro,
               count(*) AS recipient_count, min(state)::text AS states
          FROM recipient
         WHERE id >= $1 AND message_id >= $1
         GROUP BY space_id, message_id) AS message
  FULL JOIN (SELECT space_id, message_id, -sum(amount_micro) AS paid_micro
               FROM ledger_entry
              WHERE message_id >= $1
              GROUP BY space_id, message_id) AS entry
    ON entry.space_id = message.space_id AND entry.message_id = message.message_id
 WHERE coalesce(message.charged_micro, -1) <> coalesce(entry.paid_micro, 0)
 LIMIT $2
"""

# An open hold belongs to a recipient that no carrier has accepted yet and that is still alive.
# A month with open holds is not dropped, so this one asks for no id.
HOLDS_THAT_DISAGREE = """
SELECT hold.space_id, hold.recipient_id, recipient.state::text AS state, hold.amount_micro
  FROM hold
  LEFT JOIN recipient
    ON recipient.space_id = hold.space_id AND recipient.id = hold.recipient_id
 WHERE hold.state = 'open'
   AND (recipient.id IS NULL
        OR recipient.sent_at IS NOT NULL
        OR recipient.state NOT IN ('scheduled', 'queued', 'submitting', 'uncertain'))
 LIMIT $1
"""

# A hold is captured once, and its entry says as much. $1: the smallest id whose holds and entries
# are kept.
CAPTURES_THAT_DISAGREE = """
SELECT coalesce(hold.space_id, entry.space_id) AS space_id,
       coalesce(hold.recipient_id, entry.recipient_id) AS recipient_id,
       coalesce(hold.captured_micro, 0) AS captured_micro,
       coalesce(entry.captured_micro, 0) AS entries_micro
  FROM (SELECT space_id, recipient_id, captured_micro
          FROM hold
         WHERE state = 'captured' AND captured_micro > 0 AND recipient_id >= $1) AS hold
  FULL JOIN (SELECT space_id, recipient_id, -sum(amount_micro) AS captured_micro
               FROM ledger_entry
              WHERE kind = 'capture' AND recipient_id >= $1
              GROUP BY space_id, recipient_id) AS entry
    ON entry.space_id = hold.space_id AND entry.recipient_id = hold.recipient_id
 WHERE coalesce(hold.captured_micro, 0) <> coalesce(entry.captured_micro, 0)
 LIMIT $2
"""

# A segment of the period that runs is still there, used, or was lost when it came back too late.
# $1: when what is kept of their uses begins. A period that began earlier has uses that are gone:
# of it is known only that there are not too many.
BUNDLES_THAT_DISAGREE = """
SELECT bundle.space_id, bundle.id, bundle.period, bundle.segment_count, bundle.remaining_count,
       coalesce(used.segment_count, 0) AS used_count
  FROM bundle
  LEFT JOIN (SELECT space_id, bundle_id, period, sum(segment_count) AS segment_count
               FROM bundle_use
              WHERE returned_at IS NULL OR lost
              GROUP BY space_id, bundle_id, period) AS used
    ON used.space_id = bundle.space_id AND used.bundle_id = bundle.id
   AND used.period = bundle.period
 WHERE bundle.remaining_count + coalesce(used.segment_count, 0) > bundle.segment_count
    OR (bundle.starts_at >= $1
        AND bundle.remaining_count + coalesce(used.segment_count, 0) <> bundle.segment_count)
 ORDER BY bundle.space_id, bundle.id
 LIMIT $2
"""

# A recipient keeps how many of its segments were covered, returned or not. $1: the smallest id
# whose recipients and uses are kept.
COVERS_THAT_DISAGREE = """
SELECT coalesce(recipient.space_id, used.space_id) AS space_id,
       coalesce(recipient.id, used.recipient_id) AS recipient_id,
       coalesce(recipient.bundle_segment_count, 0) AS covered_count,
       coalesce(used.segment_count, 0) AS used_count
  FROM (SELECT space_id, id, bundle_segment_count
          FROM recipient WHERE bundle_segment_count > 0 AND id >= $1) AS recipient
  FULL JOIN (SELECT space_id, recipient_id, sum(segment_count) AS segment_count
               FROM bundle_use WHERE recipient_id >= $1 GROUP BY space_id, recipient_id) AS used
    ON used.space_id = recipient.space_id AND used.recipient_id = recipient.id
 WHERE coalesce(recipient.bundle_segment_count, 0) <> coalesce(used.segment_count, 0)
 LIMIT $2
"""

# Each period of a bundle is paid once. $1: the smallest id whose entries are kept.
BUNDLE_PAYMENTS_THAT_DISAGREE = """
SELECT coalesce(sold.space_id, paid.space_id) AS space_id,
       coalesce(sold.price_micro, 0) AS sold_micro,
       coalesce(paid.paid_micro, 0) AS paid_micro
  FROM (SELECT space_id, sum(price_micro::numeric * period) AS price_micro
          FROM bundle GROUP BY space_id) AS sold
  FULL JOIN (SELECT space_id, -sum(amount_micro) AS paid_micro
               FROM (SELECT space_id, amount_micro FROM ledger_entry WHERE kind = 'bundle'
                      UNION ALL
                     SELECT space_id, one.amount_micro
                       FROM ledger_closing AS closing,
                            jsonb_to_recordset(
                                CASE jsonb_typeof(closing.sums) WHEN 'array' THEN closing.sums END)
                                AS one (kind text, amount_micro bigint)
                      WHERE closing.last_id < $1 AND one.kind = 'bundle') AS entry
              GROUP BY space_id) AS paid USING (space_id)
 WHERE coalesce(sold.price_micro, 0) <> coalesce(paid.paid_micro, 0)
 LIMIT $2
"""

# Acceptance looks for bundles only where the wallet says that there may be one.
FORGOTTEN_BUNDLES = """
SELECT bundle.space_id, bundle.id
  FROM bundle
  JOIN wallet USING (space_id)
 WHERE bundle.ended_at IS NULL AND NOT wallet.has_bundles
 LIMIT $1
"""

COUNT_BOOKS = """
SELECT (SELECT count(*) FROM wallet) AS wallet_count,
       (SELECT count(*) FROM ledger_entry) AS entry_count,
       (SELECT count(*) FROM hold) AS hold_count,
       (SELECT count(*) FROM ledger_closing) AS closing_count
"""
