"""What a message to many would come to, without sending it: counted by the very rules of a send.

Rows are made as acceptance makes them, and thrown away. The wallet is not asked: whether there is
enough of it is known when it is locked.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, cast

import msgspec

from staffetta.domain.errors import NotAcceptingNow
from staffetta.messaging.bulk.accept import BulkAcceptor
from staffetta.messaging.bulk.request import BulkRequest, Recipients, Terms
from staffetta.messaging.bulk.rows import COLUMNS, Counts, Row, RowMaker, number_of, shown
from staffetta.messaging.bulk.steps import take_step
from staffetta.messaging.inspection import Space
from staffetta.messaging.recipient_files.items import FileRecipients

_WAIT_SECONDS_MAX: Final = 30.0
LISTED_MAX: Final = 100  # lines of each kind; all are counted
_REFUSED_AS: Final = COLUMNS.index("refused_as")
_SEGMENTS: Final = COLUMNS.index("segment_count")


class Line(msgspec.Struct, frozen=True):
    """A line of the file of which nothing, or nothing good, would come."""

    line: int
    said: str


class Survey(msgspec.Struct):
    """What a file would come to."""

    counts: Counts
    overlong: list[Line] = msgspec.field(default_factory=list)  # with too much to be filled in
    overlong_total: int = 0
    invalid: list[Line] = msgspec.field(default_factory=list)
    repeated: list[Line] = msgspec.field(default_factory=list)
    repeated_total: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)  # by why: v1's names
    segments: dict[int, int] = msgspec.field(default_factory=dict)  # who gets it, by their segments

    @property
    def segment_total(self) -> int:
        """The segments of everybody who gets it."""
        return sum(size * count for size, count in self.segments.items())

    @property
    def invalid_total(self) -> int:
        """The lines without a number."""
        return self.counts.invalid_total - self.overlong_total


class Surveys:
    """The lane of surveys in one process, beside those of what is sent: one at a time."""

    def __init__(self, seconds_max: float = _WAIT_SECONDS_MAX) -> None:
        self._seconds_max = seconds_max
        self._place = asyncio.Semaphore(1)
        self._people: set[int] = set()

    @asynccontextmanager
    async def enter(self, person_id: int) -> AsyncIterator[None]:
        """A place for somebody; raises NotAcceptingNow who has one, or waits for one, already."""
        if person_id in self._people:
            raise NotAcceptingNow("a file of yours is still being counted: try again after it")
        self._people.add(person_id)
        try:
            try:
                async with asyncio.timeout(self._seconds_max):
                    await self._place.acquire()
            except TimeoutError:
                raise NotAcceptingNow("other files are being counted: try again") from None
            try:
                yield
            finally:
                self._place.release()
        finally:
            self._people.discard(person_id)


async def survey_file(
    acceptor: BulkAcceptor, space: Space, request: BulkRequest, file: FileRecipients, now: datetime
) -> Survey:
    """Count what `request` would come to for this file.

    Raises what acceptance raises before it stores anything: MessageRefused. The caller has a place
    in the lane of surveys.
    """
    acceptor.check_text(request)
    maker = acceptor.row_maker(_terms(acceptor, space, request, now), space, {})
    found = Survey(maker.counts)
    monotonic = asyncio.get_running_loop().time
    looked_at = _look(found, maker, file)
    for _ in iter(lambda: take_step(looked_at, monotonic), []):
        await asyncio.sleep(0)
    return found


def _look(found: Survey, maker: RowMaker, file: FileRecipients) -> Iterator[None]:
    """Notes what comes of each line, as it is gone through."""
    at = [(0, cast("object", ""))]  # the line that is being looked at

    def items() -> Iterator[object]:
        for at[0] in file.numbered():
            yield at[0][1]

    invalid_before = 0
    for row in maker.rows(Recipients(items()), set()):
        line, item = at[0]
        if row is not None:
            _count(found, row)
        elif maker.counts.invalid_total > invalid_before:
            invalid_before = maker.counts.invalid_total
            _note_invalid(found, line, item)
        else:
            found.repeated_total += 1
            _list(found.repeated, line, item)
        yield None


def _note_invalid(found: Survey, line: int, item: object) -> None:
    """A line without a number; or with one, and with more to be filled in than is kept."""
    if number_of(item) is None:
        _list(found.invalid, line, item)
    else:
        found.overlong_total += 1
        _list(found.overlong, line, item)


def _list(lines: list[Line], line: int, item: object) -> None:
    if len(lines) < LISTED_MAX:
        number = item.get("number") if isinstance(item, dict) else item
        lines.append(Line(line, shown(number)))


def _count(found: Survey, row: Row) -> None:
    refused_as, segments = row[_REFUSED_AS], row[_SEGMENTS]
    assert isinstance(segments, int)
    if isinstance(refused_as, str):
        found.refused[refused_as] = found.refused.get(refused_as, 0) + 1
        return
    found.segments[segments] = found.segments.get(segments, 0) + 1


def _terms(acceptor: BulkAcceptor, space: Space, request: BulkRequest, now: datetime) -> Terms:
    return Terms(
        space_id=space.id,
        message_id=acceptor.ids.make(now),
        sender=request.sender,
        body=request.body,
        class_=request.class_,
        priority=request.priority,
        factor=request.factor,
        is_test=False,
        is_open=False,
        due_at=request.due_at,
        callback_host=None,
        now=now,
    )
