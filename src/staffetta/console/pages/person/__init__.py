"""Pages of whoever comes: signing in, and what is their own."""
