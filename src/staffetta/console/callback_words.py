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
        "submitted": mark("The message was sent"),
        "uncertain": mark("The message was sent, perhaps"),
        "delivered": mark("The message was delivered"),
        "undeliverable": mark("The message cannot be delivered"),
        "rejected": mark("The message was rejected"),
        "expired": mark("The message expired"),
        "cancelled": mark("The message was taken back"),
        "recipients_changed": mark("Recipients changed"),
        "low_credit": mark("Credit is low"),
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
