"""The audit trail: who changed what about accounts, people, keys and tokens, and when.

An entry is written in the transaction of the change it tells, so there is neither one without the
other. Details hold names, hints and numbers; a secret is never among them, that is the caller's
care. Nothing here changes or deletes an entry.

A form that must be obeyed once bears a number of its own, which its entry keeps: who asks for it
first stands in line until the change is there, or is not.
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
# What an entry keeps among its details, and tells by itself.
_ADDRESS: Final = "address"
_FORM: Final = "form"
_OWN: Final = (_ADDRESS, _FORM)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changed something: somebody signed in, or whoever may run commands on the machine."""

    name: str
    person_id: int | None
    address: str | None = None  # of the browser; None: a command on the machine

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
    address: str | None = None  # where it was asked for; None: on the machine


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries are meant; None and "" leave a condition out."""

    account_id: int | None = None
    account: str = ""  # a part of an account's address
    actor: str = ""  # a part of who it was
    action: str | None = None  # or a whole group, like person or token
    since: datetime | None = None
    until: datetime | None = None  # excluded
    before: int | None = None  # an entry's number: only what is older


EVERYTHING: Final = EntryFilter()


async def record(
    connection: Connection,
    actor: Actor,
    action: str,
    subject: Subject | None,
    details: Mapping[str, object],
    now: datetime,
    *,
    form: str | None = None,
) -> None:
    """Note a change in the caller's transaction.

    `subject` is an account or a space; None is the installation. `form` is the number of the form
    that asked for it, for `was_obeyed`. Raises ValueError for details that are too long.
    """
    own = {_ADDRESS: actor.address, _FORM: form}
    details = {**details, **{name: value for name, value in own.items() if value is not None}}
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


async def was_obeyed(connection: Connection, subject: Subject, form: str) -> bool:
    """Whether a form about an account was obeyed already, in the caller's transaction.

    The same form sent twice at once: the second waits for the first one's transaction.
    """
    await connection.execute(sql.LOCK_FORM, form)
    return bool(await connection.fetchval(sql.FORM_WAS_OBEYED, subject.account_id, form))


async def list_entries(
    connection: Connection, wanted: EntryFilter = EVERYTHING, limit: int = 100
) -> list[Entry]:
    """The entries that fit, newest first, LISTED_MAX at most."""
    rows = await connection.fetch(
        sql.LIST_ENTRIES,
        wanted.account_id,
        wanted.action,
        wanted.since,
        wanted.until,
        wanted.before,
        wanted.account,
        wanted.actor,
        min(limit, LISTED_MAX),
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
            {name: value for name, value in row["details"].items() if name not in _OWN},
            row["details"].get(_ADDRESS),
        )
        for row in rows
    ]
