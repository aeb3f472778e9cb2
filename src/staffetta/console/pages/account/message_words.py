"""Words of messages that several pages share: the states that people ask for, and their names."""

from types import MappingProxyType
from typing import Final

from staffetta.console.languages import mark
from staffetta.domain.states import State
from staffetta.messaging.traffic import STANDS, Stand

_CANCELLED: Final = "cancelled"
# What people ask for, and the states that are meant: those of the overview, which does not count
# what was taken back.
GROUPS: Final = MappingProxyType(
    {
        **{stand.value: tuple(one for one in State if STANDS[one] is stand) for stand in Stand},
        _CANCELLED: tuple(one for one in State if STANDS[one] is None),
    }
)
GROUP_NAMES: Final = MappingProxyType(
    {
        "waiting": mark("waiting"),
        "sent": mark("sent"),
        "delivered": mark("delivered"),
        "failed": mark("failed"),
        _CANCELLED: mark("cancelled"),
    }
)
GROUP_OF: Final = MappingProxyType(
    {state: group for group, states in GROUPS.items() for state in states}
)
# Each state by itself, where it is told apart from others of its group.
STATE_NAMES: Final = MappingProxyType(
    {
        State.SCHEDULED: mark("waits for its time"),
        State.QUEUED: mark("in the queue"),
        State.SUBMITTING: mark("being sent"),
        State.UNCERTAIN: mark("uncertain"),
        State.SUBMITTED: mark("sent, no report yet"),
        State.DELIVERED: mark("delivered"),
        State.UNDELIVERABLE: mark("undeliverable"),
        State.REJECTED: mark("rejected"),
        State.EXPIRED: mark("expired"),
        State.CANCELLED: mark("cancelled"),
    }
)
