"""Every statement about what was asked of the API: counts by day, and refusals."""

# Sorted by the caller, as all rows that several processes may meet in.
ADD_COUNTS = """
INSERT INTO usage_count AS kept
       (space_id, day, scope, token_hash, domain, request_count, error_count, wallet_count,
        subscription_count, wallet_micro)
SELECT *
  FROM unnest($1::int[], $2::date[], $3::text[], $4::bytea[], $5::text[], $6::bigint[],
              $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[])
    ON CONFLICT (space_id, day, scope, token_hash) DO UPDATE
   SET request_count = kept.request_count + excluded.request_count,
       error_count = kept.error_count + excluded.error_count,
       wallet_count = kept.wallet_count + excluded.wallet_count,
       subscription_count = kept.subscription_count + excluded.subscription_count,
       wallet_micro = kept.wallet_micro + excluded.wallet_micro
"""

ADD_ADDRESSES = """
INSERT INTO usage_ip AS kept
       (space_id, day, domain, ip, request_count, error_count, wallet_count, subscription_count,
        wallet_micro)
SELECT space_id, day, domain, ip::inet, request_count, error_count, wallet_count,
       subscription_count, wallet_micro
  FROM unnest($1::int[], $2::date[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
              $7::bigint[], $8::bigint[], $9::bigint[])
       AS new (space_id, day, domain, ip, request_count, error_count, wallet_count,
               subscription_count, wallet_micro)
    ON CONFLICT (space_id, day, domain, ip) DO UPDATE
   SET request_count = kept.request_count + excluded.request_count,
       error_count = kept.error_count + excluded.error_count,
       wallet_count = kept.wallet_count + excluded.wallet_count,
       subscription_count = kept.subscription_count + excluded.subscription_count,
       wallet_micro = kept.wallet_micro + excluded.wallet_micro
"""

ADD_ERRORS = """
INSERT INTO request_error
       (space_id, id, at, scope, domain, http_status, error, message, ip)
SELECT space_id, id, at, scope, domain, http_status, error, message, ip::inet
  FROM unnest($1::int[], $2::bytea[], $3::timestamptz[], $4::text[], $5::text[], $6::smallint[],
              $7::float8[], $8::text[], $9::text[])
       AS new (space_id, id, at, scope, domain, http_status, error, message, ip)
    ON CONFLICT DO NOTHING
"""

READ_BY_SCOPE = """
SELECT scope AS name, sum(request_count)::bigint AS request_count,
       sum(error_count)::bigint AS error_count, sum(wallet_count)::bigint AS wallet_count,
       sum(subscription_count)::bigint AS subscription_count,
       sum(wallet_micro)::bigint AS wallet_micro
  FROM usage_count
 WHERE space_id = $1 AND day BETWEEN $2 AND $3
 GROUP BY scope
 ORDER BY scope
"""

READ_BY_DOMAIN = """
SELECT domain AS name, sum(request_count)::bigint AS request_count,
       sum(error_count)::bigint AS error_count, sum(wallet_count)::bigint AS wallet_count,
       sum(subscription_count)::bigint AS subscription_count,
       sum(wallet_micro)::bigint AS wallet_micro
  FROM usage_count
 WHERE space_id = $1 AND day BETWEEN $2 AND $3
 GROUP BY domain
 ORDER BY domain
"""

COUNT_ADDRESSES = """
SELECT domain, count(DISTINCT ip) FILTER (WHERE ip <> '0.0.0.0') AS ip_count
  FROM usage_ip
 WHERE space_id = $1 AND day BETWEEN $2 AND $3
 GROUP BY domain
"""

# The busiest first.
READ_BY_ADDRESS = """
SELECT host(ip) AS name, sum(request_count)::bigint AS request_count,
       sum(error_count)::bigint AS error_count, sum(wallet_count)::bigint AS wallet_count,
       sum(subscription_count)::bigint AS subscription_count,
       sum(wallet_micro)::bigint AS wallet_micro
  FROM usage_ip
 WHERE space_id = $1 AND day BETWEEN $2 AND $3
   AND ($5::text IS NULL OR domain = $5)
 GROUP BY ip
 ORDER BY sum(request_count) DESC, ip
 LIMIT $4
"""

READ_TOTALS = """
SELECT counted.request_count, counted.error_count, counted.wallet_count,
       counted.subscription_count, seen.ip_count
  FROM (SELECT coalesce(sum(request_count), 0)::bigint AS request_count,
               coalesce(sum(error_count), 0)::bigint AS error_count,
               coalesce(sum(wallet_count), 0)::bigint AS wallet_count,
               coalesce(sum(subscription_count), 0)::bigint AS subscription_count
          FROM usage_count
         WHERE space_id = $1 AND day BETWEEN $2 AND $3) AS counted,
       (SELECT count(DISTINCT ip) FILTER (WHERE ip <> '0.0.0.0') AS ip_count
          FROM usage_ip
         WHERE space_id = $1 AND day BETWEEN $2 AND $3) AS seen
"""

READ_OF_TOKEN = """
SELECT coalesce(sum(request_count), 0)::bigint AS request_count,
       coalesce(sum(error_count), 0)::bigint AS error_count,
       coalesce(sum(wallet_count), 0)::bigint AS wallet_count,
       coalesce(sum(subscription_count), 0)::bigint AS subscription_count,
       coalesce(sum(wallet_micro), 0)::bigint AS wallet_micro
  FROM usage_count
 WHERE token_hash = $1
"""  # noqa: S105 (a statement, no secret)

READ_OF_TOKENS = """
SELECT token_hash AS name, sum(request_count)::bigint AS request_count,
       sum(error_count)::bigint AS error_count, sum(wallet_count)::bigint AS wallet_count,
       sum(subscription_count)::bigint AS subscription_count,
       sum(wallet_micro)::bigint AS wallet_micro
  FROM usage_count
 WHERE token_hash = ANY ($1::bytea[])
 GROUP BY token_hash
"""

# Only so many are looked at: few or none may fit.
READ_ERRORS = """
SELECT id, at, scope, domain, http_status, error, message, host(ip) AS ip
  FROM (SELECT *
          FROM request_error
         WHERE space_id = $1
         ORDER BY id DESC
         LIMIT $5) AS newest
 WHERE $2::text[] IS NULL OR scope = ANY ($2)
 ORDER BY id DESC
OFFSET $3 LIMIT $4
"""

FORGET_ERRORS = """
DELETE FROM request_error
 WHERE (space_id, id) IN (SELECT space_id, id
                            FROM request_error
                           WHERE id < $1
                           ORDER BY id
                           LIMIT $2
                             FOR UPDATE SKIP LOCKED)
"""
