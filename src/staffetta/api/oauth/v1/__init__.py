"""OAuth v1: tokens, scopes, credit and counters (contract section 6)."""
