"""Every statement about senders and the countries where they need approval."""

READ_SENDERS_VERSION = """
SELECT senders_version FROM configuration
"""

READ_SENDER_RULES = """
SELECT country FROM sender_rule
"""

# Elsewhere approvals are not asked for: what is not needed is not read.
READ_APPROVED_SENDERS = """
SELECT sender.space_id, sender.country, sender.sender
  FROM sender
  JOIN sender_rule ON sender_rule.country = sender.country
 WHERE sender.state = 'APPROVED'
"""
