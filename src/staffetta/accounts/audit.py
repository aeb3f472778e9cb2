"""The audit trail: who changed what about accounts, people, keys and tokens, and when.

An entry is written in the transaction of the change it tells, so there is neither one without the
other. Details hold names, hints and numbers; a secret is never among them, that is the caller's
care. Nothing here changes or deletes an entry.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, Self

import msgspec

from staffetta.accounts.sql import audit as sql
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment

DETAILS_BYTES_MAX: Final = 8192
LISTED_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changed something: somebody signed in, or whoever may run commands on the machine."""

    name: str
    person_id: int | None

    @classmethod
    def command_line(cls, system_user: str) -> Self:
        """Whoever ran a command, by the name the system gives."""
        return cls(f"command line ({system_user})", None)


class Subject(Protocol):
    """What an entry is about: an account, or one of its spaces."""

    @property
    def account_id(self) -> int:
        """Whose."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """One change, as it was noted."""

    entry_id: int
    at: datetime
    actor: str
    person_id: int | None
    action: str
    account: str | None  # its e-mail today; None: the installation
    environment: Environment | None  # None: the whole account
    details: Mapping[str, object]


async def record(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: Subject | None,
    details: Mapping[str, object],
    now: datetime,
) -> None:
    """Note a change in the caller's transaction.

    `subject` is an account or a space; None is the installation. Raises ValueError for details
    that are too long.
    """
    if len(msgspec.json.encode(details)) > DETAILS_BYTES_MAX:
        raise ValueError(f"details of an audit entry have at most {DETAILS_BYTES_MAX} bytes")
    await connection.execute(
        sql.INSERT_ENTRY,
        now,
        actor.name,
        actor.person_id,
        action,
        None if subject is None else subject.account_id,
        getattr(subject, "environment", None),
        msgspec.to_builtins(details),
    )


async def list_entries(
    connection: Connection,
    *,
    account_id: int | None = None,
    action: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[Entry]:
    """The newest entries first; `action` may be a whole group, like person or token."""
    rows = await connection.fetch(
        sql.LIST_ENTRIES, account_id, action, since, min(limit, LISTED_MAX)
    )
    return [
        Entry(
            row["id"],
            row["at"],
            row["actor"],
            row["person_id"],
            row["action"],
            row["email"],
            row["environment"] and Environment(row["environment"]),
            row["details"],
        )
        for row in rows
    ]
