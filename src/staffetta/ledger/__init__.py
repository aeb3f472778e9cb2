"""Wallets, entries, holds: the only code that moves money.

`book` decides (pure), `store` reads and writes what it decided, `verify` proves that entries,
wallets, holds and messages agree.
"""
