"""The statement that finds what messages cost."""

READ_CHARGES = """
SELECT recipient.space_id, recipient.message_id,
       sum(coalesce(recipient.charged_micro, 0))::bigint AS charged_micro
  FROM unnest($1::int[], $2::bytea[]) AS asked (space_id, message_id)
  JOIN recipient USING (space_id, message_id)
 GROUP BY recipient.space_id, recipient.message_id
"""
