"""How callbacks stand, and what they tell, in words. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.callbacks.overview import Standing
from staffetta.callbacks.receiver import ReceiverAnswer
from staffetta.console.languages import mark

STANDING_WORDS: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.WAITING: mark("not tried yet"),
        Standing.FAILING: mark("failing"),
        Standing.DELIVERED: mark("received"),
        Standing.DEAD: mark("given up"),
        Standing.ENDED: mark("declined"),
        Standing.SUPERSEDED: mark("replaced by a newer one"),
    }
)
# The colours of it, as the stylesheet names them.
STANDING_LOOKS: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        Standing.WAITING: "waiting",
        Standing.FAILING: "failed",
        Standing.DELIVERED: "delivered",
        Standing.DEAD: "failed",
        Standing.ENDED: "quiet",
        Standing.SUPERSEDED: "quiet",
    }
)
EVENT_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "submitted": mark("the message was sent"),
        "uncertain": mark("the message was sent, perhaps"),
        "delivered": mark("the message was delivered"),
        "undeliverable": mark("the message cannot be delivered"),
        "rejected": mark("the message was rejected"),
        "expired": mark("the message expired"),
        "cancelled": mark("the message was taken back"),
        "recipients_changed": mark("recipients changed"),
        "low_credit": mark("credit is low"),
    }
)
ANSWER_WORDS: Final[Mapping[ReceiverAnswer, str]] = MappingProxyType(
    {
        ReceiverAnswer.WELL: mark("well, with 200"),
        ReceiverAnswer.BROKEN: mark("broken, with 500"),
        ReceiverAnswer.GONE: mark("no more, with 410"),
        ReceiverAnswer.SLOW: mark("slowly: 200 after 10 seconds"),
    }
)
