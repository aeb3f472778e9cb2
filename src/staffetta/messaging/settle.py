"""Settling: the outcomes of tries, in batches, into states, submissions and money.

A settlement is compared with the claim it answers (owner and attempt), so it counts once; what is
repeated after a lost connection changes nothing.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec
import structlog

from staffetta.callbacks.bell import CallbackBell
from staffetta.db.batches import write_in_halves
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.domain.ids import IdMaker
from staffetta.domain.states import State
from staffetta.messaging.connector import Accepted, Refused, Settlement, Uncertain
from staffetta.messaging.inbox import MemoryInbox
from staffetta.messaging.learning import Learning
from staffetta.messaging.match import match_waiting_reports
from staffetta.messaging.money import Capture, add_charges, captures_of, settle_money
from staffetta.messaging.outcomes import Decision, decide
from staffetta.messaging.sql import settle as sql
from staffetta.messaging.step import Step, begin_step
from staffetta.messaging.telling import owe_changes_of

BATCH_MAX: Final = 500

_log = structlog.get_logger(__name__)


class _Settled(msgspec.Struct, frozen=True):
    settlement: Settlement
    decision: Decision

    @property
    def cost_now_micro(self) -> int | None:
        """What this try costs: the first acceptance of a message that is charged then.

        It may cost nothing where more was held, and that is given back; None leaves what is held.
        """
        claim = self.settlement.claim
        is_first = self.decision.accepted and not claim.accepted_before
        return claim.capture_micro if is_first else None

    @property
    def unsent(self) -> bool:
        """Rejected before any carrier took a segment."""
        claim = self.settlement.claim
        return (
            self.decision.state is State.REJECTED
            and not self.decision.accepted
            and not claim.accepted_before
        )


class Settler:
    """Writes the settlements of this process, as the owner of its claims."""

    def __init__(
        self,
        database: Database,
        inbox: MemoryInbox,
        clock: Clock,
        ids: IdMaker,
        bell: CallbackBell,
        owner: int,
        learning: Learning,
    ) -> None:
        self._bell = bell
        self._learning = learning
        self._database = database
        self._inbox = inbox
        self._clock = clock
        self._ids = ids
        self._owner = owner

    async def settle_once(self) -> int:
        """Write one batch; answers how many settlements it held.

        What cannot be written now stays in the inbox, in its order, and the error is raised.
        """
        waiting = self._inbox.settlements
        batch = [waiting[index] for index in range(min(len(waiting), BATCH_MAX))]
        if batch:
            refused: list[Settlement] = []
            await write_in_halves(batch, self._write, partial(_give_up, refused))
            if refused:
                await self._leave_open(refused)
            for _ in batch:
                waiting.popleft()
            self._inbox.written()
        return len(batch)

    @property
    def waiting_count(self) -> int:
        """How many settlements wait to be written."""
        return len(self._inbox.settlements)

    async def _write(self, batch: Sequence[Settlement]) -> None:
        now = self._clock.now()
        settled = [
            _Settled(settlement, decide(settlement.claim, settlement.outcomes, now))
            for settlement in batch
            if not settlement.is_late
        ]
        late = [settlement for settlement in batch if settlement.is_late]
        async with begin_step(self._database, self._bell, self._ids, now) as step:
            rows = await step.connection.fetch(sql.SETTLE, *_columns(settled), self._owner, now)
            changed = {row["id"]: row for row in rows}
            taken = _taken_meanwhile(settled, changed)
            if taken:
                changed |= await _submit_taken(step, taken)
            submissions = await _store_submissions(step, [one.settlement for one in settled])
            refunded = await _move_money(step, settled, changed)
            await owe_changes_of(step, changed.values(), refunded)
            if late:
                submissions += await _settle_late(step, late)
            keys = [(row[5], row[9]) for row in submissions if row[9] is not None]
            matching = await match_waiting_reports(step, keys, self._learning)
        if matching is not None:
            matching.teach(self._learning)
        for one in settled:
            if one.decision.state is State.QUEUED:
                self._inbox.note_queue(one.settlement.connector_id, is_empty=False)

    async def _leave_open(self, settlements: Sequence[Settlement]) -> None:
        """Open claims whose outcome the database cannot hold, as if nobody had answered."""
        claims = [settlement.claim for settlement in settlements]
        now = self._clock.now()
        async with begin_step(self._database, self._bell, self._ids, now) as step:
            rows = await step.connection.fetch(
                sql.LEAVE_OPEN,
                [claim.space_id for claim in claims],
                [claim.recipient_id for claim in claims],
                [claim.attempt for claim in claims],
                self._owner,
                now,
            )
            await owe_changes_of(step, rows)


async def _store_submissions(
    step: Step, settlements: Sequence[Settlement]
) -> list[tuple[Any, ...]]:
    submissions = _submissions(settlements)
    if submissions:
        await step.connection.execute(
            sql.INSERT_SUBMISSIONS, *map(list, zip(*submissions, strict=True)), step.now
        )
    return submissions


async def _settle_late(step: Step, late: Sequence[Settlement]) -> list[tuple[Any, ...]]:
    """Settle what was answered after all; a first acceptance is paid as any other.

    Accounts were told that it is pending when it was left open, and pending it is.
    """
    submissions = await _store_submissions(step, late)
    claims = {
        one.claim.recipient_id: one.claim
        for one in late
        if any(isinstance(outcome, Accepted) for outcome in one.outcomes)
    }.values()
    if not claims:
        return submissions
    rows = await step.connection.fetch(
        sql.SETTLE_LATE,
        [claim.space_id for claim in claims],
        [claim.recipient_id for claim in claims],
        [claim.segment_total for claim in claims],
        [claim.written_as for claim in claims],
        step.now,
    )
    # What is under way again is paid by the try that is.
    await _capture_all(step, [row for row in rows if row["state"] != State.SUBMITTING])
    return submissions


async def _capture_all(step: Step, rows: Sequence[Any]) -> None:
    paid = await settle_money(step, captures_of(rows), [])
    await add_charges(step.connection, rows, paid)


def _taken_meanwhile(settled: Sequence[_Settled], changed: Mapping[bytes, Any]) -> list[Any]:
    """The recipients whose try was not accepted, and an earlier one was, by a late answer."""
    ids = [
        one.settlement.claim.recipient_id
        for one in settled
        if not one.decision.accepted and not one.settlement.claim.accepted_before
    ]
    rows = [changed[recipient_id] for recipient_id in ids if recipient_id in changed]
    return [row for row in rows if row["sent_at"] is not None]


async def _submit_taken(step: Step, taken: Sequence[Any]) -> dict[bytes, Any]:
    """Have them wait for their reports, whatever became of the try that followed."""
    rows = await step.connection.fetch(
        sql.SUBMIT_TAKEN,
        [row["space_id"] for row in taken],
        [row["id"] for row in taken],
        step.now,
    )
    await _capture_all(step, rows)
    return {row["id"]: row for row in rows}


async def _move_money(
    step: Step, settled: Sequence[_Settled], changed: Mapping[bytes, Any]
) -> dict[bytes, int]:
    """Capture and refund; answers what the refunded have paid now: nothing."""
    captures: list[Capture] = []
    unsent: list[Any] = []
    for one in settled:
        claim = one.settlement.claim
        row = changed.get(claim.recipient_id)
        if row is None:
            continue
        cost_micro = one.cost_now_micro
        if cost_micro is not None:
            captures.append(
                Capture(claim.space_id, claim.recipient_id, row["message_id"], cost_micro)
            )
        elif one.unsent and row["state"] == State.REJECTED:
            unsent.append(row)
    await settle_money(step, captures, unsent)
    return {row["id"]: 0 for row in unsent}


def _columns(settled: Sequence[_Settled]) -> tuple[object, ...]:
    claims = [one.settlement.claim for one in settled]
    decisions = [one.decision for one in settled]
    return (
        [claim.space_id for claim in claims],
        [claim.recipient_id for claim in claims],
        [claim.attempt for claim in claims],
        [decision.state for decision in decisions],
        [decision.failure_count for decision in decisions],
        [decision.due_at for decision in decisions],
        [decision.accepted for decision in decisions],
        [one.cost_now_micro or 0 for one in settled],
        [decision.command_status for decision in decisions],
        [decision.detail for decision in decisions],
    )


def _submissions(settlements: Sequence[Settlement]) -> list[tuple[Any, ...]]:
    """A row for each segment that reached a carrier, or may have; the late answers' too."""
    rows: list[tuple[Any, ...]] = []
    for one in settlements:
        claim = one.claim
        is_usual = claim.writing is None
        written_as = None if is_usual else claim.written_as
        for segment, outcome in zip(claim.segments, one.outcomes, strict=True):
            said: tuple[str, int | None, str | None, str | None]
            match outcome:
                case Accepted():
                    said = ("accepted", None, outcome.smsc_id, outcome.smsc_key)
                case Refused():
                    said = ("refused", outcome.command_status, None, None)
                case Uncertain():
                    said = ("uncertain", None, None, None)
                case _:
                    continue
            rows.append(
                (
                    claim.space_id,
                    claim.recipient_id,
                    claim.attempt,
                    segment.number,
                    claim.segment_total,
                    one.connector_id,
                    *said,
                    written_as,
                    is_usual or claim.asks_report(segment.number),
                )
            )
    return rows


def _give_up(refused: list[Settlement], settlement: Settlement, refusal: Exception) -> None:
    refused.append(settlement)
    _log.error(
        "settlement_given_up",
        recipient=settlement.claim.recipient_id.hex(),
        connector=settlement.connector_id,
        error=str(refusal),
    )
