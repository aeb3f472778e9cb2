"""Statements of wallets, entries, holds and bundles: what moves money.

Those of the proof are in prove_sql, of closings in closing_sql, of readers beside them.
"""

# Sorted, so that two transactions that need the same wallets wait for each other, never in a ring.
LOCK_WALLETS = """
SELECT space_id, balance_micro, held_micro, floor_micro, sequence, blocklisted, has_bundles,
       day_spend_max_micro, spend_day, day_spent_micro, alert_below_micro, alerted,
       newest_entry_id
  FROM wallet
 WHERE space_id = ANY($1::int[])
 ORDER BY space_id
   FOR UPDATE
"""

# All that a book decided, in one statement: a round trip costs more than what it moves.
WRITE_BOOK = """
WITH new_entry AS (
    INSERT INTO ledger_entry (space_id, sequence, id, at, kind, amount_micro, balance_after_micro,
                              counter_account, message_id, recipient_id, note, checksum)
    SELECT space_id, sequence, id, $1, kind, amount_micro, balance_after_micro,
           counter_account, message_id, recipient_id, note,
           ledger_entry_checksum(space_id, sequence, id, $1, kind, amount_micro,
                                 balance_after_micro, counter_account, recipient_id, message_id,
                                 note)
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
       day_spent_micro = new.day_spent_micro, alerted = new.alerted,
       newest_entry_id = new.newest_entry_id, updated_at = $1
  FROM unnest($15::int[], $16::bigint[], $17::bigint[], $18::bigint[], $19::date[], $20::bigint[],
              $21::boolean[], $22::bytea[])
       AS new (space_id, balance_micro, held_micro, sequence, spend_day, day_spent_micro, alerted,
               newest_entry_id)
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

SET_FLOOR = """
UPDATE wallet SET floor_micro = $2 WHERE space_id = $1
"""

INSERT_CREDIT_LIMIT_CHANGE = """
INSERT INTO credit_limit_change (space_id, at, limit_before_micro, limit_micro, balance_micro,
                                 held_micro, forced, note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""

LIST_CREDIT_LIMIT_CHANGES = """
SELECT at, limit_before_micro, limit_micro, balance_micro, held_micro, forced, note
  FROM credit_limit_change
 WHERE space_id = $1
 ORDER BY id DESC
 LIMIT $2
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

READ_SPACES_OF_CLOSED_ACCOUNTS = """
SELECT space.id
  FROM space
  JOIN account ON account.id = space.account_id
 WHERE space.id = ANY($1::int[]) AND account.closed_at IS NOT NULL
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
