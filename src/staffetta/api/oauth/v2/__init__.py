"""OAuth v2: tokens with limits, scopes, wallet, and what an account can look back on."""
