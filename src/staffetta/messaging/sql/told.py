"""What every statement that changes a recipient's visible state returns (see messaging/telling)."""

TOLD = """
RETURNING recipient.space_id, recipient.id, recipient.message_id, recipient.state::text AS state,
          recipient.callback_host, recipient.resend_count, recipient.possibly_duplicate,
          recipient.charged_micro, recipient.bundle_segment_count, recipient.sent_at,
          recipient.delivered_at,
          recipient.price_micro * (recipient.segment_count - recipient.bundle_segment_count)
              AS cost_micro
"""
