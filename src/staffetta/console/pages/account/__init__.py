"""Pages of an account's people."""
