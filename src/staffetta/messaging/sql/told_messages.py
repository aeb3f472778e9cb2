"""The statement that reads messages for the callbacks about them."""

# Looked up one by one (OFFSET 0): the planner does not know how many are asked for. What can change
# after the change that is told comes from the callback's own row, not from here.
READ_TOLD = """
SELECT asked.callback_id, account.email,
       message.id, message.market, message.dry_run, message.sender, recipient.number,
       recipient.calling_code, recipient.country, message.body, message.encoding,
       message.characters_count, message.segment_count, recipient.price_micro, message.options,
       message.callback, message.blocklisted_reason, message.created_at, message.due_at
  FROM unnest($1::int[], $2::bytea[], $3::bytea[], $4::bytea[])
       AS asked (space_id, callback_id, message_id, recipient_id)
 CROSS JOIN LATERAL (
       SELECT id, market, dry_run, sender, body, encoding, characters_count, segment_count,
              options, callback, blocklisted_reason, created_at, due_at
         FROM message
        WHERE message.space_id = asked.space_id AND message.id = asked.message_id
          AND message.service = 'v2'
       OFFSET 0) AS message
 CROSS JOIN LATERAL (
       SELECT number, calling_code, country, price_micro
         FROM recipient
        WHERE recipient.space_id = asked.space_id AND recipient.id = asked.recipient_id
       OFFSET 0) AS recipient
  JOIN space ON space.id = asked.space_id
  JOIN account ON account.id = space.account_id
"""
