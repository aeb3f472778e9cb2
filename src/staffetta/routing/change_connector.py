"""Changing one connector: its columns, settings and secrets, whether it runs, and its end.

Every change is one row of one transaction, and the database counts it: running servers see it
within a second. What a setting means is known to the links alone, so whoever changes brings the
check; nothing is stored that it refuses.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from staffetta.db.pool import Connection, Row
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import CannotUnseal, Keyring
from staffetta.routing import change_sql as sql
from staffetta.routing import definition
from staffetta.routing.checks import refuse_open_check
from staffetta.routing.connector_use import count_backlog, count_in_flight
from staffetta.routing.connectors import (
    LONG_PASSWORDS,
    open_password,
    open_tls_key,
    seal_password,
    seal_tls_key,
)
from staffetta.routing.errors import ConnectorInUse, ConnectorMissing, InvalidConnector
from staffetta.routing.learned import forget_learned

SIMULATED: Final = "simulated"
# A server that has not read the configuration anew may still accept for a stopped connector.
_SETTLED_SECONDS: Final = 5.0
_NAMES_SHOWN_MAX: Final = 20


class StoredConnector(msgspec.Struct, frozen=True):
    """One connector as its row has it, secrets sealed."""

    id: int
    environment: Environment
    name: str
    kind: str  # smpp or simulated
    host: str
    port: int
    system_id: str
    password: bytes | None
    tls_key: bytes | None
    window_max: int
    rate_per_second: int
    link_count: int
    enabled: bool
    settings: Mapping[str, object]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class OpenSecrets:
    """What a row keeps sealed, readable."""

    password: str = field(default="", repr=False)
    tls_key: str = field(default="", repr=False)  # PEM


# Raises an error of its own for what the links could not run with.
Check = Callable[[StoredConnector, OpenSecrets], None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that operators may change, under the name they know."""

    field_name: str
    faults: Callable[[Any], Iterable[str]]
    default: int | None = None  # None: it cannot be left out
    of_smpp_alone: bool = False  # the simulated network is wherever it listens


COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "host": Column("host", definition.host_faults, of_smpp_alone=True),
        "port": Column("port", definition.port_faults, of_smpp_alone=True),
        "system_id": Column("system_id", definition.system_id_faults, of_smpp_alone=True),
        "window": Column("window_max", definition.window_faults, definition.WINDOW_DEFAULT),
        "rate": Column(
            "rate_per_second", definition.rate_faults, definition.RATE_PER_SECOND_DEFAULT
        ),
        "links": Column("link_count", definition.links_faults, definition.LINKS_DEFAULT),
    }
)


@dataclass(frozen=True, slots=True)
class ConnectorChange:
    """What is to be another way; everything else stays."""

    columns: Mapping[str, object] = field(default_factory=dict)  # under operators' names
    settings: Mapping[str, object] = field(default_factory=dict)
    unset: frozenset[str] = frozenset()  # settings, and columns with a default
    password: str | None = field(default=None, repr=False)
    tls_key: str | None = field(default=None, repr=False)  # PEM; "" takes it away


async def find_connector(
    connection: Connection,
    name: str,
    environment: Environment | None = None,
    *,
    to_change: bool = False,
) -> StoredConnector:
    """The connector with this name; `to_change` keeps others from changing it until the commit.

    Raises ConnectorMissing, also when two environments have the name and none was said.
    """
    statement = sql.FIND_CONNECTORS_TO_CHANGE if to_change else sql.FIND_CONNECTORS
    rows = await connection.fetch(statement, name, environment and environment.value)
    if len(rows) > 1:
        raise ConnectorMissing(
            f"{name} is the name of a connector in each environment: say --environment"
        )
    if not rows:
        known = [row["name"] for row in await connection.fetch(sql.CONNECTOR_NAMES)]
        raise ConnectorMissing(_missing(name, known))
    return _stored(rows[0])


def _missing(name: str, known: list[str]) -> str:
    if not known:
        return f"there is no connector {name}, nor any other: `staffetta connector add` makes one"
    shown = ", ".join(known[:_NAMES_SHOWN_MAX])
    return f"there is no connector {name}; there is {shown}"


def _stored(row: Row) -> StoredConnector:
    return StoredConnector(**{**dict(row.items()), "environment": Environment(row["environment"])})


def open_secrets(keyring: Keyring, stored: StoredConnector) -> OpenSecrets:
    """A connector's secrets, readable; raises InvalidConnector where the server's key is another.

    The sentence says what mends it.
    """
    environment, name = stored.environment, stored.name
    try:
        password = open_password(keyring, stored.password, environment, name)
    except CannotUnseal as error:
        raise InvalidConnector(
            f"the password of connector {name} cannot be opened ({error}):"
            " set it again with --password-file"
        ) from None
    try:
        return OpenSecrets(password, open_tls_key(keyring, stored.tls_key, environment, name))
    except CannotUnseal as error:
        raise InvalidConnector(
            f"the client key of connector {name} cannot be opened ({error}):"
            " set it again with --tls-key-file"
        ) from None


async def change_connector(
    connection: Connection,
    keyring: Keyring,
    stored: StoredConnector,
    change: ConnectorChange,
    check: Check,
    now: datetime,
) -> StoredConnector:
    """Change a connector that was found `to_change`, in the caller's transaction.

    Raises InvalidConnector, and what `check` raises.
    """
    changed = _with_secrets(keyring, changed_connector(stored, change), change)
    secrets = open_secrets(keyring, changed)
    long_allowed = changed.settings.get(LONG_PASSWORDS) is True
    _refuse_first(definition.password_faults(secrets.password, long_allowed=long_allowed))
    check(changed, secrets)
    if changed == stored:
        return stored
    await connection.execute(
        sql.CHANGE_CONNECTOR,
        changed.id,
        changed.host,
        changed.port,
        changed.system_id,
        changed.password,
        changed.tls_key,
        changed.window_max,
        changed.rate_per_second,
        changed.link_count,
        dict(changed.settings),
        now,
    )
    if (changed.host, changed.system_id) != (stored.host, stored.system_id):
        await forget_learned(connection, changed.id)
    return changed


def changed_connector(stored: StoredConnector, change: ConnectorChange) -> StoredConnector:
    """The row with its columns and settings changed, secrets as they were; InvalidConnector."""
    fields: dict[str, Any] = {}
    for name, value in change.columns.items():
        column = COLUMNS[name]
        _refuse_first(_column_faults(stored, name, column, value))
        fields[column.field_name] = value
    settings = {**stored.settings, **change.settings}
    for name in change.unset:
        column_of = COLUMNS.get(name)
        if column_of is None:
            settings.pop(name, None)
        elif column_of.default is None:
            raise InvalidConnector(f"a connector cannot be without {name}: set it instead")
        else:
            fields[column_of.field_name] = column_of.default
    return msgspec.structs.replace(stored, **fields, settings=settings)


def _column_faults(
    stored: StoredConnector, name: str, column: Column, value: object
) -> Iterable[str]:
    if column.of_smpp_alone and stored.kind == SIMULATED:
        yield f"{stored.name} is the simulated network, which has no {name} to set"
    wanted = type(getattr(stored, column.field_name))
    if type(value) is not wanted:
        yield f"{name} is a {'number' if wanted is int else 'text'}, not {value!r}"
    yield from column.faults(value)


def _with_secrets(
    keyring: Keyring, stored: StoredConnector, change: ConnectorChange
) -> StoredConnector:
    environment, name = stored.environment, stored.name
    if change.password is not None:
        sealed = seal_password(keyring, change.password, environment, name)
        stored = msgspec.structs.replace(stored, password=sealed)
    if change.tls_key is not None:
        key = seal_tls_key(keyring, change.tls_key, environment, name) if change.tls_key else None
        stored = msgspec.structs.replace(stored, tls_key=key)
    return stored


def _refuse_first(faults: Iterable[str]) -> None:
    for fault in faults:
        raise InvalidConnector(fault)


async def enable_connector(
    connection: Connection, stored: StoredConnector, now: datetime, *, enabled: bool
) -> bool:
    """Start a connector, or stop it; False when it was so already. In the caller's transaction.

    Raises CheckUnderWay: a check of a stopped connector takes every report for its own, and must
    not be given those of customers' messages.
    """
    if stored.enabled is enabled:
        return False
    if enabled:
        await refuse_open_check(connection, stored.id)
    await connection.execute(sql.ENABLE_CONNECTOR, stored.id, enabled, now)
    return True


def seconds_to_settle(stored: StoredConnector, now: datetime) -> float:
    """How long a stopped connector is still to be left alone before it can be removed; 0: not."""
    if stored.enabled:
        return 0.0
    return max(0.0, _SETTLED_SECONDS - (now - stored.updated_at).total_seconds())


async def remove_connector(connection: Connection, stored: StoredConnector, now: datetime) -> None:
    """Remove a connector and its routes in the caller's transaction.

    Raises ConnectorInUse, and CheckUnderWay. It must be stopped, and nothing may wait on it, be
    under way or await a report.
    """
    if stored.kind == SIMULATED:
        raise ConnectorInUse("the simulated network is the sandbox's only carrier: it stays")
    if stored.enabled:
        raise ConnectorInUse(
            f"connector {stored.name} runs: `staffetta connector drain {stored.name} --wait` first"
        )
    if seconds_to_settle(stored, now):
        raise ConnectorInUse(
            f"connector {stored.name} was stopped just now, and servers may not have seen it yet:"
            f" try again in {_SETTLED_SECONDS:.0f} seconds"
        )
    await refuse_open_check(connection, stored.id)
    backlog = await count_backlog(connection, stored.id)
    in_flight = await count_in_flight(connection, stored.id)
    needs = [*backlog.sentences, *in_flight.sentences]
    if needs:
        raise ConnectorInUse(
            f"connector {stored.name} is still needed: {', '.join(needs)}."
            " What waits goes out when it is started; reports end after the time to live at the"
            " latest"
        )
    for statement in sql.REMOVE_CONNECTOR:
        await connection.execute(statement, stored.id)
