"""Somebody who signs in, for tests: who it is, with which password, from where."""

from typing import Final

from argon2 import PasswordHasher

from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Password

OLGA: Final = Email.parse("olga@example.com")
OTTO: Final = Email.parse("otto@example.com")
PASSWORD: Final = Password.parse("correct horse", OLGA)
OTHER: Final = Password.parse("battery staple", OLGA)
HOME: Final = "192.0.2.7"
# Not safe, but quick: what is tested is not the hash.
QUICK: Final = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
