"""Delivery reports, in batches: stored before the carrier hears that they were."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
import structlog

from staffetta.callbacks.bell import CallbackBell
from staffetta.db.batches import write_in_halves
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker, lowest_id
from staffetta.messaging.connector import Report
from staffetta.messaging.inbox import MemoryInbox, WaitingReport
from staffetta.messaging.known_report import KnownReport, keys_of, known_report
from staffetta.messaging.learning import Learning
from staffetta.messaging.match import (
    EVER,
    MATCH_WITHIN,
    ORPHAN_AFTER,
    Disposition,
    Matching,
    made_since,
    match_kept,
    match_reports,
    read_kept,
)
from staffetta.messaging.sql import report as sql
from staffetta.messaging.step import Step, begin_step
from staffetta.messaging.unmatched import UnmatchedCounts

BATCH_MAX: Final = 500
# Waiting reports that one step looks at again; the next step goes on behind them.
_PAGE_MAX: Final = 2000

# Messages are made up to a month before they are due, those of v1 even earlier: whether a report is
# of one of these is not asked each second.
_LOOK_BACK_SECONDS: Final = 60.0
# How long a report that waits is compared with what came of its message meanwhile. After that it is
# only looked for whether another message has its id, until it waits no more.
_REPEATS_WITHIN: Final = timedelta(seconds=15)
_OF_NOBODY: Final = (-1, (Disposition.ORPHAN, ""))

_log = structlog.get_logger(__name__)


class Reporter:
    """Writes the delivery reports that this process received."""

    def __init__(
        self,
        database: Database,
        inbox: MemoryInbox,
        clock: Clock,
        ids: IdMaker,
        bell: CallbackBell,
        learning: Learning,
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._bell = bell
        self._clock = clock
        self._ids = ids
        self._learning = learning
        self.unmatched = UnmatchedCounts()
        self._swept_to = EVER
        self._looks_back_to = EVER  # in this round, through all its pages
        self._looked_back_at: datetime | None = None

    def take(self) -> Sequence[WaitingReport]:
        """Take a batch out of the inbox, to be stored or given back."""
        waiting = self._inbox.reports
        return [waiting.popleft() for _ in range(min(len(waiting), BATCH_MAX))]

    def give_back(self, batch: Sequence[WaitingReport]) -> None:
        """Put a batch back where it was: nothing was tried."""
        self._inbox.reports.extendleft(reversed(batch))

    async def report_once(self) -> int:
        """Take and store one batch; answers how many reports it held."""
        return await self.store(self.take())

    async def store(self, batch: Sequence[WaitingReport]) -> int:
        """Write a batch; answers how many reports it held.

        What could not be written is given back to its carrier, which brings it again.
        """
        if not batch:
            return 0
        try:
            await write_in_halves(batch, self._write, _give_up)
        except Exception:
            for one in batch:
                one.tell(False)
            raise
        return len(batch)

    async def _write(self, batch: Sequence[WaitingReport]) -> None:
        now = self._clock.now()
        known = [self._known(one.report, now) for one in batch]
        named = [report for report in known if report.smsc_id]
        async with begin_step(self._database, self._bell, self._ids, now) as step:
            matching = await match_reports(step, named)
            kept = _not_matched(known, batch, matching)
            if kept:
                await _keep(step, kept)
        for one in batch:
            one.tell(True)
        matching.teach(self._learning)
        self._count(known, kept, now)

    def _known(self, report: Report, now: datetime) -> KnownReport:
        is_set = report.id_form is not None
        reading = self._learning.reading_of(report.connector_id, is_set=is_set)
        return known_report(report, self._ids.make(now), reading, now)

    def _count(
        self, reports: Sequence[KnownReport], kept: Sequence["_Kept"], now: datetime
    ) -> None:
        for connector_id, count in Counter(report.connector_id for report in reports).items():
            self.unmatched.came(connector_id, count, now)
        for one in kept:
            if one.disposition != Disposition.LATE and not one.is_heard:
                self.unmatched.kept(one.known.connector_id, one.known.id)

    async def rematch_once(self) -> int:
        """Match reports that waited; answers how many. Old ones become orphans, kept and shown.

        A page of them at a time, the oldest first, and from the beginning behind the last.
        """
        now = self._clock.now()
        if self._swept_to == EVER:
            self._begin_round(now)
        made_from = self._looks_back_to
        answered_from = now - MATCH_WITHIN
        async with begin_step(self._database, self._bell, self._ids, now) as step:
            begin = self._swept_to
            end = await step.connection.fetchval(sql.END_OF_PAGE, begin, _PAGE_MAX)
            rows = await step.connection.fetch(
                sql.FIND_MATCHABLE_REPORTS,
                *(begin, end, made_from, answered_from),
                *(BATCH_MAX, lowest_id(now - _REPEATS_WITHIN)),
            )
            reports = read_kept(rows, self._learning)
            matching = await match_kept(step, reports, made_from)
            await step.connection.execute(
                sql.ORPHAN_REPORTS, lowest_id(now - ORPHAN_AFTER), made_since(now), answered_from
            )
        self._swept_to = reports[-1].id if len(reports) == BATCH_MAX else end or EVER
        matching.teach(self._learning)
        return len(reports) - matching.dispositions.count(Disposition.WAITING)

    def _begin_round(self, now: datetime) -> None:
        """Look back as far as reports as they come do; once a minute at all there is."""
        last = self._looked_back_at
        if last is None or (now - last).total_seconds() >= _LOOK_BACK_SECONDS:
            self._looked_back_at = now
            self._looks_back_to = EVER
        else:
            self._looks_back_to = made_since(now)


class _Kept(msgspec.Struct, frozen=True):
    known: KnownReport
    report: Report
    disposition: str
    key: str
    is_heard: bool  # its id is that of a message that has its report

    @property
    def keys(self) -> Mapping[str, str] | None:
        """Under which its message is looked for while it waits."""
        return keys_of(self.report) if self.disposition == Disposition.WAITING else None


def _not_matched(
    known: Sequence[KnownReport], batch: Sequence[WaitingReport], matching: Matching
) -> list[_Kept]:
    """The reports that found no message that waited for them; those without an id find none."""
    became = enumerate(zip(matching.dispositions, matching.keys, strict=True))
    kept: list[_Kept] = []
    for report, one in zip(known, batch, strict=True):
        place, (disposition, key) = next(became) if report.smsc_id else _OF_NOBODY
        if disposition != Disposition.MATCHED:
            kept.append(_Kept(report, one.report, disposition, key, place in matching.heard))
    return kept


async def _keep(step: Step, kept: Sequence[_Kept]) -> None:
    known = [one.known for one in kept]
    await step.connection.execute(
        sql.KEEP_REPORTS,
        [report.id for report in known],
        [report.connector_id for report in known],
        [report.smsc_id for report in known],
        [one.key for one in kept],
        [report.report_state for report in known],
        [report.report_error for report in known],
        [report.report_event for report in known],
        [report.done_at for report in known],
        [report.destination for report in known],
        [report.sender for report in known],
        [report.text_id for report in known],
        [report.error_words for report in known],
        [report.error_reason for report in known],
        [one.keys for one in kept],
        [report.is_certain for report in known],
        [report.is_sniffed for report in known],
        [one.disposition for one in kept],
        step.now,
    )


def _give_up(one: WaitingReport, refusal: Exception) -> None:
    """A report that the database cannot hold would come back for ever: it is logged and taken."""
    _log.error(
        "report_given_up",
        connector=one.report.connector_id,
        smsc_id=one.report.smsc_id,
        error=str(refusal),
    )
    one.tell(True)
