"""A carrier that does its worst while messages pour in: each ends as it should, none twice unasked.

What the carrier took and what it left without an answer stands in its own journal.
"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from carrier import add_carrier, links_of, wait_for_route
from hostile_smsc import HostileSmsc, Journal, Mood, running_hostile_smsc
from installation import Installation, running, wait_for

SENDERS = 4
WINDOW = 50
MOOD_SECONDS = 1.5
MOODS = [mood for mood in Mood if mood is not Mood.CALM]
SETTINGS = {
    "response_seconds": 4,  # more than a slow machine keeps a carrier from answering
    "enquire_seconds": 1,
    "enquire_answer_seconds": 1,
    "bind_seconds": 1,
    "reconnect_seconds_min": 0.1,
    "reconnect_seconds_max": 0.5,
    "already_bound_seconds_min": 0.1,
    "already_bound_seconds_max": 0.5,
    "throttle_pause_seconds": 0.2,
    "throttle_recovery_seconds": 1,
}


@dataclass
class Story:
    """What was sent in it, and what became of it."""

    installation: Installation
    smsc: HostileSmsc
    client: httpx.Client
    phones: dict[str, bytes]  # by message

    def messages(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        query: dict[str, Any] = {"limit": 1000}
        while True:
            page = self.client.get("/messages", params={**query, "skip": len(found)}).json()["data"]
            found |= {message["id"]: message for message in page}
            if len(page) < query["limit"]:
                return found

    def waits(self) -> list[str]:
        """The messages that have no end, and could have one."""
        lost_twice = {phone for phone, count in self.smsc.journal.unanswered.items() if count > 1}
        messages = self.messages()
        return [
            f"{message_id}: {messages[message_id]['state']}"
            for message_id, phone in self.phones.items()
            if messages[message_id]["state"] != "DELIVERED" and phone not in lost_twice
        ]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    directory = tmp_path_factory.mktemp("hostile")
    with running_hostile_smsc() as smsc, running(directory / "data") as installation:
        token = installation.make_account()["production"]
        add_carrier(installation, smsc.port, window=WINDOW)
        given = [f"{name}={value}" for name, value in SETTINGS.items()]
        installation.json("connector", "set", "acme", *given, "links=2")
        wait_for(lambda: links_of(installation) == ["bound", "bound"], what="both links bound")
        with installation.client(token, "production") as client:
            wait_for_route(client)
            story = Story(installation, smsc, client, send_through_moods(client, smsc))
            with suppress(AssertionError):  # a test says what has no end
                wait_for(lambda: not story.waits(), 180, "every message delivered")
            yield story


def send_through_moods(client: httpx.Client, smsc: HostileSmsc) -> dict[str, bytes]:
    """Send all the while, and let the carrier go through every mood."""
    enough = threading.Event()

    def send(sender: int) -> dict[str, bytes]:
        phones: dict[str, bytes] = {}
        while not enough.is_set():
            phone = f"39333{sender}{len(phones):06d}"
            body = {"recipient": f"+{phone}", "message": f"numero {len(phones)}"}
            answer = client.post("/IT-messages", json=body)
            assert answer.status_code == 201, answer.text
            phones[answer.json()["data"]["id"]] = phone.encode()
            time.sleep(0.02)
        return phones

    with ThreadPoolExecutor(SENDERS) as pool:
        sending: list[Future[dict[str, bytes]]] = [pool.submit(send, one) for one in range(SENDERS)]
        try:
            for mood in MOODS:
                time.sleep(MOOD_SECONDS)
                wait_for(lambda: len(smsc.peers) == 2, what="both links are there")
                smsc.feel(mood)
                time.sleep(MOOD_SECONDS)
                wait_for(lambda: was_felt(smsc.journal, mood), what=mood)  # noqa: B023 - at once
                smsc.feel(Mood.CALM)
            time.sleep(MOOD_SECONDS)
        finally:
            enough.set()
        return {key: phone for one in sending for key, phone in one.result().items()}


def was_felt(journal: Journal, mood: Mood) -> bool:
    """Whether the carrier did in this mood what it is there for."""
    match mood:
        case Mood.AWAY | Mood.DEAF | Mood.BUSY:
            return True
        case Mood.THROTTLING:
            return journal.refused.keys() >= {0x58, 0x14}
        case Mood.FORGETFUL:
            return mood in journal.seen and bool(journal.unanswered)
        case _:
            return mood in journal.seen


def test_the_carrier_was_as_bad_as_it_could(story: Story) -> None:
    journal = story.smsc.journal
    assert journal.seen >= set(MOODS) - {Mood.AWAY, Mood.DEAF, Mood.BUSY}
    assert journal.losses >= 3
    assert journal.connections > 2 + journal.losses / 2
    assert journal.unanswered
    assert journal.refused.keys() >= {0x58, 0x14}


def test_every_message_is_delivered(story: Story) -> None:
    assert story.waits() == []
    taken = story.smsc.journal.taken
    assert [phone for phone in story.phones.values() if not taken[phone]] == []


def test_a_phone_gets_twice_only_what_the_carrier_took_and_did_not_answer(story: Story) -> None:
    journal, messages = story.smsc.journal, story.messages()
    twice = {phone for phone, count in journal.taken.items() if count > 1}
    unasked = {
        phone: (count, journal.unanswered[phone])
        for phone, count in journal.taken.items()
        if count - 1 > journal.unanswered[phone]
    }
    assert unasked == {}
    flagged = {
        phone for key, phone in story.phones.items() if messages[key].get("possiblyDuplicate")
    }
    assert twice <= flagged


def test_the_books_are_exact_and_the_links_are_bound(story: Story) -> None:
    wait_for(lambda: links_of(story.installation) == ["bound", "bound"], what="both links bound")
    assert story.installation.json("ledger", "verify")["exact"] is True
