"""The links of connectors as people see them: their state, who holds them, and what they do now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from staffetta.db.pool import Connection, Row
from staffetta.routing import state_sql as sql
from staffetta.routing.carriers import OWNER_DEAD_SECONDS
from staffetta.routing.link_use import LinkUse

# The states of a link that has no connection; one that never could start stays refused.
_CLOSED: Final = frozenset({"down", "waiting", "refused"})
_SERVING: Final = frozenset({"bound", "no_credit"})


@dataclass(frozen=True, slots=True)
class HeldLink:
    """One link, as its owner last said."""

    connector_id: int
    number: int  # from 1
    state: str
    detail: str
    since: datetime
    is_held: bool  # whether a process that lives holds it
    host: str  # of that process, "" for none
    pid: int  # there
    use: LinkUse | None  # what it does; None: its process never told

    @property
    def is_open(self) -> bool:
        """Whether it has a connection."""
        return self.is_held and self.state not in _CLOSED

    @property
    def is_bound(self) -> bool:
        """Whether the carrier let it in."""
        return self.is_held and self.state in _SERVING


async def read_links(connection: Connection, connector_id: int | None = None) -> list[HeldLink]:
    """The links of a connector, or of all, by connector and number."""
    rows = await connection.fetch(sql.READ_LINKS, connector_id, OWNER_DEAD_SECONDS)
    return [_link(row) for row in rows]


def _link(row: Row) -> HeldLink:
    is_held = row["is_held"]
    return HeldLink(
        row["connector_id"],
        row["number"],
        row["state"],
        row["detail"],
        row["changed_at"],
        is_held,
        # A machine is told apart by more than its name; people know it by that.
        row["host"].split(" ")[0] if is_held else "",
        row["pid"] if is_held else 0,
        _use(row) if is_held and row["open_count"] is not None else None,
    )


def _use(row: Row) -> LinkUse:
    return LinkUse(**{name: row[name] for name in LinkUse.__struct_fields__})
