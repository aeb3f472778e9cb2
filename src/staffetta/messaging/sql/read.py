"""Statements that read messages back."""

_VIEW = """
SELECT message.id, message.market, recipient.state::text AS state, message.dry_run,
       message.sender, recipient.number, recipient.calling_code, recipient.country,
       message.body, message.encoding, message.characters_count, message.segment_count,
       recipient.price_micro, recipient.charged_micro, message.options, message.callback,
       message.blocklisted_reason, recipient.possibly_duplicate, message.created_at,
       recipient.updated_at, recipient.sent_at, recipient.delivered_at,
       message.due_at
  FROM message
  JOIN recipient ON recipient.space_id = message.space_id AND recipient.id = message.id
"""

GET_MESSAGE = (
    _VIEW
    + """
 WHERE message.space_id = $1 AND message.id = $2 AND message.service = 'v2'
   AND (NOT message.dry_run OR message.created_at > $3)
"""
)

LIST_MESSAGES = (
    _VIEW
    + """
 WHERE message.space_id = $1 AND message.service = 'v2' AND NOT message.dry_run
 ORDER BY message.id DESC
OFFSET $2 LIMIT $3
"""
)
