"""Files of recipients: read, and kept until they are sent to."""
