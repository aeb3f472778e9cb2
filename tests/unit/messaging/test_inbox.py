"""The inbox wakes dispatch when it has a reason to look."""

from datetime import UTC, datetime

from staffetta.domain.encodings import Encoding
from staffetta.messaging.connector import Claim, Settlement
from staffetta.messaging.inbox import SETTLEMENTS_WAITING_MAX, MemoryInbox

CONNECTOR = 7
CLAIM = Claim(
    space_id=1,
    recipient_id=bytes(12),
    attempt=1,
    sender="ACME",
    number="+393331234567",
    encoding=Encoding.GSM_7,
    segments=(),
    segment_total=1,
    reference=0,
    flash=False,
    expires_at=datetime(2026, 3, 14, tzinfo=UTC),
    accepted_before=False,
    failure_count=0,
    resend_count=0,
    capture_micro=None,
)
SETTLEMENT = Settlement(CONNECTOR, CLAIM, ())


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


def test_who_waits_for_writing_is_woken_when_it_has_caught_up() -> None:
    inbox = MemoryInbox()
    inbox.room_of(CONNECTOR)
    for _ in range(SETTLEMENTS_WAITING_MAX):
        assert not inbox.is_behind
        inbox.settled(SETTLEMENT)
    assert inbox.is_behind
    inbox.written()
    assert not inbox.room_of(CONNECTOR).is_set()
    inbox.settlements.popleft()
    inbox.written()
    assert inbox.room_of(CONNECTOR).is_set()


def test_catching_up_wakes_nobody_whose_queue_is_known_to_be_empty() -> None:
    inbox = MemoryInbox()
    inbox.note_queue(CONNECTOR, is_empty=True)
    inbox.written()
    assert not inbox.room_of(CONNECTOR).is_set()
