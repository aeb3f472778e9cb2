"""Links to carriers. They implement messaging's Connector contract and never touch the database."""
