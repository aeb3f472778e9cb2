"""Every statement about hosts that are left alone."""

WRITE_PAUSES = """
INSERT INTO callback_pause (space_id, host, down_since, until, error, owner)
SELECT space_id, host, down_since, until, error, $6::int
  FROM unnest($1::int[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
       AS new (space_id, host, down_since, until, error)
    ON CONFLICT (space_id, host, owner) DO UPDATE
   SET down_since = excluded.down_since, until = excluded.until, error = excluded.error
"""

END_PAUSES = """
DELETE FROM callback_pause
 USING unnest($1::int[], $2::text[]) AS over (space_id, host)
 WHERE callback_pause.space_id = over.space_id
   AND callback_pause.host = over.host
   AND callback_pause.owner = $3
"""

READ_PAUSES = """
SELECT DISTINCT ON (host) host, down_since, until, error
  FROM callback_pause
 WHERE space_id = $1 AND until > $2
 ORDER BY host, until DESC
"""

FORGET_PAUSES = """
DELETE FROM callback_pause
 WHERE (space_id, host, owner) IN (SELECT space_id, host, owner
                                     FROM callback_pause
                                    WHERE until < $1
                                    ORDER BY until
                                    LIMIT $2)
"""
