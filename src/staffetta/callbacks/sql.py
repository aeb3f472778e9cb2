"""Every statement of callbacks."""

OWE = """
INSERT INTO callback (space_id, id, message_id, recipient_id, step, event, host, charged_micro,
                      possibly_duplicate, sent_at, delivered_at, changed_at, due_at, created_at)
SELECT space_id, id, message_id, recipient_id, step, event, host, charged_micro,
       possibly_duplicate, sent_at, delivered_at, $12, $12, $12
  FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bytea[], $5::smallint[], $6::text[],
              $7::text[], $8::bigint[], $9::boolean[], $10::timestamptz[], $11::timestamptz[])
       AS new (space_id, id, message_id, recipient_id, step, event, host, charged_micro,
               possibly_duplicate, sent_at, delivered_at)
"""

READ_ALERT_URLS = """
SELECT space.id AS space_id, space.settings ->> 'alert_url' AS alert_url,
       space.environment::text AS environment, account.email
  FROM space
  JOIN account ON account.id = space.account_id
 WHERE space.id = ANY($1::int[])
   AND space.settings ->> 'alert_url' <> ''
 ORDER BY space.id
"""

OWE_LOW_CREDIT = """
INSERT INTO callback (space_id, id, step, event, kind, host, payload, changed_at, due_at,
                      created_at)
SELECT space_id, id, 0, 'low_credit', 'low_credit', host, payload, $5, $5, $5
  FROM unnest($1::int[], $2::bytea[], $3::text[], $4::jsonb[])
       AS new (space_id, id, host, payload)
"""
