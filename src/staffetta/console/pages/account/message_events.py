"""What happened to a message, in sentences for its account. Pure.

A sentence is made of what the account may know (`messaging.tracing.for_accounts`) and of nothing
else: it names no connector, and nothing that a carrier calls its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from staffetta.console.languages import mark
from staffetta.messaging.tracing.for_accounts import AccountEvent

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """A line of the timeline."""

    at: datetime | None
    sentence: str  # English, with places for `values`; translated when it is shown
    values: Facts = field(default_factory=dict)
    amount_micro: int | None = None
    look: str = ""  # good, bad, warn or nothing
    detail: str = ""  # what somebody else said, as they said it


@dataclass(frozen=True, slots=True)
class _Said:
    sentence: str
    look: str = ""
    amount: str = ""  # the fact that is an amount of money
    detail: str = ""  # the fact that is somebody else's words


_STATES: Final[Mapping[str, _Said]] = MappingProxyType(
    {
        "scheduled": _Said(mark("It waits for its time.")),
        "queued": _Said(mark("It waits in the queue.")),
        "submitting": _Said(mark("It is being sent.")),
        "submitted": _Said(mark("The carrier has it; its report is awaited.")),
        "uncertain": _Said(mark("Nobody knows yet whether the carrier has it."), "warn"),
        "delivered": _Said(mark("Delivered."), "good"),
        "undeliverable": _Said(mark("It could not be delivered."), "bad"),
        "rejected": _Said(mark("It was rejected."), "bad"),
        "expired": _Said(mark("Its time was over before it was delivered."), "bad"),
        "cancelled": _Said(mark("It was taken back, or was only a trial."), "warn"),
    }
)
_REPORTS: Final[Mapping[str | None, _Said]] = MappingProxyType(
    {
        "report_delivered": _Said(
            mark("Report: segment %(segment)s is delivered (%(report_state)s)."), "good"
        ),
        "report_failed": _Said(
            mark("Report: segment %(segment)s could not be delivered (%(report_state)s)."),
            "bad",
            detail="report_reason",
        ),
        "report_expired": _Said(
            mark("Report: segment %(segment)s was not delivered in time (%(report_state)s)."),
            "bad",
            detail="report_reason",
        ),
        "report_rejected": _Said(
            mark("Report: segment %(segment)s was rejected (%(report_state)s)."),
            "bad",
            detail="report_reason",
        ),
        None: _Said(mark("Report: segment %(segment)s is under way (%(report_state)s).")),
    }
)
_SEGMENTS: Final[Mapping[str, _Said]] = MappingProxyType(
    {
        "accepted": _Said(mark("The carrier took segment %(segment)s of %(segment_total)s.")),
        "refused": _Said(
            mark("The carrier refused segment %(segment)s of %(segment_total)s."), "bad"
        ),
    }
)
_MONEY: Final[Mapping[str, _Said]] = MappingProxyType(
    {
        "hold": _Said(mark("Set aside"), amount="amount_micro"),
        "charge": _Said(mark("Charged"), amount="amount_micro"),
        "capture": _Said(mark("Paid from what was set aside"), amount="amount_micro"),
        "refund": _Said(mark("Refunded"), "good", amount="amount_micro"),
        "penalty": _Said(mark("Charged for forbidden words"), "bad", amount="amount_micro"),
    }
)
_REFUSED_AS: Final[Mapping[str, _Said]] = MappingProxyType(
    {
        "REJECTED_ROUTE_NOT_AVAILABLE": _Said(
            mark("Refused: there is no way to its country."), "bad"
        ),
        "REJECTED_DESTINATION": _Said(
            mark("Refused: the account may not send to its country."), "bad"
        ),
        "REJECTED_SENDER": _Said(
            mark("Refused: the sender is not approved for its country."), "bad"
        ),
        "REJECTED_MESSAGE_TOO_LONG": _Said(
            mark("Refused: filled in, the text is too long."), "bad"
        ),
        "UNDELIVERABLE_NOT_SENT": _Said(mark("Not sent: filled in, the text is empty."), "bad"),
    }
)


def shown_event(event: AccountEvent) -> ShownEvent:
    """An event as a sentence."""
    facts = {name: value for name, value in event.facts.items() if value is not None}
    said = _TELLERS[event.kind](facts)
    amount = facts.get(said.amount)
    detail = facts.get(said.detail)
    return ShownEvent(
        at=event.at,
        sentence=said.sentence,
        values=_Values(facts),
        amount_micro=abs(amount) if isinstance(amount, int) else None,
        look=said.look,
        detail="" if detail is None else str(detail),
    )


class _Values(dict[str, Any]):
    """What a sentence has places for; an event may not tell all of it."""

    def __missing__(self, _name: str) -> str:
        return "?"


def _request(facts: Facts) -> _Said:
    if "sender" not in facts:
        return _Said(mark("The request had an Idempotency-Key: repeated, it changes nothing."))
    if facts.get("is_code"):
        return _Said(mark("Accepted: a one-time password from %(sender)s."))
    if facts.get("dry_run"):
        return _Said(mark("A trial from %(sender)s: nothing is sent."))
    return _Said(mark("Accepted, from %(sender)s."))


def _quote(facts: Facts) -> _Said:
    amount = "price_micro" if "price_micro" in facts else ""
    return _Said(
        mark("%(encoding)s; characters: %(characters)s; segments: %(segments)s."), amount=amount
    )


def _bulk(facts: Facts) -> _Said:
    if "recipients" not in facts:
        return _Said(mark("A transaction that is still open: nothing is sent."))
    if facts.get("invalid"):
        return _Said(
            mark("%(recipients)s recipients, %(segments)s segments; %(invalid)s were no numbers."),
            amount="price_micro",
        )
    return _Said(mark("%(recipients)s recipients, %(segments)s segments."), amount="price_micro")


def _check(facts: Facts) -> _Said:
    if facts.get("lifted"):
        return _Said(mark("The block of the account was lifted."), "good")
    if "imposed_at" in facts:
        return _Said(mark("It blocked its account."), "bad", detail="reason")
    if "refused_as" in facts:
        return _REFUSED_AS.get(facts["refused_as"], _Said(mark("Refused."), "bad"))
    return _Said(mark("Refused."), "bad", detail="reason")


def _route(facts: Facts) -> _Said:
    if "country" in facts:
        return _Said(mark("A way to %(country)s was chosen."))
    return _Said(mark("No way was chosen."))


def _queue(facts: Facts) -> _Said:
    match facts.get("waits_for"):
        case "transaction":
            return _Said(mark("It waits for its transaction to be closed."))
        case "time":
            return _Said(mark("It waits for its time."))
    return _Said(mark("It took its place in the queue."))


def _claim(facts: Facts) -> _Said:
    if "first" in facts:
        return _Said(mark("Tries %(first)s to %(last)s were put off."), "warn")
    if facts.get("possibly_duplicate"):
        return _Said(mark("Try %(attempt)s to send it, perhaps for the second time."), "warn")
    return _Said(mark("Try %(attempt)s to send it."))


def _segment(facts: Facts) -> _Said:
    unanswered = _Said(mark("No answer came for segment %(segment)s of %(segment_total)s."), "warn")
    return _SEGMENTS.get(facts["outcome"], unanswered)


def _report(facts: Facts) -> _Said:
    return _REPORTS.get(facts.get("report_event"), _REPORTS[None])


def _money(facts: Facts) -> _Said:
    kind = facts.get("kind")
    if kind is None:  # a bundle
        if "returned_at" not in facts:
            return _Said(mark("%(segment_count)s segments came from a bundle."))
        if facts.get("lost"):
            return _Said(
                mark("%(segment_count)s segments of a bundle were lost: its time is over.")
            )
        return _Said(mark("%(segment_count)s segments went back to their bundle."))
    if kind == "hold" and "captured_micro" in facts:
        return _Said(mark("Taken of what was set aside"), amount="captured_micro")
    return _MONEY.get(kind, _Said(mark("Booked"), amount="amount_micro"))


def _code(facts: Facts) -> _Said:
    if facts.get("used"):
        return _Said(mark("The one-time password was used."), "good")
    return _Said(mark("A one-time password was made; %(tries_left)s tries are left."))


def _cancel(_facts: Facts) -> _Said:
    return _Said(mark("The whole message was taken back."), "warn")


def _callback(facts: Facts) -> _Said:
    if "http_status" in facts:
        is_good = 200 <= int(facts["http_status"]) < 300
        return _Said(
            mark("Callback %(event)s, attempt %(attempt)s: %(http_status)s in %(elapsed_ms)s ms."),
            "good" if is_good else "bad",
            detail="answer",
        )
    if "attempt" in facts:
        return _Said(
            mark("Callback %(event)s, attempt %(attempt)s: failed after %(elapsed_ms)s ms."),
            "bad",
            detail="error",
        )
    if "replayed_after" in facts:
        return _Said(mark("The callback was replayed."))
    if "ended" in facts:
        superseded = facts["ended"] == "superseded"
        return (
            _Said(mark("Callback %(event)s is not sent any more: a newer state was told."))
            if superseded
            else _Said(mark("Callback %(event)s was given up; it can be replayed."), "bad")
        )
    if "host" in facts:
        return _Said(mark("Callback %(event)s is owed to %(host)s."))
    return _Said(mark("Callback %(event)s is still owed."), "warn")


def _state(facts: Facts) -> _Said:
    return _STATES.get(facts.get("state", ""), _Said(mark("Where its recipients are:")))


_TELLERS: Final[Mapping[str, Callable[[Facts], _Said]]] = MappingProxyType(
    {
        "request": _request,
        "quote": _quote,
        "bulk": _bulk,
        "check": _check,
        "route": _route,
        "queue": _queue,
        "claim": _claim,
        "segment": _segment,
        "report": _report,
        "money": _money,
        "code": _code,
        "cancel": _cancel,
        "callback": _callback,
        "state": _state,
    }
)
