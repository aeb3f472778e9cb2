"""The inbox wakes dispatch when it has a reason to look."""

from staffetta.messaging.inbox import MemoryInbox

CONNECTOR = 7


def test_room_wakes_a_dispatch_that_may_have_left_something() -> None:
    inbox = MemoryInbox()
    inbox.ready(CONNECTOR)
    assert inbox.room_of(CONNECTOR).is_set()


def test_room_wakes_nobody_while_the_queue_is_known_to_be_empty() -> None:
    inbox = MemoryInbox()
    inbox.note_queue(CONNECTOR, is_empty=True)
    inbox.ready(CONNECTOR)
    assert not inbox.room_of(CONNECTOR).is_set()
    inbox.note_queue(CONNECTOR, is_empty=False)
    inbox.ready(CONNECTOR)
    assert inbox.room_of(CONNECTOR).is_set()


def test_something_new_wakes_dispatch_whatever_is_known() -> None:
    inbox = MemoryInbox()
    inbox.note_queue(CONNECTOR, is_empty=True)
    inbox.rung(CONNECTOR)
    assert inbox.room_of(CONNECTOR).is_set()


def test_each_connector_has_a_queue_of_its_own() -> None:
    inbox = MemoryInbox()
    inbox.note_queue(CONNECTOR, is_empty=True)
    inbox.ready(CONNECTOR + 1)
    assert not inbox.room_of(CONNECTOR).is_set()
    assert inbox.room_of(CONNECTOR + 1).is_set()
