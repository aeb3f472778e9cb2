"""Accounts and their spaces, API keys, tokens and scopes: who may do what."""
