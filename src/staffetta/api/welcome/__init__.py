"""The page at /: what this server is, and the way to everything on it."""
