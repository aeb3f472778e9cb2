"""Which changes of state an account's URL is told, and owing them with the change itself.

A callback is fired at every change that the account can see after the 201: PENDING once, then the
final state (contract section 5). A message that is sent a second time stays PENDING. v2's changes
are owed at once, one callback each; v1's are noted, and gathered later (contract section 4).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from staffetta.callbacks.owe import (
    STEP_FINAL,
    STEP_PENDING,
    Change,
    Lane,
    lanes_of,
    owe_changes,
)
from staffetta.domain.states import FINAL, State
from staffetta.messaging.bulk.note import Changed, note_changes
from staffetta.messaging.step import Step

_NOTHING_PAID: Final[Mapping[bytes, int]] = {}


async def owe_changes_of(
    step: Step, rows: Iterable[Any], charged: Mapping[bytes, int] = _NOTHING_PAID
) -> None:
    """Owe what the URLs of these changed recipients must hear.

    Rows are those of messaging.sql.told; `charged` says, in micro-units by recipient, what one has
    paid where it is not what its row says.
    """
    changes: list[Change] = []
    noted: list[Changed] = []
    for row in rows:
        place = step_of(State(row["state"]), row["resend_count"]) if row["callback_host"] else None
        if place is None:
            continue
        if row["id"] == row["message_id"]:
            changes.append(_change_of(row, place, charged))
        else:
            noted.append(Changed(row["space_id"], row["message_id"], row["id"]))
    await note_changes(step.connection, noted)
    await owe_changes(step.connection, changes, step.ids, step.now)
    step.will_ring(lanes_of(changes))


def _change_of(row: Any, place: int, charged: Mapping[bytes, int]) -> Change:
    return Change(
        lane=Lane(row["space_id"], row["callback_host"]),
        message_id=row["message_id"],
        recipient_id=row["id"],
        step=place,
        state=row["state"],
        charged_micro=charged.get(row["id"], row["charged_micro"]),
        possibly_duplicate=row["possibly_duplicate"],
        sent_at=row["sent_at"],
        delivered_at=row["delivered_at"],
    )


def step_of(state: State, resend_count: int) -> int | None:
    """The step that a recipient's new state is told as; None where nothing is to be told."""
    if state in FINAL:
        return STEP_FINAL
    # Uncertain was told when it became so; what follows its second sending is PENDING still.
    if state in {State.SUBMITTED, State.UNCERTAIN} and resend_count == 0:
        return STEP_PENDING
    return None
