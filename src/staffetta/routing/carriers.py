"""The configured carriers as dispatch runs them, and who holds their links.

Each link of a connector is held by one process at a time: a row names its owner, and an owner that
ended or fell silent loses it to whoever asks next.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment
from staffetta.routing import sql

OWNER_DEAD_SECONDS: Final = 10.0


class Carrier(msgspec.Struct, frozen=True):
    """One enabled connector, as it is configured. Two that are equal need no new links."""

    id: int
    environment: Environment
    name: str
    kind: str  # smpp or simulated
    host: str
    port: int
    system_id: str
    password: bytes | None  # sealed
    tls_key: bytes | None  # of a client certificate, sealed
    window_max: int
    rate_per_second: int  # of all its links; 0: unlimited
    link_count: int
    settings: Mapping[str, object]


async def read_carriers(connection: Connection) -> list[Carrier]:
    """Every enabled connector."""
    rows = await connection.fetch(sql.READ_CARRIERS)
    return [Carrier(**{**row, "environment": Environment(row["environment"])}) for row in rows]


async def hold_links(
    connection: Connection,
    carriers: Sequence[Carrier],
    owner: int,
    now: datetime,
    *,
    silent_too: bool = True,
) -> Mapping[int, frozenset[int]]:
    """Take the links that nobody alive holds; answers the numbers of `owner`'s, by connector.

    Links of owners that ended are taken; of those that fell silent only with `silent_too`. Asked
    for often: it writes only where there is something to take.
    """
    silent_seconds = OWNER_DEAD_SECONDS if silent_too else None
    ids = [carrier.id for carrier in carriers]
    rows = await connection.fetch(sql.READ_HELD_LINKS, ids, owner, silent_seconds)
    held = {(row["connector_id"], row["number"]): row["is_ours"] for row in rows}
    ours = {}
    for carrier in carriers:
        numbers = range(1, carrier.link_count + 1)
        kept = {number for number in numbers if held.get((carrier.id, number))}
        free = [number for number in numbers if (carrier.id, number) not in held]
        if free:
            taken = await connection.fetch(
                sql.TAKE_LINKS, carrier.id, free, owner, now, silent_seconds
            )
            kept |= {row["number"] for row in taken}
        ours[carrier.id] = frozenset(kept)
    return ours


async def let_links_go(
    connection: Connection, owner: int, now: datetime, connector_id: int | None = None
) -> None:
    """Give up the links that `owner` holds, of one connector or of all."""
    await connection.execute(sql.LET_LINKS_GO, owner, connector_id, now)


async def tell_link(
    connection: Connection,
    *,
    connector_id: int,
    number: int,
    owner: int,
    state: str,
    detail: str,
    now: datetime,
) -> None:
    """Note what a link of ours is doing, for operators."""
    await connection.execute(sql.TELL_LINK, connector_id, number, owner, state, detail, now)


async def count_bound_links(
    connection: Connection, connector_ids: Sequence[int]
) -> Mapping[int, int]:
    """How many links of each of these connectors are bound now; those without one are left out."""
    rows = await connection.fetch(sql.COUNT_BOUND_LINKS, list(connector_ids))
    return {row["connector_id"]: row["bound_count"] for row in rows}
