"""What limited tokens have used: every statement of the table token_use."""

# Never more than the limit; a limit that was lowered lends nothing. No row where nothing is left.
BORROW_OF_LIFE = """
INSERT INTO token_use AS kept (use_hash, request_count, lent_last)
SELECT $1, least($2::bigint, $3::bigint), least($2::bigint, $3::bigint)
 WHERE $3::bigint > 0
    ON CONFLICT (use_hash) DO UPDATE
   SET request_count = kept.request_count + least($2, $3 - kept.request_count),
       lent_last = least($2, $3 - kept.request_count)
 WHERE kept.request_count < $3
RETURNING request_count, lent_last
"""

GIVE_BACK = """
UPDATE token_use
   SET request_count = greatest(request_count - $2, 0)
 WHERE use_hash = $1
"""

# What a token has spent. Whoever reads to decide, or writes, holds the wallet's lock of its space.
READ_SPENT = """
SELECT use_hash, wallet_count, subscription_count, wallet_micro
  FROM token_use
 WHERE use_hash = ANY ($1::bytea[])
"""

# Sorted by the caller, as all rows that several transactions may meet in.
WRITE_SPENT = """
INSERT INTO token_use AS kept (use_hash, wallet_count, subscription_count, wallet_micro)
SELECT *
  FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[])
    ON CONFLICT (use_hash) DO UPDATE
   SET wallet_count = excluded.wallet_count,
       subscription_count = excluded.subscription_count,
       wallet_micro = excluded.wallet_micro
"""

# What tokens did, each beside what is counted of it and of those it was renewed from.
READ_LINES = """
SELECT token.hash, coalesce(used.request_count, 0) AS request_count,
       coalesce(used.error_count, 0) AS error_count, used.used_on,
       coalesce(counted.request_count, 0) AS lent_count,
       coalesce(counted.wallet_count, 0) AS wallet_count,
       coalesce(counted.subscription_count, 0) AS subscription_count,
       coalesce(counted.wallet_micro, 0) AS wallet_micro
  FROM token
 CROSS JOIN LATERAL (
       SELECT sum(request_count)::bigint AS request_count,
              sum(error_count)::bigint AS error_count, max(day) AS used_on
         FROM usage_count
        WHERE usage_count.token_hash = token.hash) AS used
  LEFT JOIN token_use AS counted ON counted.use_hash = coalesce(token.use_hash, token.hash)
 WHERE token.hash = ANY ($1::bytea[])
"""
