"""What an operator sees of a link: its state in one word, and why in one sentence."""

from enum import StrEnum
from typing import Final

import msgspec

from staffetta.connectors.smpp.credit import Credit
from staffetta.connectors.smpp.window_limit import WindowLimit


class LinkState(StrEnum):
    """The state of one link. The values are the database's."""

    DOWN = "down"  # stopped, or not started
    CONNECTING = "connecting"
    BINDING = "binding"
    BOUND = "bound"
    NO_CREDIT = "no_credit"  # bound, but the account at the carrier is used up
    DRAINING = "draining"  # writes no new message, waits for answers
    WAITING = "waiting"  # will connect again after a pause
    REFUSED = "refused"  # the carrier refused who we are: somebody must look


class LinkChange(msgspec.Struct, frozen=True):
    """One link came to another state."""

    connector_id: int
    number: int  # of the link, from 1
    state: LinkState
    detail: str  # one sentence for operators, "" for none


SERVING: Final = frozenset({LinkState.BOUND, LinkState.NO_CREDIT})


def serving_state(
    smsc: str, window: WindowLimit, credit: Credit, now: float
) -> tuple[LinkState, str]:
    """What is said of a link that is bound; `smsc` is as the carrier names itself."""
    if credit.is_out:
        return LinkState.NO_CREDIT, _tell_credit(credit, now)
    bound = f"to {smsc or 'an unnamed SMSC'}"
    if window.is_cautious:
        return LinkState.BOUND, f"{bound}; one segment at a time, until the carrier answers one"
    if window.is_shrunk:
        why = f"at most {window.size} of {window.ceiling} open: the carrier drops what is more"
        return LinkState.BOUND, f"{bound}; {why}"
    return LinkState.BOUND, bound


def _tell_credit(credit: Credit, now: float) -> str:
    out = "the account at the carrier is out of credit"
    if credit.is_probing:
        return f"{out}; a message tries whether it still is"
    seconds = max(0.0, credit.next_probe_at - now)
    return f"{out}; a message tries again in {seconds:.0f} s"
