"""Proving who somebody is: e-mail and password, guarded against guessing.

What is wrong is never told, and takes the same time: unknown e-mail, wrong password, disabled
person, closed account. Tries are counted before anything is checked, so that many at once cannot
slip by.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Address, ip_network
from typing import Final

from staffetta.accounts.email import Email
from staffetta.accounts.errors import InvalidEmail
from staffetta.accounts.passwords import Passwords
from staffetta.accounts.people import Role
from staffetta.accounts.people_errors import TooManyTries
from staffetta.accounts.sql import people as sql
from staffetta.db.pool import Connection, Database, Row
from staffetta.domain.errors import NotAcceptingNow
from staffetta.domain.ip_addresses import read_address

_IPV6_PREFIX: Final = 64  # what one customer of a provider has, at least
_FORGET_MAX: Final = 10_000
_KEPT_AT_REST: Final = timedelta(minutes=10)  # for clocks that differ
_WHILE_NOT_LOCKED: Final = timedelta(seconds=1)


class Guard(StrEnum):
    """What tries are counted by; the values are the database's."""

    EMAIL = "email"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class TryRate:
    """So many tries at once, and then one each `step`: a moment of rest that moves on (GCRA)."""

    count: int
    step: timedelta


TRIES: Final[dict[Guard, TryRate]] = {
    Guard.EMAIL: TryRate(10, timedelta(minutes=1)),
    Guard.ADDRESS: TryRate(50, timedelta(seconds=10)),
}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who it is, proved by the password that was set at `password_at`."""

    person_id: int
    account_id: int | None  # None: an operator of the installation
    email: str
    name: str
    role: Role
    password_at: datetime


async def check_password(
    database: Database,
    passwords: Passwords,
    email_text: str,
    password_text: str,
    address: str,
    now: datetime,
) -> SignedIn | None:
    """Who signs in with an e-mail and a password, from an IP address; None: not with these.

    Raises TooManyTries and NotAcceptingNow, and then nothing was checked; ValueError for an address
    that is none.
    """
    email = _email(email_text)
    subjects = _subjects(email, address)
    async with database.transaction() as connection:
        await _take_tries(connection, subjects, now)
    async with database.acquire() as connection:
        row = email and await connection.fetchrow(sql.READ_CREDENTIALS, email.text)
    stored: str | None = row["password_hash"] if row else None
    right = await passwords.verify(password_text, stored)
    if not (right and row and email and row["may_enter"]):
        return None
    if stored and passwords.is_outdated(stored):
        await _rehash(database, passwords, row, password_text)
    async with database.transaction() as connection:
        await _forgive(connection, subjects)
    return read_signed_in(row)


def read_signed_in(row: Row) -> SignedIn:
    """The person of a row."""
    return SignedIn(
        row["id"],
        row["account_id"],
        row["email"],
        row["name"],
        Role(row["role"]),
        row["password_at"],
    )


async def forget_tries_once(database: Database, now: datetime) -> int:
    """Forget counters that have long been at rest; answers how many."""
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_TRIES, now - _KEPT_AT_REST, _FORGET_MAX)
    return int(status.rpartition(" ")[2])


def _email(text: str) -> Email | None:
    try:
        return Email.parse(text)
    except InvalidEmail:
        return None


def _subjects(email: Email | None, address: str) -> list[tuple[Guard, str]]:
    """What this try counts for, in the order in which every try locks."""
    counted = [(Guard.EMAIL, email.text)] if email else []
    return [*counted, (Guard.ADDRESS, address_subject(address))]


def address_subject(address: str) -> str:
    """The address, or the network of it that one stranger has all to himself; raises ValueError."""
    parsed = read_address(address)
    if parsed is None:
        raise ValueError(f"{address!r} is no IP address")
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(ip_network((parsed, _IPV6_PREFIX), strict=False))


async def _take_tries(
    connection: Connection, subjects: list[tuple[Guard, str]], now: datetime
) -> None:
    """Count a try everywhere or, where one guard refuses it, nowhere."""
    for guard, subject in subjects:
        rate = TRIES[guard]
        ahead_max = rate.step * (rate.count - 1)
        taken = await connection.fetchval(sql.TAKE_TRY, guard, subject, now, rate.step, ahead_max)
        if taken is None:
            rests_at = await connection.fetchval(sql.READ_TRIES, guard, subject)
            wait = (rests_at or now) - now - ahead_max
            raise TooManyTries(-(-max(wait, _WHILE_NOT_LOCKED) // timedelta(seconds=1)))


async def _forgive(connection: Connection, subjects: list[tuple[Guard, str]]) -> None:
    """The right password: the e-mail begins anew; the address only gets its one try back.

    Otherwise somebody with an account of his own could try others' passwords for ever.
    """
    for guard, subject in subjects:
        if guard is Guard.EMAIL:
            await connection.execute(sql.FORGIVE_TRIES, guard, subject)
        else:
            await connection.execute(sql.GIVE_BACK_TRY, guard, subject, TRIES[guard].step)


async def _rehash(database: Database, passwords: Passwords, row: Row, text: str) -> None:
    """Store the same password with today's parameters, unless it has changed meanwhile."""
    try:
        password_hash = await passwords.hash_again(text)
    except NotAcceptingNow:
        return  # another time
    async with database.acquire() as connection:
        await connection.execute(
            sql.REHASH_PASSWORD, row["id"], row["password_hash"], password_hash
        )
