"""Every statement of the test receiver."""

READ_ANSWER = """
SELECT answer FROM test_receiver WHERE space_id = $1
"""

SET_ANSWER = """
INSERT INTO test_receiver (space_id, answer)
VALUES ($1, $2)
    ON CONFLICT (space_id) DO UPDATE SET answer = excluded.answer
"""

INSERT_DELIVERY = """
INSERT INTO test_delivery (space_id, at, url, headers, body, octet_count, signature_count,
                           is_signed, http_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""

# Only the newest are kept.
TRIM = """
DELETE FROM test_delivery
 WHERE space_id = $1
   AND id <= (SELECT id
                FROM test_delivery
               WHERE space_id = $1
               ORDER BY id DESC
              OFFSET $2 LIMIT 1)
"""

READ_NEWEST = """
SELECT max(id) FROM test_delivery WHERE space_id = $1 AND at > $2
"""

LIST_DELIVERIES = """
SELECT id, at, url, headers, body, octet_count, signature_count, is_signed, http_status
  FROM test_delivery
 WHERE space_id = $1 AND at > $2
 ORDER BY id DESC
 LIMIT $3
"""

FORGET_OF_SPACE = """
DELETE FROM test_delivery WHERE space_id = $1
"""

FORGET_DELIVERIES = """
DELETE FROM test_delivery
 WHERE (space_id, id) IN (SELECT space_id, id FROM test_delivery WHERE at < $1 ORDER BY at LIMIT $2)
"""
