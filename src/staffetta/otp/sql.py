"""Statements of one-time passwords. A reservation is one round trip, in front of every 201.

It need not be durable by itself, so its commit does not wait for the disk: whoever answers a client
waits for the message's own commit, which comes later in the same log and takes this one along.
"""

# A code for one message alone.
RESERVE_FRESH = """
WITH eased AS (
    SELECT set_config('synchronous_commit', 'off', true)
), made AS (
    INSERT INTO otp_code (space_id, id, sealed, tries_left, created_at)
    SELECT $1, $3, $4, $5, $6 FROM eased
)
INSERT INTO otp_message (space_id, message_id, code_id, created_at) VALUES ($1, $2, $3, $6)
"""

# The code that is kept for this number, or the new one, kept from now on. The row's lock decides
# between two requests at one moment, and its own columns say the code: another request's otp_code
# need not be visible to this statement.
RESERVE_CACHED = """
WITH eased AS (
    SELECT set_config('synchronous_commit', 'off', true)
), kept AS (
    INSERT INTO otp_cache AS kept
           (space_id, number, length, alphanumeric, code_id, sealed, cached_until)
    SELECT $1, $7, $8, $9, $3, $4, $10 FROM eased
        ON CONFLICT (space_id, number, length, alphanumeric) DO UPDATE
       SET code_id = CASE WHEN kept.cached_until > $6 THEN kept.code_id
                          ELSE excluded.code_id END,
           sealed = CASE WHEN kept.cached_until > $6 THEN kept.sealed
                         ELSE excluded.sealed END,
           cached_until = CASE WHEN kept.cached_until > $6 THEN kept.cached_until
                               ELSE excluded.cached_until END
 RETURNING kept.code_id, kept.sealed
), made AS (
    INSERT INTO otp_code (space_id, id, sealed, tries_left, created_at)
    SELECT $1, code_id, sealed, $5, $6 FROM kept WHERE code_id = $3
), carried AS (
    INSERT INTO otp_message (space_id, message_id, code_id, created_at)
    SELECT $1, $2, code_id, $6 FROM kept
)
SELECT code_id, sealed FROM kept
"""

READ_CODE = """
SELECT otp_code.id, otp_code.sealed
  FROM otp_message
  JOIN otp_code ON otp_code.space_id = otp_message.space_id AND otp_code.id = otp_message.code_id
 WHERE otp_message.space_id = $1 AND otp_message.message_id = $2
"""

# A code that was reserved for a message that was then refused was not sent.
LOCK_CODE = """
SELECT otp_code.id, otp_code.sealed, otp_code.tries_left, otp_code.used_at,
       (SELECT max(sent.created_at)
          FROM otp_message AS sent
          JOIN message ON message.space_id = sent.space_id AND message.id = sent.message_id
         WHERE sent.space_id = otp_code.space_id AND sent.code_id = otp_code.id) AS last_sent_at
  FROM otp_message
  JOIN message ON message.space_id = otp_message.space_id AND message.id = otp_message.message_id
  JOIN otp_code ON otp_code.space_id = otp_message.space_id AND otp_code.id = otp_message.code_id
 WHERE otp_message.space_id = $1 AND otp_message.message_id = $2
   FOR UPDATE OF otp_code
"""

# Codes are forgotten after a day; the message still says that it carried one.
CARRIED_CODE = """
SELECT EXISTS (SELECT FROM message
                WHERE space_id = $1 AND id = $2 AND sealed_code IS NOT NULL AND NOT dry_run)
"""

NOTE_TRY = """
UPDATE otp_code SET tries_left = $3, used_at = $4 WHERE space_id = $1 AND id = $2
"""

LEAVE_CACHE = """
DELETE FROM otp_cache WHERE space_id = $1 AND code_id = $2
"""

# It never waits for a request. Answers one row for each row forgotten.
FORGET = """
WITH old_message AS (
    SELECT space_id, message_id FROM otp_message
     WHERE created_at < $1 LIMIT $3 FOR UPDATE SKIP LOCKED
), old_code AS (
    SELECT space_id, id FROM otp_code
     WHERE created_at < $1 LIMIT $3 FOR UPDATE SKIP LOCKED
), old_cache AS (
    SELECT space_id, number, length, alphanumeric FROM otp_cache
     WHERE cached_until < $2 LIMIT $3 FOR UPDATE SKIP LOCKED
), no_message AS (
    DELETE FROM otp_message AS gone USING old_message AS old
     WHERE gone.space_id = old.space_id AND gone.message_id = old.message_id
 RETURNING 1
), no_code AS (
    DELETE FROM otp_code AS gone USING old_code AS old
     WHERE gone.space_id = old.space_id AND gone.id = old.id
 RETURNING 1
), no_cache AS (
    DELETE FROM otp_cache AS gone USING old_cache AS old
     WHERE gone.space_id = old.space_id AND gone.number = old.number
       AND gone.length = old.length AND gone.alphanumeric = old.alphanumeric
 RETURNING 1
)
SELECT (SELECT count(*) FROM no_message) + (SELECT count(*) FROM no_code)
     + (SELECT count(*) FROM no_cache)
"""
