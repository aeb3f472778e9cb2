"""The statement that finds when spaces sent last."""

# Of each space one step in an index of each kept month, from the newest on.
FIND_LAST_MESSAGES = """
SELECT asked.space_id, last.created_at
  FROM unnest($1::int[]) AS asked (space_id)
 CROSS JOIN LATERAL (SELECT created_at
                       FROM message
                      WHERE message.space_id = asked.space_id
                      ORDER BY message.id DESC
                      LIMIT 1) AS last
"""
