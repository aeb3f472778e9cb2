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
from staffetta.db.pool import Database, DatabaseError
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
    take_check,
    tell_steps,
)
from staffetta.routing.connector_use import count_in_flight

CHECKS_AT_ONCE: Final = 2  # of one process
CHECK_POLL_SECONDS: Final = 1.0
_TELL_SECONDS: Final = 0.5
_END_SECONDS_MAX: Final = 5.0  # for the last word of a process that ends
_CUT_SHORT: Final = "The server was stopped while the check ran: begin another one."
_FAILED: Final = "An error of this program ended the check; it is in the log."

_log = structlog.get_logger(__name__)


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

    async def check_once(self) -> int:
        """Run the next check to its end; how many there were. May be cut: then it ends failed."""
        async with self._database.transaction() as connection:
            taken = await take_check(
                connection, self._owner, self._clock.now(), silent_too=self._is_steady()
            )
        if taken is None:
            return 0
        lines: list[CheckLine] = []
        try:
            result, fault = await self._run(taken, lines)
        except asyncio.CancelledError:
            with suppress(DatabaseError, TimeoutError):
                async with asyncio.timeout(_END_SECONDS_MAX):
                    await self._end(taken, lines, None, _CUT_SHORT)
            raise
        await self._end(taken, lines, result, fault)
        return 1

    async def _run(
        self, taken: TakenCheck, lines: list[CheckLine]
    ) -> tuple[CheckResult | None, str]:
        """What it learned, or why it learned nothing."""
        try:
            plan = await self._plan(taken)
            async with self._telling(taken, lines):
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
    async def _telling(self, taken: TakenCheck, lines: list[CheckLine]) -> AsyncIterator[None]:
        """Store what happens while it does."""
        telling = asyncio.create_task(self._tell(taken, lines))
        try:
            yield
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling

    async def _tell(self, taken: TakenCheck, lines: list[CheckLine]) -> None:
        told_count = 0
        while True:
            if len(lines) > told_count:
                told_count = len(lines)
                with suppress(DatabaseError):  # it is told with the next line, or at the end
                    async with self._database.acquire() as connection:
                        await tell_steps(connection, taken.id, self._owner, lines)
            await asyncio.sleep(_TELL_SECONDS)

    async def _end(
        self, taken: TakenCheck, lines: list[CheckLine], result: CheckResult | None, fault: str
    ) -> None:
        async with self._database.acquire() as connection:
            await end_check(
                connection, taken.id, self._owner, lines, result, fault, self._clock.now()
            )


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
