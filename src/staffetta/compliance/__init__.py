"""What may not be sent: forbidden words, senders that need approval, rates that guard passwords."""
