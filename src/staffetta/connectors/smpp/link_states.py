"""What an operator sees of a link: its state in one word, and why in one sentence."""

from enum import StrEnum

import msgspec


class LinkState(StrEnum):
    """The state of one link. The values are the database's."""

    DOWN = "down"  # stopped, or not started
    CONNECTING = "connecting"
    BINDING = "binding"
    BOUND = "bound"
    DRAINING = "draining"  # writes no new message, waits for answers
    WAITING = "waiting"  # will connect again after a pause
    REFUSED = "refused"  # the carrier refused who we are: somebody must look


class LinkChange(msgspec.Struct, frozen=True):
    """One link came to another state."""

    connector_id: int
    number: int  # of the link, from 1
    state: LinkState
    detail: str  # one sentence for operators, "" for none
