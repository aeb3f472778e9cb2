"""The verdict names every broken promise: one that never fails would prove nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from sender import Sent, make_message
from verdict import judge

from staffetta.connectors.simulated.journal import JournalEntry

COUNT = 21  # long texts, keys, both markets and both alphabets are among them


class World:
    """What sender, gateway and carrier know, when all went well."""

    def __init__(self) -> None:
        self.sent = [make_message(number) for number in range(COUNT)]
        self.messages: list[dict[str, Any]] = []
        self.journal: list[JournalEntry] = []
        for one in self.sent:
            one.ids.add(f"id{one.number}")
            parts = [one.text[:100], one.text[100:]] if len(one.text) > 160 else [one.text]
            self.messages.append(
                {
                    "id": f"id{one.number}",
                    "recipient": one.recipient,
                    "message": one.text,
                    "messageCount": len(parts),
                    "state": "DELIVERED",
                }
            )
            self.journal += [
                JournalEntry(0.0, "Chaos", one.recipient[1:], text, part, len(parts), 7)
                for part, text in enumerate(parts, start=1)
            ]

    def faults(self) -> dict[str, int]:
        return judge(self.sent, self.messages, self.journal).faults


def lose(world: World) -> None:
    del world.messages[3]


def leave_pending(world: World) -> None:
    world.messages[3]["state"] = "PENDING"


def keep_another_text(world: World) -> None:
    world.messages[3]["message"] += "!"


def keep_twice(world: World) -> None:
    world.messages.append({**world.messages[2], "id": "another"})


def answer_two_ids(world: World) -> None:
    world.sent[2].ids.add("another")


def deliver_twice(world: World) -> None:
    world.journal.append(world.journal[3])


def deliver_one_part_twice(world: World) -> None:
    world.journal.append(next(entry for entry in world.journal if entry.part == 2))


def deliver_thrice(world: World) -> None:
    world.journal += [world.journal[3], world.journal[3]]
    world.messages[_number_of(world, world.journal[3])]["possiblyDuplicate"] = True


def never_deliver(world: World) -> None:
    del world.journal[3]


def invent(world: World) -> None:
    world.journal.append(JournalEntry(0.0, "Chaos", "393330009999", "boo", 1, 1, 0))


def refuse_and_keep(world: World) -> None:
    world.sent[3].ids.clear()
    world.sent[3].refused.append(2081)


def say_that_there_is_no_route(world: World) -> None:
    world.sent[3].refused.append(2080)


def keep_what_nobody_heard_of_undelivered(world: World) -> None:
    world.sent[3].ids.clear()
    world.sent[3].unanswered = 1
    world.messages[3]["state"] = "NEW"


def _number_of(world: World, entry: JournalEntry) -> int:
    return next(one.number for one in world.sent if one.recipient[1:] == entry.destination)


def test_when_every_promise_was_kept_there_is_no_fault() -> None:
    assert World().faults() == {}


@pytest.mark.parametrize(
    ("harm", "fault"),
    [
        (lose, "accepted, then lost"),
        (leave_pending, "accepted, not delivered"),
        (keep_another_text, "accepted, kept otherwise"),
        (keep_twice, "two messages for one request"),
        (answer_two_ids, "two ids for one request"),
        (deliver_twice, "arrived twice, not flagged"),
        (deliver_one_part_twice, "arrived twice, not flagged"),
        (deliver_thrice, "arrived more than twice"),
        (never_deliver, "never arrived whole"),
        (invent, "arrived, unknown to the gateway"),
        (refuse_and_keep, "refused with 503, and kept"),
        (say_that_there_is_no_route, "refused for another reason"),
        (keep_what_nobody_heard_of_undelivered, "kept, not delivered"),
    ],
)
def test_a_broken_promise_is_named(harm: Callable[[World], None], fault: str) -> None:
    world = World()
    harm(world)
    assert fault in world.faults()


@pytest.mark.parametrize("is_kept", [True, False])
def test_an_unanswered_request_may_be_kept_or_not(is_kept: bool) -> None:
    world = World()
    one: Sent = world.sent[3]
    one.ids.clear()
    one.unanswered = 1
    if not is_kept:
        world.messages = [m for m in world.messages if m["recipient"] != one.recipient]
        world.journal = [e for e in world.journal if e.destination != one.recipient[1:]]
    assert world.faults() == {}


def test_a_flagged_duplicate_is_no_fault() -> None:
    world = World()
    deliver_twice(world)
    world.messages[_number_of(world, world.journal[3])]["possiblyDuplicate"] = True
    assert world.faults() == {}
