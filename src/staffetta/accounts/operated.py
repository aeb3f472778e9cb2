"""The accounts of an installation as operators look for them, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from staffetta.accounts.read_account import Account
from staffetta.accounts.sql import operated as sql
from staffetta.db.pool import Connection, Row
from staffetta.domain.environments import Environment

LISTED_MAX: Final = 200


class Standing(StrEnum):
    """Which accounts are asked for."""

    ALL = "all"
    OPEN = "open"
    BLOCKED = "blocked"  # in one environment at least
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OperatedAccount:
    """One account at a glance; its money and its messages are known elsewhere, by its spaces."""

    account: Account
    spaces: Mapping[Environment, int]
    blocked_in: tuple[Environment, ...]


async def list_operated(
    connection: Connection,
    *,
    search: str = "",
    standing: Standing = Standing.ALL,
    after: str = "",
    limit: int = LISTED_MAX,
) -> list[OperatedAccount]:
    """Accounts by address, from the one behind `after`.

    `search` is a part of an account's address, or of an address or name of its people.
    """
    rows = await connection.fetch(
        sql.LIST_OPERATED, search.lower(), standing, after, min(limit, LISTED_MAX)
    )
    return [_read(row) for row in rows]


def _read(row: Row) -> OperatedAccount:
    created_at: datetime = row["created_at"]
    return OperatedAccount(
        Account(row["id"], row["email"], row["currency"], created_at, row["closed_at"]),
        dict(zip(map(Environment, row["environments"]), row["space_ids"], strict=True)),
        tuple(map(Environment, row["blocked_in"])),
    )
