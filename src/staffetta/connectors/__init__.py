"""Links to carriers: each implements the Connector contract of messaging, none touches the database."""
