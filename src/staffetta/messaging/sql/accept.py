"""Statements of acceptance: idempotency keys, drafts, and the look for what was stored."""

# Sorted by the caller, so that two batches meet equal keys in the same order. A key older than a
# day is forgotten: it becomes the new request's. Answers the owner of every key, new or old.
CLAIM_KEYS = """
WITH asked AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
                  AS asked (space_id, path, key, body_hash, message_id)
), claimed AS (
    INSERT INTO idempotency_key AS kept (space_id, path, key, body_hash, message_id, created_at)
    SELECT space_id, path, key, body_hash, message_id, $6 FROM asked
     ORDER BY space_id, path, key
        ON CONFLICT (space_id, path, key) DO UPDATE
       SET body_hash = excluded.body_hash, message_id = excluded.message_id,
           created_at = excluded.created_at
     WHERE kept.created_at < $6 - interval '24 hours'
 RETURNING kept.space_id, kept.path, kept.key, kept.body_hash, kept.message_id
)
SELECT space_id, path, key, body_hash, message_id FROM claimed
 UNION ALL
SELECT kept.space_id, kept.path, kept.key, kept.body_hash, kept.message_id
  FROM idempotency_key AS kept
  JOIN asked USING (space_id, path, key)
 WHERE NOT EXISTS (SELECT FROM claimed
                    WHERE claimed.space_id = kept.space_id
                      AND claimed.path = kept.path AND claimed.key = kept.key)
"""

FREE_KEYS = """
DELETE FROM idempotency_key AS kept
 USING unnest($1::int[], $2::text[], $3::text[], $4::bytea[])
       AS refused (space_id, path, key, message_id)
 WHERE kept.space_id = refused.space_id AND kept.path = refused.path AND kept.key = refused.key
   AND kept.message_id = refused.message_id
"""

# A batch of drafts in one statement: each round trip would make every other request of the process
# wait for its answer. A draft's turn is its place behind the newest of its space on its connector,
# or behind the queue's own place, whichever is further (start-time fair queueing). What waits for
# its time takes no place yet.
STORE_DRAFTS = """
WITH new AS (
    SELECT *
      FROM unnest($1::int[], $2::bytea[], $3::text[], $4::smallint[], $5::int[], $6::text[],
                  $7::text[], $8::text[], $9::int[], $10::smallint[], $11::smallint[],
                  $12::boolean[], $13::jsonb[], $14::jsonb[], $15::timestamptz[], $16::text[],
                  $17::text[], $18::text[], $19::text[], $20::bigint[], $21::int[], $22::bigint[],
                  $23::bigint[], $24::text[], $25::timestamptz[], $26::timestamptz[],
                  $27::smallint[], $28::text[], $29::bytea[])
           AS new (space_id, id, market, class, priority, sender, body, encoding,
                   characters_count, segment_count, reference, dry_run, options, callback,
                   created_at, number, country, calling_code, state, turn_offset, connector_id,
                   price_micro, charged_micro, callback_host, expires_at, due_at,
                   bundle_segment_count, blocklisted_reason, sealed_code)
), placed AS (
    SELECT new.*, greatest(queue_turn.turn, queue_clock.turn, 0::bigint) + turn_offset AS turn
      FROM new
      LEFT JOIN queue_turn ON queue_turn.space_id = new.space_id
                          AND queue_turn.connector_id = new.connector_id
      LEFT JOIN queue_clock ON queue_clock.connector_id = new.connector_id
), moved AS (
    INSERT INTO queue_turn (space_id, connector_id, turn)
    SELECT space_id, connector_id, max(turn)
      FROM placed
     WHERE turn_offset > 0
     GROUP BY space_id, connector_id
     ORDER BY space_id, connector_id
        ON CONFLICT (space_id, connector_id) DO UPDATE SET turn = excluded.turn
), stored AS (
    INSERT INTO message (space_id, id, service, market, class, priority, sender, body, encoding,
                         characters_count, segment_count, reference, dry_run, options, callback,
                         blocklisted_reason, sealed_code, created_at, due_at)
    SELECT space_id, id, 'v2', market, class, priority, sender, body, encoding,
           characters_count, segment_count, reference, dry_run, options, callback,
           blocklisted_reason, sealed_code, created_at, due_at
      FROM new
)
INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state, class,
                       priority, turn, connector_id, segment_count, price_micro, charged_micro,
                       bundle_segment_count, callback_host, due_at, expires_at, updated_at)
SELECT space_id, id, id, number, country, calling_code, state::recipient_state, class,
       priority, turn, connector_id, segment_count, price_micro, charged_micro,
       bundle_segment_count, callback_host, due_at, expires_at, created_at
  FROM placed
"""

FIND_MESSAGES = """
SELECT recipient.id, recipient.bundle_segment_count
  FROM recipient
  JOIN unnest($1::int[], $2::bytea[]) AS asked (space_id, id) USING (space_id, id)
"""
