"""What a message to many would come to, without sending it: counted by the very rules of a send.

Rows are made as acceptance makes them, and thrown away. The wallet is not asked: whether there is
enough of it is known when it is locked.
"""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import Final, cast

import msgspec

from staffetta.messaging.bulk.accept import BulkAcceptor
from staffetta.messaging.bulk.request import BulkRequest, Recipients, Terms
from staffetta.messaging.bulk.rows import COLUMNS, Counts, Row, RowMaker, shown
from staffetta.messaging.bulk.steps import take_step
from staffetta.messaging.inspection import Space
from staffetta.messaging.recipient_files.items import FileRecipients

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
    row_count: int = 0
    invalid: list[Line] = msgspec.field(default_factory=list)
    repeated: list[Line] = msgspec.field(default_factory=list)
    repeated_total: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)  # by why: v1's names
    segments: dict[int, int] = msgspec.field(default_factory=dict)  # recipients by their segments


async def survey_file(
    acceptor: BulkAcceptor, space: Space, request: BulkRequest, file: FileRecipients, now: datetime
) -> Survey:
    """Count what `request` would come to for this file.

    Raises what acceptance raises before it stores anything: MessageRefused, NotAcceptingNow.
    """
    acceptor.check_text(request)
    maker = acceptor.row_maker(_terms(acceptor, space, request, now), space, {})
    found = Survey(maker.counts)
    monotonic = asyncio.get_running_loop().time
    async with acceptor.lanes.enter(Recipients(file)):
        looked_at = _look(found, maker, file)
        while step := take_step(looked_at, monotonic):
            await asyncio.sleep(0)
            found.row_count += len(step)
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
            _list(found.invalid, line, item)
        else:
            found.repeated_total += 1
            _list(found.repeated, line, item)
        yield None


def _list(lines: list[Line], line: int, item: object) -> None:
    if len(lines) < LISTED_MAX:
        number = item.get("number") if isinstance(item, dict) else item
        lines.append(Line(line, shown(number)))


def _count(found: Survey, row: Row) -> None:
    refused_as, segments = row[_REFUSED_AS], row[_SEGMENTS]
    assert isinstance(segments, int)
    if isinstance(refused_as, str):
        found.refused[refused_as] = found.refused.get(refused_as, 0) + 1
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
