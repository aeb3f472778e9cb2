"""Delivery reports, in batches: stored before the carrier hears that they were."""

from collections.abc import Sequence
from typing import Final

import structlog

from staffetta.callbacks.bell import CallbackBell
from staffetta.db.batches import write_in_halves
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker
from staffetta.messaging.connector import Report
from staffetta.messaging.inbox import MemoryInbox, WaitingReport
from staffetta.messaging.match import (
    ORPHAN_AFTER,
    Disposition,
    KnownReport,
    match_reports,
    sweep_waiting_reports,
)
from staffetta.messaging.sql import report as sql
from staffetta.messaging.step import begin_step

BATCH_MAX: Final = 500

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
    ) -> None:
        self._database = database
        self._inbox = inbox
        self._bell = bell
        self._clock = clock
        self._ids = ids

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
        reports = [_known(one.report, self._ids.make(now)) for one in batch]
        async with begin_step(self._database, self._bell, self._ids, now) as step:
            dispositions = await match_reports(step, reports)
            kept = [
                (report, disposition)
                for report, disposition in zip(reports, dispositions, strict=True)
                if disposition != Disposition.MATCHED
            ]
            if kept:
                await step.connection.execute(
                    sql.KEEP_REPORTS,
                    [report.id for report, _ in kept],
                    [report.connector_id for report, _ in kept],
                    [report.smsc_id for report, _ in kept],
                    [report.smsc_key for report, _ in kept],
                    [report.report_state for report, _ in kept],
                    [report.report_error for report, _ in kept],
                    [report.report_event for report, _ in kept],
                    [report.done_at for report, _ in kept],
                    [report.destination for report, _ in kept],
                    [disposition for _, disposition in kept],
                    now,
                )
        for one in batch:
            one.tell(True)

    async def rematch_once(self) -> int:
        """Match reports that waited; answers how many. Old ones become orphans, kept and shown."""
        now = self._clock.now()
        async with begin_step(self._database, self._bell, self._ids, now) as step:
            count = await sweep_waiting_reports(step, BATCH_MAX)
            await step.connection.execute(sql.ORPHAN_REPORTS, now - ORPHAN_AFTER)
        return count


def _known(report: Report, report_id: bytes) -> KnownReport:
    event = report.meaning.event
    return KnownReport(
        id=report_id,
        connector_id=report.connector_id,
        smsc_id=report.smsc_id,
        smsc_key=report.smsc_key,
        report_state=report.state_word,
        report_error=report.error or None,
        report_event=None if event is None else event.value,
        done_at=report.done_at,
        destination=report.destination,
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
