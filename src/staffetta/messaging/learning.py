"""How each carrier spells ids in its reports: learned from the first few, shared by all processes.

Owns what this process knows and what it saw since. What it learned counts here at once, and is
stored and taken over from others by a step of its own; nothing that reads it waits.
"""

from collections.abc import Collection
from typing import Final

import msgspec
import structlog

from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.messaging.evidence import Evidence
from staffetta.routing.learned import read_learned, store_learned
from staffetta.smpp.message_ids import Reading, Source, Spelling, Way, reading_named

_NOTHING: Final = Evidence()
_NOTHING_KNOWN: Final = Reading()
_log = structlog.get_logger(__name__)


class _Learned(msgspec.Struct, frozen=True):
    reading: Reading
    evidence_count: int


class Learning:
    """What is known of the carriers' spellings. A spelling that stops matching is learned anew."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: dict[int, Reading] = {}
        self._evidence: dict[tuple[int, Source], Evidence] = {}
        self._doubted: set[int] = set()  # connectors whose reports contradict what is known
        self._to_store: dict[int, _Learned] = {}

    def reading_of(self, connector_id: int, *, is_set: bool) -> Reading:
        """How to read the ids of a connector's reports, as far as it is known and not in doubt.

        With `is_set` an operator set the form of ids, and only what was learned of that counts.
        """
        if connector_id in self._doubted:
            return _NOTHING_KNOWN
        return self._known_of(connector_id, is_set=is_set)

    def _known_of(self, connector_id: int, *, is_set: bool) -> Reading:
        reading = self._known.get(connector_id)
        return reading if reading is not None and reading.is_set is is_set else _NOTHING_KNOWN

    def saw(self, connector_id: int, ways: Collection[Way]) -> None:
        """A report found its message, and these ways of reading led to it.

        One that contradicts what is known puts that in doubt until a few agree again: a carrier of
        two systems, which spell ids in two ways, stays in doubt for good.
        """
        for source in Source:
            spellings = {way.spelling for way in ways if way.source is source} - {Spelling.OLDER}
            if not spellings:
                continue
            if self._contradicts(connector_id, source, spellings):
                self._doubted.add(connector_id)
            key = (connector_id, source)
            evidence = self._evidence.get(key, _NOTHING).and_also(spellings)
            spelling = evidence.decided
            if spelling is None:
                self._evidence[key] = evidence
            else:
                self._evidence.pop(key, None)
                self._know(connector_id, Way(source, spelling), evidence.count)

    def _contradicts(
        self, connector_id: int, source: Source, spellings: Collection[Spelling]
    ) -> bool:
        is_set = Spelling.SET in spellings
        known = self._known_of(connector_id, is_set=is_set)
        way = known.tlv if source is Source.TLV else known.text
        return way is not None and way.spelling not in spellings

    def _know(self, connector_id: int, way: Way, evidence_count: int) -> None:
        is_set = way.spelling is Spelling.SET
        reading = self._known_of(connector_id, is_set=is_set).with_way(way)
        self._doubted.discard(connector_id)
        if reading != self._known.get(connector_id):
            self._known[connector_id] = reading
            self._to_store[connector_id] = _Learned(reading, evidence_count)

    def confirmed(self, connector_id: int) -> None:
        """What is known led to a message: what spoke against it counts no more."""
        if not self._evidence:
            return
        reading = self._known.get(connector_id, _NOTHING_KNOWN)
        for way in (reading.tlv, reading.text):
            if way is not None:
                self._evidence.pop((connector_id, way.source), None)

    async def share_once(self) -> int:
        """Store what was learned here, take over what others learned; answers how much was new."""
        learned = dict(self._to_store)
        stored: list[int] = []
        async with self._database.transaction() as connection:
            for connector_id, one in learned.items():
                if await store_learned(
                    connection,
                    connector_id,
                    one.reading.name,
                    one.evidence_count,
                    self._clock.now(),
                ):
                    stored.append(connector_id)
            names = await read_learned(connection)
        for connector_id, one in learned.items():
            if self._to_store.get(connector_id) is one:
                del self._to_store[connector_id]
        for connector_id in stored:
            _log.info(
                "report_spelling_learned",
                connector=connector_id,
                spelling=learned[connector_id].reading.name,
                reports=learned[connector_id].evidence_count,
            )
        self._known = {key: reading_named(name) for key, name in names.items()}
        self._known |= {key: one.reading for key, one in self._to_store.items()}
        return len(stored)
