"""Running the checks of carriers that operators asked for, one after the other.

Owns the run: what is told meanwhile, and that every check that was taken ends, in whatever way. A
check whose process dies is ended by another.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

import structlog

from staffetta.connectors.smpp.certification.certify import Plan, Progress, certify
from staffetta.connectors.smpp.certification.conclude import conclude
from staffetta.connectors.smpp.certification.findings import Findings
from staffetta.connectors.smpp.certification.in_words import progress_line, report_of
from staffetta.connectors.smpp.certification.questions import questions_of
from staffetta.connectors.smpp.certification.script import Step
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.db.pool import Database, DatabaseError, DataRefused
from staffetta.domain.clock import Clock
from staffetta.domain.errors import StaffettaError
from staffetta.domain.secrets import CannotUnseal
from staffetta.routing.change_connector import StoredConnector, find_connector
from staffetta.routing.checks import (
    LINES_MAX,
    CheckLine,
    CheckResult,
    TakenCheck,
    end_check,
    is_own_check,
    take_check,
    tell_steps,
)
from staffetta.routing.connector_use import count_in_flight

CHECKS_AT_ONCE: Final = 2  # of one process
CHECK_POLL_SECONDS: Final = 1.0
_TELL_SECONDS: Final = 0.5
_END_SECONDS_MAX: Final = 5.0  # for the last word of a process that ends
_END_TRIES_MAX: Final = 60
_END_PAUSE_SECONDS: Final = 1.0
_CUT_SHORT: Final = "The server was stopped while the check ran: begin another one."
_FAILED: Final = "An error of this program ended the check; it is in the log."

_log = structlog.get_logger(__name__)

_Learned = tuple[CheckResult | None, str]  # what it learned, or why it learned nothing


class Checker:
    """The checks that one process runs."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        owner: int,
        *,
        settings_of: Callable[[StoredConnector], SmppSettings],
        default_sender: str,
        is_steady: Callable[[], bool],
    ) -> None:
        self._database = database
        self._clock = clock
        self._owner = owner
        self._settings_of = settings_of  # raises StaffettaError, CannotUnseal
        self._default_sender = default_sender
        self._is_steady = is_steady
        self._running: set[int] = set()  # the checks that were taken and have not ended
        self._taking = asyncio.Lock()

    async def check_once(self) -> int:
        """Run the next check to its end; how many there were. May be cut: then it ends failed."""
        taken = await self._take()
        if taken is None:
            return 0
        try:
            await self._check(taken)
        finally:
            self._running.discard(taken.id)
        return 1

    async def _take(self) -> TakenCheck | None:
        """The next one. Whoever takes another meanwhile must know of it: hence one at a time."""
        async with self._taking:
            async with self._database.transaction() as connection:
                taken = await take_check(
                    connection,
                    self._owner,
                    self._clock.now(),
                    silent_too=self._is_steady(),
                    running=self._running,
                )
            if taken is not None:
                self._running.add(taken.id)
            return taken

    async def _check(self, taken: TakenCheck) -> None:
        """Run one that was taken; whatever happens, its end is stored, with what was learned."""
        lines: list[CheckLine] = []
        running = asyncio.create_task(self._run(taken, lines))
        try:
            async with self._telling(taken, lines, running):
                await asyncio.wait([running])
        finally:
            running.cancel()  # it has ended, unless this process does
            await asyncio.wait([running])
            learned = (None, _CUT_SHORT) if running.cancelled() else running.result()
            await self._end_surely(taken, lines, *learned)

    async def _run(self, taken: TakenCheck, lines: list[CheckLine]) -> _Learned:
        """What it learned, or why it learned nothing."""
        try:
            plan = await self._plan(taken)
            observed = await certify(plan, self._clock, lambda one: _note(one, lines))
            findings = conclude(observed, plan.settings, self._clock.now())
            return _result(taken.name, findings, plan.settings), ""
        except (StaffettaError, CannotUnseal) as error:
            return None, str(error)
        except Exception:  # noqa: BLE001 - one carrier's bug must not leave its check open
            _log.exception("check_failed", connector=taken.name)
            return None, _FAILED

    async def _plan(self, taken: TakenCheck) -> Plan:
        async with self._database.acquire() as connection:
            stored = await find_connector(connection, taken.name, taken.environment)
            in_flight = await count_in_flight(connection, stored.id)
        asked = taken.asked
        return Plan.of(
            self._settings_of(stored),
            asked.sender or self._default_sender,
            asked.numbers,
            asked.burst_count,
            asked.wait_seconds,
            is_alone=not stored.enabled and not in_flight.open_link_count,
        )

    @asynccontextmanager
    async def _telling(
        self, taken: TakenCheck, lines: list[CheckLine], running: asyncio.Task[_Learned]
    ) -> AsyncIterator[None]:
        """Store what happens while it does, and leave off when somebody stops the check."""
        telling = asyncio.create_task(self._tell(taken, lines, running))
        try:
            yield
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling

    async def _tell(
        self, taken: TakenCheck, lines: list[CheckLine], running: asyncio.Task[_Learned]
    ) -> None:
        told_count = 0
        while True:
            line_count = len(lines)
            with suppress(DatabaseError):  # it is told the next time, or at the end
                async with self._database.acquire() as connection:
                    if line_count > told_count:
                        is_ours = await tell_steps(connection, taken.id, self._owner, lines)
                    else:
                        is_ours = await is_own_check(connection, taken.id, self._owner)
                if not is_ours:
                    running.cancel()
                    return
                told_count = line_count
            await asyncio.sleep(_TELL_SECONDS)

    async def _end_surely(
        self, taken: TakenCheck, lines: list[CheckLine], result: CheckResult | None, fault: str
    ) -> None:
        """Store the end also when this process ends meanwhile, as far as it has the time."""
        ending = asyncio.create_task(self._end(taken, lines, result, fault))
        try:
            await asyncio.wait([ending], timeout=_END_SECONDS_MAX if _is_cut() else None)
        except asyncio.CancelledError:
            await asyncio.wait([ending], timeout=_END_SECONDS_MAX)
            raise
        finally:
            ending.cancel()
        if ending.done():
            ending.result()

    async def _end(
        self, taken: TakenCheck, lines: list[CheckLine], result: CheckResult | None, fault: str
    ) -> None:
        """Try until it is stored, _END_TRIES_MAX times; what is not stored then ends as lost."""
        for _ in range(_END_TRIES_MAX):
            try:
                async with self._database.acquire() as connection:
                    now = self._clock.now()
                    await end_check(connection, taken.id, self._owner, lines, result, fault, now)
            except DataRefused:  # by a character that JSON in the database cannot hold
                _log.exception("check_not_kept", connector=taken.name)
                lines, result, fault = [], None, _FAILED
            except DatabaseError as error:
                _log.warning("check_not_ended", connector=taken.name, error=str(error))
                await asyncio.sleep(_END_PAUSE_SECONDS)
            else:
                return


def _is_cut() -> bool:
    """Whether the task that asks was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _note(progress: Progress, lines: list[CheckLine]) -> None:
    text = progress_line(progress).strip("\n")
    if text and len(lines) < LINES_MAX:
        lines.append(CheckLine(text, is_title=isinstance(progress, Step)))


def _result(name: str, findings: Findings, settings: SmppSettings) -> CheckResult:
    report = report_of(name, findings, settings)
    obstacle = findings.observed.greeting.obstacle
    return CheckResult(
        report.is_whole,
        report.rows,
        dict(findings.settings),
        {} if obstacle is None else dict(obstacle.proposed),
        questions_of(findings, settings),
    )
