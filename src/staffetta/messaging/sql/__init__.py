"""Every statement of a message's life; one module for each part of it."""
