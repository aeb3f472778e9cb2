"""Every statement of the ledger."""

# Sorted, so that two transactions that need the same wallets wait for each other, never in a ring.
LOCK_WALLETS = """
SELECT space_id, balance_micro, held_micro, floor_micro, sequence, blocklisted, has_bundles,
       day_spend_max_micro, spend_day, day_spent_micro, alert_below_micro, alerted
  FROM wallet
 WHERE space_id = ANY($1::int[])
 ORDER BY space_id
   FOR UPDATE
"""

# All that a book decided, in one statement: a round trip costs more than what it moves.
WRITE_BOOK = """
WITH new_entry AS (
    INSERT INTO ledger_entry (space_id, sequence, id, at, kind, amount_micro, balance_after_micro,
                              counter_account, message_id, recipient_id, note)
    SELECT space_id, sequence, id, $1, kind, amount_micro, balance_after_micro,
           counter_account, message_id, recipient_id, note
      FROM unnest($2::int[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::bigint[],
                  $8::text[], $9::bytea[], $10::bytea[], $11::text[])
           AS new (space_id, sequence, id, kind, amount_micro, balance_after_micro,
                   counter_account, message_id, recipient_id, note)
), new_hold AS (
    INSERT INTO hold (space_id, recipient_id, amount_micro, created_at)
    SELECT space_id, recipient_id, amount_micro, $1
      FROM unnest($12::int[], $13::bytea[], $14::bigint[])
           AS new (space_id, recipient_id, amount_micro)
)
UPDATE wallet
   SET balance_micro = new.balance_micro, held_micro = new.held_micro,
       sequence = new.sequence, spend_day = new.spend_day,
       day_spent_micro = new.day_spent_micro, alerted = new.alerted, updated_at = $1
  FROM unnest($15::int[], $16::bigint[], $17::bigint[], $18::bigint[], $19::date[], $20::bigint[],
              $21::boolean[])
       AS new (space_id, balance_micro, held_micro, sequence, spend_day, day_spent_micro, alerted)
 WHERE wallet.space_id = new.space_id
"""

# A hold is settled once: what is no longer open is not returned. Never more than was held.
SETTLE_HOLDS = """
UPDATE hold
   SET state = CASE WHEN asked.price_micro IS NULL THEN 'released' ELSE 'captured' END,
       captured_micro = CASE WHEN asked.price_micro IS NOT NULL
                             THEN least(asked.price_micro, hold.amount_micro) END,
       settled_at = $5
  FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bigint[])
       AS asked (space_id, recipient_id, message_id, price_micro)
 WHERE hold.space_id = asked.space_id
   AND hold.recipient_id = asked.recipient_id
   AND hold.state = 'open'
RETURNING hold.space_id, hold.recipient_id, asked.message_id, hold.amount_micro,
          hold.captured_micro
"""

READ_WALLET_GUARDS = """
SELECT balance_micro - held_micro - floor_micro AS available_micro, day_spend_max_micro,
       alert_below_micro, held_micro,
       CASE WHEN spend_day IN ($2::date, $2::date + 1) THEN day_spent_micro ELSE 0 END
           AS day_spent_micro
  FROM wallet
 WHERE space_id = $1
"""

# Another threshold is another question: the alert is armed for it.
SET_WALLET_GUARDS = """
UPDATE wallet
   SET day_spend_max_micro = CASE WHEN $2 THEN $3 ELSE day_spend_max_micro END,
       alerted = alerted AND NOT ($4 AND alert_below_micro IS DISTINCT FROM $5),
       alert_below_micro = CASE WHEN $4 THEN $5 ELSE alert_below_micro END
 WHERE space_id = $1
"""

# Marks the sandbox wallets whose day is over; locked in the order every transaction locks them.
TAKE_WALLETS_TO_REFILL = """
WITH low AS (
    SELECT wallet.space_id
      FROM wallet
      JOIN space ON space.id = wallet.space_id
     WHERE space.environment = 'sandbox'
       AND wallet.balance_micro < $1
       AND coalesce(wallet.refilled_at, space.created_at) <= $2::timestamptz - interval '24 hours'
     ORDER BY wallet.space_id
     LIMIT $3
       FOR UPDATE OF wallet
)
UPDATE wallet SET refilled_at = $2 FROM low WHERE wallet.space_id = low.space_id
RETURNING wallet.space_id, wallet.balance_micro
"""

# Bundles. Whoever writes a bundle, or reads one to decide, holds its wallet's lock. ---------------

# What can cover a message now, those to be used first at the front.
READ_BUNDLES_FOR_USE = """
SELECT space_id, id, market, country, remaining_count, period, starts_at, ends_at
  FROM bundle
 WHERE space_id = ANY($1::int[])
   AND ended_at IS NULL
   AND remaining_count > 0
 ORDER BY space_id, ends_at, (country IS NULL)::int + (market IS NULL)::int, id
"""

WRITE_BUNDLE_USES = """
WITH used AS (
    INSERT INTO bundle_use (space_id, recipient_id, bundle_id, period, segment_count)
    SELECT space_id, recipient_id, bundle_id, period, segment_count
      FROM unnest($1::int[], $2::bytea[], $3::int[], $4::int[], $5::smallint[])
           AS new (space_id, recipient_id, bundle_id, period, segment_count)
)
UPDATE bundle
   SET remaining_count = new.remaining_count
  FROM unnest($6::int[], $7::int[], $8::int[]) AS new (space_id, id, remaining_count)
 WHERE bundle.space_id = new.space_id AND bundle.id = new.id
"""

# Each use is returned once. Its bundle gets the segments back while the period that gave them
# runs; a period that is over keeps nothing, and the next one is never fuller than it was sold.
RETURN_SEGMENTS = """
WITH returned AS (
    UPDATE bundle_use
       SET returned_at = $3,
           lost = bundle.period <> bundle_use.period OR bundle.ended_at IS NOT NULL
                  OR bundle.ends_at <= $3
      FROM unnest($1::int[], $2::bytea[]) AS asked (space_id, recipient_id), bundle
     WHERE bundle_use.space_id = asked.space_id
       AND bundle_use.recipient_id = asked.recipient_id
       AND bundle_use.returned_at IS NULL
       AND bundle.space_id = bundle_use.space_id
       AND bundle.id = bundle_use.bundle_id
 RETURNING bundle_use.space_id, bundle_use.bundle_id, bundle_use.segment_count, bundle_use.lost
), given_back AS (
    SELECT space_id, bundle_id, sum(segment_count)::int AS segment_count
      FROM returned
     WHERE NOT lost
     GROUP BY space_id, bundle_id
)
UPDATE bundle
   SET remaining_count = bundle.remaining_count + given_back.segment_count
  FROM given_back
 WHERE bundle.space_id = given_back.space_id AND bundle.id = given_back.bundle_id
"""

INSERT_BUNDLE = """
INSERT INTO bundle (space_id, name, market, country, segment_count, remaining_count, price_micro,
                    period_days, autorenew, starts_at, ends_at, created_at)
VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $9)
RETURNING space_id, id, name, market, country, segment_count, remaining_count, period, price_micro,
          period_days, autorenew, starts_at, ends_at, ended_at, ended_reason, created_at
"""

COUNT_ACTIVE_BUNDLES = """
SELECT count(*) FROM bundle WHERE space_id = $1 AND ended_at IS NULL
"""

FIND_BUNDLE = """
SELECT space_id, id, name, market, country, segment_count, remaining_count, period, price_micro,
       period_days, autorenew, starts_at, ends_at, ended_at, ended_reason, created_at
  FROM bundle
 WHERE space_id = $1 AND id = $2
"""

LIST_BUNDLES = """
SELECT space_id, id, name, market, country, segment_count, remaining_count, period, price_micro,
       period_days, autorenew, starts_at, ends_at, ended_at, ended_reason, created_at
  FROM bundle
 WHERE space_id = $1
 ORDER BY id DESC
OFFSET $2 LIMIT $3
"""

FIND_SPACES_OF_OVER_BUNDLES = """
SELECT DISTINCT space_id
  FROM (SELECT space_id
          FROM bundle
         WHERE ended_at IS NULL AND ends_at <= $1
         ORDER BY ends_at
         LIMIT $2) AS over
"""

READ_OVER_BUNDLES = """
SELECT space_id, id, name, market, country, segment_count, remaining_count, period, price_micro,
       period_days, autorenew, starts_at, ends_at, ended_at, ended_reason, created_at
  FROM bundle
 WHERE space_id = ANY($1::int[]) AND ended_at IS NULL AND ends_at <= $2
 ORDER BY space_id, ends_at, id
"""

RENEW_BUNDLES = """
UPDATE bundle
   SET period = bundle.period + 1, remaining_count = bundle.segment_count,
       starts_at = new.starts_at, ends_at = new.ends_at
  FROM unnest($1::int[], $2::int[], $3::timestamptz[], $4::timestamptz[])
       AS new (space_id, id, starts_at, ends_at)
 WHERE bundle.space_id = new.space_id AND bundle.id = new.id AND bundle.ended_at IS NULL
"""

# What remains stays written: it tells how much was not used.
END_BUNDLES = """
UPDATE bundle
   SET ended_at = $4, ended_reason = over.reason
  FROM unnest($1::int[], $2::int[], $3::text[]) AS over (space_id, id, reason)
 WHERE bundle.space_id = over.space_id AND bundle.id = over.id AND bundle.ended_at IS NULL
"""

REFRESH_HAS_BUNDLES = """
UPDATE wallet
   SET has_bundles = EXISTS (SELECT FROM bundle
                              WHERE bundle.space_id = wallet.space_id AND bundle.ended_at IS NULL)
 WHERE space_id = ANY($1::int[])
"""

# The proofs of `staffetta ledger verify`. Each returns one row for every disagreement. ------------

BROKEN_SEQUENCES = """
SELECT space_id, sequence, previous_sequence
  FROM (SELECT space_id, sequence,
               lag(sequence, 1, 0::bigint) OVER (PARTITION BY space_id ORDER BY sequence, id)
                   AS previous_sequence
          FROM ledger_entry) AS entry
 WHERE sequence <> previous_sequence + 1
 ORDER BY space_id, sequence
 LIMIT $1
"""

BROKEN_BALANCES = """
SELECT space_id, sequence, balance_after_micro, previous_micro + amount_micro AS expected_micro
  FROM (SELECT space_id, sequence, amount_micro, balance_after_micro,
               lag(balance_after_micro, 1, 0::bigint)
                   OVER (PARTITION BY space_id ORDER BY sequence, id) AS previous_micro
          FROM ledger_entry) AS entry
 WHERE balance_after_micro <> previous_micro + amount_micro
 ORDER BY space_id, sequence
 LIMIT $1
"""

WALLETS_THAT_DISAGREE = """
SELECT wallet.space_id, wallet.balance_micro, wallet.sequence, wallet.held_micro,
       coalesce(entry.balance_micro, 0)::bigint AS entries_micro,
       coalesce(entry.sequence, 0) AS entries_sequence,
       coalesce(held.held_micro, 0)::bigint AS holds_micro
  FROM wallet
  LEFT JOIN (SELECT space_id, sum(amount_micro) AS balance_micro, max(sequence) AS sequence
               FROM ledger_entry GROUP BY space_id) AS entry USING (space_id)
  LEFT JOIN (SELECT space_id, sum(amount_micro) AS held_micro
               FROM hold WHERE state = 'open' GROUP BY space_id) AS held USING (space_id)
 WHERE wallet.balance_micro <> coalesce(entry.balance_micro, 0)
    OR wallet.sequence <> coalesce(entry.sequence, 0)
    OR wallet.held_micro <> coalesce(held.held_micro, 0)
 ORDER BY wallet.space_id
 LIMIT $1
"""

RECIPIENTS_THAT_DISAGREE = """
SELECT coalesce(recipient.space_id, entry.space_id) AS space_id,
       coalesce(recipient.id, entry.recipient_id) AS recipient_id,
       recipient.state::text AS state,
       recipient.charged_micro,
       coalesce(entry.paid_micro, 0)::bigint AS paid_micro
  FROM recipient
  FULL JOIN (SELECT space_id, recipient_id, -sum(amount_micro) AS paid_micro
               FROM ledger_entry
              WHERE recipient_id IS NOT NULL
              GROUP BY space_id, recipient_id) AS entry
    ON entry.space_id = recipient.space_id AND entry.recipient_id = recipient.id
 WHERE coalesce(recipient.charged_micro, -1) <> coalesce(entry.paid_micro, 0)
 LIMIT $1
"""

# An open hold belongs to a recipient that no carrier has accepted yet and that is still alive.
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

# A segment of the period that runs is still there, used, or was lost when it came back too late.
BUNDLES_THAT_DISAGREE = """
SELECT bundle.space_id, bundle.id, bundle.period, bundle.segment_count, bundle.remaining_count,
       coalesce(used.segment_count, 0)::bigint AS used_count
  FROM bundle
  LEFT JOIN (SELECT space_id, bundle_id, period, sum(segment_count) AS segment_count
               FROM bundle_use
              WHERE returned_at IS NULL OR lost
              GROUP BY space_id, bundle_id, period) AS used
    ON used.space_id = bundle.space_id AND used.bundle_id = bundle.id
   AND used.period = bundle.period
 WHERE bundle.remaining_count + coalesce(used.segment_count, 0) <> bundle.segment_count
 ORDER BY bundle.space_id, bundle.id
 LIMIT $1
"""

# A recipient keeps how many of its segments were covered, returned or not.
COVERS_THAT_DISAGREE = """
SELECT coalesce(recipient.space_id, used.space_id) AS space_id,
       coalesce(recipient.id, used.recipient_id) AS recipient_id,
       coalesce(recipient.bundle_segment_count, 0) AS covered_count,
       coalesce(used.segment_count, 0)::bigint AS used_count
  FROM (SELECT space_id, id, bundle_segment_count
          FROM recipient WHERE bundle_segment_count > 0) AS recipient
  FULL JOIN (SELECT space_id, recipient_id, sum(segment_count) AS segment_count
               FROM bundle_use GROUP BY space_id, recipient_id) AS used
    ON used.space_id = recipient.space_id AND used.recipient_id = recipient.id
 WHERE coalesce(recipient.bundle_segment_count, 0) <> coalesce(used.segment_count, 0)
 LIMIT $1
"""

# Each period of a bundle is paid once.
BUNDLE_PAYMENTS_THAT_DISAGREE = """
SELECT coalesce(sold.space_id, paid.space_id) AS space_id,
       coalesce(sold.price_micro, 0)::bigint AS sold_micro,
       coalesce(paid.paid_micro, 0)::bigint AS paid_micro
  FROM (SELECT space_id, sum(price_micro * period) AS price_micro
          FROM bundle GROUP BY space_id) AS sold
  FULL JOIN (SELECT space_id, -sum(amount_micro) AS paid_micro
               FROM ledger_entry WHERE kind = 'bundle' GROUP BY space_id) AS paid USING (space_id)
 WHERE coalesce(sold.price_micro, 0) <> coalesce(paid.paid_micro, 0)
 LIMIT $1
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
       (SELECT count(*) FROM hold) AS hold_count
"""
