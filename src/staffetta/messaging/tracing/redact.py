"""Taking out of a timeline what strangers need not see: most of a number, whose it is. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from staffetta.messaging.tracing.timeline import Event, Timeline

_FIRST: Final = 4  # digits that say the country and the network
_LAST: Final = 2
_SUFFIX_MIN: Final = 7  # shorter ends of a number are no number by themselves
_SOMEBODY: Final = "an account"
# What a carrier has part in: prices, routes, codes and callbacks are the account's business.
_FOR_STRANGERS: Final = frozenset(
    {
        *("request", "queue", "link", "claim", "pdu", "segment", "report", "alarm", "state"),
        *("cancel", "recipient"),
    }
)
_NOT_FOR_STRANGERS: Final = frozenset({"options", "owner"})  # facts


def short_number(number: str) -> str:
    """A number without its middle: +393331234567 gives +3933******67."""
    plus, digits = ("+", number[1:]) if number.startswith("+") else ("", number)
    if len(digits) <= _FIRST + _LAST:
        return number
    return f"{plus}{digits[:_FIRST]}{'*' * (len(digits) - _FIRST - _LAST)}{digits[-_LAST:]}"


def redacted(timeline: Timeline) -> Timeline:
    """The timeline for a carrier's support: what it had part in, without numbers and account.

    Numbers of recipients are shortened wherever they are. Texts of messages are not looked into:
    whoever hides numbers does not show texts.
    """
    names = [(timeline.account, _SOMEBODY)]
    for number in _numbers_of(timeline):
        names += _writings(number)
    return msgspec.structs.replace(
        timeline,
        account=_SOMEBODY,
        number=timeline.number and short_number(timeline.number),
        events=[
            Event(event.at, event.kind, _shorten(event.text, names), _facts(event.facts, names))
            for event in timeline.events
            if event.kind in _FOR_STRANGERS
        ],
    )


def _numbers_of(timeline: Timeline) -> list[str]:
    listed = [event.facts.get("number") for event in timeline.events if event.kind == "recipient"]
    return [str(number) for number in (timeline.number, *listed) if number is not None]


def _writings(number: str) -> list[tuple[str, str]]:
    """How the number may be written, each with what stands for it; the longest first."""
    digits = number.lstrip("+")
    ends = (digits[start:] for start in range(len(digits) - _SUFFIX_MIN + 1))
    return [(number, short_number(number)), *((end, short_number(end)) for end in ends)]


def _shorten(text: str, names: list[tuple[str, str]]) -> str:
    for written, instead in names:
        text = text.replace(written, instead)
    return text


def _facts(facts: Mapping[str, Any], names: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        name: _value(value, names)
        for name, value in facts.items()
        if name not in _NOT_FOR_STRANGERS
    }


def _value(value: Any, names: list[tuple[str, str]]) -> Any:
    match value:
        case str():
            return _shorten(value, names)
        case Mapping():
            return _facts(value, names)
        case list() | tuple():
            return [_value(each, names) for each in value]
        case _:
            return value
