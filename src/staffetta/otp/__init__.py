"""One-time passwords on top of messaging: codes, their texts, sending and checking them."""
