"""How fast a carrier takes messages, learned from a burst.

Pure. Most carriers count by the second: what was taken, by the seconds the burst touched, is what
they allow. Of one that lets a bucket fill that is half as much again at worst.
"""

from collections import Counter
from collections.abc import Sequence
from math import ceil
from statistics import median, quantiles

from staffetta.connectors.smpp.certification.findings import RateFinding
from staffetta.connectors.smpp.certification.observed import Answer, Burst
from staffetta.connectors.smpp.settings import SmppSettings


def learn_rate(burst: Burst | None) -> RateFinding | None:
    """What a burst met; None without one."""
    if burst is None or not burst.answers:
        return None
    answers = burst.answers
    accepted_count = sum(one.is_accepted for one in answers)
    seconds = max(burst.answered_at, default=0.0)
    times = sorted(one.seconds for one in answers if one.command_status is not None)
    return RateFinding(
        sent_count=len(answers),
        accepted_count=accepted_count,
        throttled=_counted(answers, throttles=True),
        refused=_counted(answers, throttles=False),
        unanswered_count=sum(one.command_status is None for one in answers),
        seconds=seconds,
        accepted_per_second=accepted_count / max(1, ceil(seconds)),
        throttled_from_count=_taken_before_throttle(answers),
        answer_seconds_median=median(times) if times else None,
        answer_seconds_95=quantiles(times, n=20)[-1] if len(times) > 1 else None,
        window_max=burst.window_max,
        ended_by_carrier=burst.ended_by_carrier,
    )


def rate_settings(finding: RateFinding | None, settings: SmppSettings) -> dict[str, object]:
    """The rate to set, where the carrier asked to slow down below the one that is set."""
    if finding is None or not finding.is_throttled:
        return {}
    allowed = max(1, int(finding.accepted_per_second))
    return {} if 0 < settings.rate_per_second <= allowed else {"rate": allowed}


def _counted(answers: Sequence[Answer], *, throttles: bool) -> tuple[tuple[int, int], ...]:
    """The statuses that throttle, or those that refuse, each with how often it came."""
    statuses = [
        one.command_status
        for one in answers
        if one.command_status and one.is_throttled is throttles
    ]
    return tuple(Counter(statuses).most_common())


def _taken_before_throttle(answers: Sequence[Answer]) -> int | None:
    taken = 0
    for one in answers:
        if one.is_throttled:
            return taken
        taken += one.is_accepted
    return None
