"""How each carrier spells ids in its reports: learned from the first few, shared by all processes.

Owns what this process knows and what it saw since. What it learned counts here at once, and is
stored and taken over from others by a step of its own; nothing that reads it waits.
"""

from collections.abc import Iterable
from typing import Final

import msgspec
import structlog

from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.messaging.evidence import Evidence
from staffetta.routing.learned import read_learned, store_learned
from staffetta.smpp.message_ids import Spelling, Way, way_named

_NOTHING: Final = Evidence()
_log = structlog.get_logger(__name__)


class _Learned(msgspec.Struct, frozen=True):
    way: Way
    evidence_count: int


class Learning:
    """What is known of the carriers' spellings. A spelling that stops matching is learned anew."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[int, Way] = {}
        self._evidence: dict[int, Evidence] = {}
        self._to_store: dict[int, _Learned] = {}

    def way_of(self, connector_id: int, *, is_set: bool) -> Way | None:
        """How to read the ids of a connector's reports; None while nobody knows.

        With `is_set` an operator set the form of ids, and only what was learned of that counts.
        """
        way = self._known.get(connector_id)
        return way if way is not None and (way.spelling is Spelling.SET) is is_set else None

    def saw(self, connector_id: int, ways: Iterable[Way]) -> None:
        """A report found its message, and these ways of reading led to it."""
        evidence = self._evidence.get(connector_id, _NOTHING).and_also(ways)
        way = evidence.decided
        if way is None:
            self._evidence[connector_id] = evidence
            return
        self._evidence.pop(connector_id, None)
        if way != self._known.get(connector_id):
            self._known[connector_id] = way
            self._to_store[connector_id] = _Learned(way, evidence.count)

    def confirmed(self, connector_id: int) -> None:
        """The known way led to a message: what spoke against it counts no more."""
        if self._evidence:
            self._evidence.pop(connector_id, None)

    async def share_once(self) -> int:
        """Store what was learned here, take over what others learned; answers how much was new."""
        learned = dict(self._to_store)
        stored: list[int] = []
        async with self._database.transaction() as connection:
            for connector_id, one in learned.items():
                if await store_learned(
                    connection, connector_id, one.way.name, one.evidence_count, self._clock.now()
                ):
                    stored.append(connector_id)
            names = await read_learned(connection)
        for connector_id, one in learned.items():
            if self._to_store.get(connector_id) is one:
                del self._to_store[connector_id]
            if connector_id in stored:
                _log.info(
                    "report_spelling_learned",
                    connector=connector_id,
                    spelling=one.way.name,
                    reports=one.evidence_count,
                )
        ways = {connector_id: way_named(name) for connector_id, name in names.items()}
        self._known = {key: way for key, way in ways.items() if way is not None}
        self._known |= {key: one.way for key, one in self._to_store.items()}
        return len(stored)
