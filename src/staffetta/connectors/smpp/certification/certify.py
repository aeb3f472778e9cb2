"""Running a certification: greet, send the script, burst, wait for reports, ask the person.

Owns the order of things and their limits. What is sent is `script`'s, how it goes over the wire
`talk`'s, what it means `conclude`'s.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from staffetta.connectors.smpp.certification.compose import Composed, compose, with_changes
from staffetta.connectors.smpp.certification.observed import (
    Answer,
    Burst,
    Greeting,
    Heard,
    Observed,
    Sent,
)
from staffetta.connectors.smpp.certification.ownership import Ownership
from staffetta.connectors.smpp.certification.script import (
    Question,
    Step,
    is_due,
    script_for,
)
from staffetta.connectors.smpp.certification.talk import Talk
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.clock import Clock
from staffetta.domain.errors import InvalidText
from staffetta.domain.segments import segment_text
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.reports import read_report

_TRIES_MAX: Final = 3  # of a segment that is throttled
_QUIET_SECONDS: Final = 1.0  # before a burst: carriers count by the second
_REFERENCES: Final = 1 << 16
_ANY_TIME: Final = datetime.fromtimestamp(0, UTC)  # where nothing is sent


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent, before anything is."""

    settings: SmppSettings
    sender: str
    numbers: tuple[str, ...] = ()  # E.164 with plus; none: connect alone
    burst_count: int = 0
    wait_seconds: float = 60.0  # for reports, behind the last message
    is_alone: bool = False  # the connector is stopped: reports of customers' messages are old ones
    steps: tuple[Step, ...] = field(default_factory=tuple)

    @classmethod
    def of(
        cls,
        settings: SmppSettings,
        sender: str,
        numbers: tuple[str, ...],
        burst_count: int,
        wait_seconds: float,
        *,
        is_alone: bool = False,
    ) -> "Plan":
        """The whole script for these numbers."""
        steps = script_for(settings) if numbers else ()
        return cls(settings, sender, numbers, burst_count, wait_seconds, is_alone, steps)

    def segment_counts(self) -> tuple[int, int]:
        """How many segments go out for certain, and how many more where something is refused."""
        certain = self.burst_count if self.numbers else 0
        perhaps = 0
        for step in self.steps:
            count = self._segments_of(step) * len(self.numbers)
            if step.instead_of:
                perhaps += count
            else:
                certain += count
        return certain, perhaps

    def _segments_of(self, step: Step) -> int:
        """What a carrier charges for: a text in one message_payload is several segments too."""
        try:
            made = compose(step, self.settings, self.numbers[0], self.sender, 0, _ANY_TIME)
            return max(len(made), len(segment_text(step.text).parts))
        except (InvalidField, InvalidText):
            return 0


# Something to be told at once: a greeting, a step before it goes out, what was sent, a report.
Progress = Greeting | Step | Sent | Heard | Burst
Told = Callable[[Progress], None]
Ask = Callable[[Question], str]  # answers with one of the choices' meanings


async def certify(plan: Plan, clock: Clock, told: Told, ask: Ask | None = None) -> Observed:
    """Run a plan to its end; what goes wrong is part of what was observed.

    `told` hears of each thing as it happens. `ask` puts a question to a person, and may block: the
    connection is closed by then.
    """
    run = _Run(plan, clock, told, ask)
    try:
        return await run.whole()
    finally:
        await run.talk.close()


class _Run:
    """One certification."""

    def __init__(self, plan: Plan, clock: Clock, told: Told, ask: Ask | None) -> None:
        self._plan = plan
        self._clock = clock
        self._told = told
        self._ask = ask
        self._settings = plan.settings  # with what had to be changed to be understood at all
        self._sender = plan.sender
        self._kept: dict[str, object] = {}
        self._sent: list[Sent] = []
        self._refused: dict[str, int | None] = {}
        self._asked: dict[str, str] = {}
        self._reference = secrets.randbelow(_REFERENCES)
        self._next_at = 0.0  # when the rate lets the next segment go
        self._told_count = 0  # reports that were told of
        self._final_count = 0  # of those, which end their segment
        self._awaited_count = 0  # segments that were taken, with a report asked for
        self._is_out_of_credit = False
        self.talk = Talk(plan.settings, clock, Ownership(plan.numbers, is_alone=plan.is_alone))

    async def whole(self) -> Observed:
        """Everything, in its order."""
        greeting = await self.talk.greet()
        self._told(greeting)
        if greeting.obstacle is not None or not self._plan.numbers:
            return Observed(greeting, unexpected=tuple(sorted(self.talk.unexpected)))
        for step in self._plan.steps:
            if is_due(step, self._refused) and not self._is_over():
                await self._send_step(step)
        burst = await self._burst()
        await self._await_reports()
        await self.talk.close()  # a person may take long, and nobody would answer the carrier
        self._ask_all()
        return Observed(
            greeting,
            tuple(self._sent),
            tuple(self.talk.heard),
            burst,
            tuple(self._asked.items()),
            tuple(sorted(self.talk.unexpected)),
            tuple(self._kept.items()),
            self.talk.ended,
        )

    def _is_over(self) -> bool:
        """Whether nothing more can be sent, or nothing more would be taken."""
        return bool(self.talk.ended) or self._is_out_of_credit

    async def _send_step(self, step: Step) -> None:
        self._told(step)
        answers: list[Answer] = []
        for number in self._plan.numbers:
            answers += await self._send_to(step, number)
        self._tell_heard()
        # What was throttled, or had no answer, would not fare better written another way.
        self._is_out_of_credit = any(one.is_out_of_credit for one in answers)
        refusals = [one.command_status for one in answers if one.is_refused]
        if refusals:
            self._refused[step.name] = refusals[0]
        elif step.is_kept and all(one.is_accepted for one in answers):
            self._keep(step)

    def _keep(self, step: Step) -> None:
        self._kept.update(step.changes)
        self._settings = with_changes(self._settings, step.changes)
        if step.sender is not None:
            self._sender = step.sender

    async def _send_to(self, step: Step, number: str) -> list[Answer]:
        now = self._clock.now()
        self._reference = (self._reference + 1) % _REFERENCES
        try:
            segments = compose(step, self._settings, number, self._sender, self._reference, now)
        except (InvalidField, InvalidText) as error:
            return [self._note(step, number, None, Answer(None, "", 0.0, f"not sent: {error}"))]
        return [self._note(step, number, one, await self._submit(one)) for one in segments]

    async def _submit(self, one: Composed) -> Answer:
        """Send one segment; what is throttled is sent again, as live traffic would be."""
        await self._keep_to_rate()
        answer = await self.talk.submit(one.pdu)
        for _ in range(_TRIES_MAX - 1):
            if not answer.is_throttled:
                break
            await asyncio.sleep(self._settings.throttling.pause_seconds)
            answer = await self.talk.submit(one.pdu)
        return answer

    async def _keep_to_rate(self) -> None:
        per_second = self._settings.rate_per_second
        now = asyncio.get_running_loop().time()
        if per_second and now < self._next_at:
            await asyncio.sleep(self._next_at - now)
        if per_second:
            self._next_at = max(now, self._next_at) + 1 / per_second

    def _note(self, step: Step, number: str, one: Composed | None, answer: Answer) -> Answer:
        now = self._clock.now()
        sent = (
            Sent(step.name, number, 1, 1, step.text, b"", False, now, answer)
            if one is None
            else _sent(step.name, number, one, now, answer)
        )
        self._sent.append(sent)
        self._told(sent)
        if answer.is_accepted and one is not None and one.asks_report:
            self._awaited_count += 1
        return answer

    async def _burst(self) -> Burst | None:
        count, numbers = self._plan.burst_count, self._plan.numbers
        if not count or self._is_over():
            return None
        # What the script sent may not count for the burst.
        await asyncio.sleep(_QUIET_SECONDS)
        now = self._clock.now()
        segments: list[Composed] = []
        for index in range(count):
            step = Step("burst", "burst", f"Staffetta check: {index + 1} of {count} at once.")
            number = numbers[index % len(numbers)]
            segments += compose(step, self._settings, number, self._sender, index, now)
        burst = await self.talk.burst([one.pdu for one in segments])
        for index, (one, answer) in enumerate(zip(segments, burst.answers, strict=True)):
            number = numbers[index % len(numbers)]
            at = now + timedelta(seconds=burst.answered_at[index])
            self._sent.append(_sent("burst", number, one, at, answer))
            self._awaited_count += answer.is_accepted and one.asks_report
        self._told(burst)
        return burst

    async def _await_reports(self) -> None:
        """Until as many final reports came as were asked for, or the time is over."""
        try:
            await self.talk.until(self._all_reported, self._plan.wait_seconds)
        except TimeoutError:
            return

    def _all_reported(self) -> bool:
        self._tell_heard()
        return self._final_count >= self._awaited_count

    def _tell_heard(self) -> None:
        for one in self.talk.heard[self._told_count :]:
            read = read_report(one.pdu, sniff=True)
            self._final_count += one.is_ours and read is not None and read.meaning.is_final
            self._told(one)
        self._told_count = len(self.talk.heard)

    def _ask_all(self) -> None:
        if self._ask is None:
            return
        for step in self._plan.steps:
            taken = any(one.step == step.name and one.answer.is_accepted for one in self._sent)
            if step.question is not None and taken:
                self._asked[step.question.name] = self._ask(step.question)


def _sent(step: str, number: str, one: Composed, at: datetime, answer: Answer) -> Sent:
    return Sent(
        step, number, one.part, one.part_total, one.text, one.octets, one.is_ucs2, at, answer
    )
