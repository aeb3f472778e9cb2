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
