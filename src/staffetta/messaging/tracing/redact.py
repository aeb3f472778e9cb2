"""Taking out of a timeline what strangers need not see: most of a number, whose it is. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from staffetta.domain.short_numbers import short_number
from staffetta.messaging.tracing.find import FoundRecipient
from staffetta.messaging.tracing.timeline import Event, Timeline

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
# A carrier that uses ids again may name another message's recipient.
_NUMBERS: Final = frozenset({"destination", "number", "sender"})  # facts


def redacted(timeline: Timeline) -> Timeline:
    """The timeline for a carrier's support: what it had part in, without numbers and account.

    Numbers of recipients, and a sender that is one, are shortened wherever they are. Texts of
    messages are not looked into: whoever hides numbers does not show texts.
    """
    names = _names_of(timeline.account, _numbers_of(timeline))
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


def redacted_recipient(found: FoundRecipient, number: str) -> FoundRecipient:
    """A recipient with this number (E.164), as a carrier's support may see it in a list."""
    names = _names_of(found.account, [number, found.sender])
    return msgspec.structs.replace(
        found,
        account=_SOMEBODY,
        sender=short_number(found.sender),
        detail=found.detail and _shorten(found.detail, names),
    )


def _numbers_of(timeline: Timeline) -> list[str]:
    told = [event.facts.get("number") for event in timeline.events if event.kind == "recipient"]
    told += [event.facts.get("sender") for event in timeline.events if event.kind == "request"]
    return [str(number) for number in (timeline.number, *told) if number is not None]


def _names_of(account: str, numbers: Iterable[str]) -> list[tuple[str, str]]:
    """Words that are told to nobody, each with what stands for it."""
    names = [(account, _SOMEBODY)]
    for number in numbers:
        if short_number(number) != number:
            names += _writings(number)
    return names


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
        name: short_number(value) if _is_number(name, value) else _value(value, names)
        for name, value in facts.items()
        if name not in _NOT_FOR_STRANGERS
    }


def _is_number(name: str, value: Any) -> bool:
    return name in _NUMBERS and isinstance(value, str)


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
