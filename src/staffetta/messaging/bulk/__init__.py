"""One text to many recipients: v1's messages, from acceptance to cancelling."""
