"""A carrier that behaves badly on purpose, in a thread of its own, and writes down what it did.

It plays the mood it is in. Whatever the mood, what it took it delivers, and what it said is true:
a status other than 0 means that nothing was taken. So its journal is what phones would show.
"""

import asyncio
import itertools
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum

from installation import free_port
from scripted_smsc import report_of

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BOUND, Role
from staffetta.smpp.session import Session
from staffetta.smpp.statuses import Status
from staffetta.smpp.timings import Timings

_REPORT_SECONDS = 0.02
_ARRIVES_SECONDS = 5.0  # an answer that was written so long ago has arrived
_ENQUIRE_LINK_RESP = "80000015"
# A header that lies about nothing, and means nothing: an id nobody assigned, answers to nothing.
_GARBAGE = (
    bytes.fromhex("00000010 00000fff 00000000 00000001"),
    bytes.fromhex("00000010 80000004 00000000 7ffffff0"),
    bytes.fromhex("00000011 80000004 00000045 7ffffff1 00"),
    bytes.fromhex("00000010 80000000 00000003 7ffffff2"),
    bytes.fromhex(f"00000010 {_ENQUIRE_LINK_RESP} 00000000 00000000"),
    # A deliver_sm whose text is longer than itself, and one that ends in its first field.
    bytes.fromhex("00000025 00000005 00000000 00000101") + bytes(20) + b"\xff",
    bytes.fromhex("00000013 00000005 00000000 00000102 414243"),
)


class Mood(StrEnum):
    """How it behaves until told otherwise."""

    CALM = "calm"
    THROTTLING = "throttling"  # refuses nine of ten
    DEAF = "deaf"  # reads nothing
    DRIBBLING = "dribbling"  # writes a few octets at a time
    BABBLING = "babbling"  # garbage between its answers
    FORGETFUL = "forgetful"  # takes some without an answer
    DROPPING = "dropping"  # resets the connection in the middle of answers
    AWAY = "away"  # listens no more
    BUSY = "busy"  # refuses binds, and everything with a system error


@dataclass
class Journal:
    """What it took, by phone."""

    taken: Counter[bytes] = field(default_factory=Counter)
    # Taken, and the answer may never have reached the other side: not given, or lost on the way.
    unanswered: Counter[bytes] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    connections: int = 0
    losses: int = 0
    most_open: int = 0
    seen: set[Mood] = field(default_factory=set)  # moods in which something came


class _Peer(asyncio.Protocol):
    def __init__(self, smsc: "HostileSmsc") -> None:
        self._smsc = smsc
        self._loop = asyncio.get_running_loop()
        self._dribble: asyncio.Task[None] | None = None
        self._left = bytearray()
        # Phones whose answers may not have arrived if the connection breaks now, and since when.
        self._answered: list[tuple[float, bytes]] = []
        self.session = Session(
            Role.SMSC,
            self._loop.time(),
            timings=Timings(response_seconds=3600, session_init_seconds=3600),
            window_size=100_000,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._smsc.peers.add(self)
        self._smsc.journal.connections += 1
        self.feel()

    def connection_lost(self, exc: Exception | None) -> None:
        self._smsc.peers.discard(self)
        unheard = self.session.connection_lost()
        for phone, message_id in (*unheard.never_sent, *unheard.uncertain):
            self._smsc.report_soon(phone, message_id)  # until somebody takes it
        lately = self._loop.time() - _ARRIVES_SECONDS
        self._smsc.journal.unanswered.update(phone for at, phone in self._answered if at > lately)

    def feel(self) -> None:
        """The mood changed."""
        if self._smsc.mood is Mood.DEAF:
            self.transport.pause_reading()
        elif not self.transport.is_reading() and not self.transport.is_closing():
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        smsc, told = self._smsc, self.session.receive_data(data, self._loop.time())
        submits = [
            event.pdu
            for event in told
            if isinstance(event, events.RequestReceived) and isinstance(event.pdu, pdus.SubmitSm)
        ]
        if submits:
            smsc.journal.seen.add(smsc.mood)
        smsc.journal.most_open = max(smsc.journal.most_open, len(submits))
        for event in told:
            if isinstance(event, events.BindRequested):
                self._answer_bind()
            elif isinstance(event, events.ResponseReceived) and event.pdu.command_status:
                smsc.report_soon(*event.context)
        for submit in submits:
            self._take(submit)
        if smsc.mood is Mood.DROPPING and submits:
            self.drop()
            return
        self.flush()

    def _answer_bind(self) -> None:
        if self._smsc.mood is Mood.BUSY:
            status = self._smsc.chance.choice([Status.SYSTEM_ERROR, Status.ALREADY_BOUND])
            self.session.refuse_bind(status, self._loop.time())
        else:
            self.session.accept_bind(b"HOSTILE", self._loop.time())

    def _take(self, submit: pdus.SubmitSm) -> None:
        smsc, phone = self._smsc, submit.destination_addr
        status = smsc.status_now()
        if status:
            smsc.journal.refused[status] += 1
            self.session.refuse(submit, status)
            return
        smsc.journal.taken[phone] += 1
        message_id = f"{next(smsc.ids):x}"
        smsc.report_soon(phone, message_id)
        if smsc.mood is Mood.FORGETFUL and smsc.chance.random() < 0.2:
            smsc.journal.unanswered[phone] += 1
            return
        self._answered.append((self._loop.time(), phone))
        self.session.respond(submit, pdus.SubmitSmResp(0, 0, message_id.encode()))

    def report(self, phone: bytes, message_id: str) -> None:
        report = report_of(message_id)
        sent = pdus.DeliverSm(
            source_addr=phone,
            destination_addr=report.destination_addr,
            esm_class=report.esm_class,
            short_message=report.short_message,
        )
        self.session.send(sent, (phone, message_id), self._loop.time())
        self.flush()

    def drop(self) -> None:
        """Reset, with half of the answers written."""
        journal, answers = self._smsc.journal, self.session.data_to_send()
        journal.losses += 1
        self.transport.write(bytes(self._left) + answers[: len(answers) // 2])
        self.transport.abort()

    def flush(self) -> None:
        octets = self.session.data_to_send()
        if self._smsc.mood is Mood.BABBLING and octets:
            octets = self._smsc.chance.choice(_GARBAGE) + octets
        if self._smsc.mood is Mood.DRIBBLING or self._left:
            self._left += octets
            if self._dribble is None or self._dribble.done():
                self._dribble = self._loop.create_task(self._write_slowly())
        elif not self.transport.is_closing():
            self.transport.write(octets)
        if self.session.is_closed:
            self.transport.close()

    async def _write_slowly(self) -> None:
        while self._left and not self.transport.is_closing():
            slow = self._smsc.mood is Mood.DRIBBLING
            size = self._smsc.chance.randint(1, 40) if slow else len(self._left)
            self.transport.write(bytes(self._left[:size]))
            del self._left[:size]
            await asyncio.sleep(0.001 if slow else 0)


@dataclass
class HostileSmsc:
    """Listens on `port` of loopback. Made by `running_hostile_smsc`."""

    seed: int
    port: int = field(default_factory=free_port)
    mood: Mood = Mood.CALM
    journal: Journal = field(default_factory=Journal)
    peers: set[_Peer] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.ids = itertools.count(0xA000)
        self._server: asyncio.Server | None = None

    # What the test calls, from its own thread ----------------------------------------------------

    def feel(self, mood: Mood) -> None:
        """Change the mood; done when it answers."""
        asyncio.run_coroutine_threadsafe(self._feel(mood), self._loop).result(60)

    # In its own loop -----------------------------------------------------------------------------

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._listen()

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(lambda: _Peer(self), "127.0.0.1", self.port)

    async def _feel(self, mood: Mood) -> None:
        self.mood = mood
        if mood in (Mood.AWAY, Mood.BUSY):
            await self._hang_up()
        if mood is not Mood.AWAY and self._server is None:
            await self._listen()
        for peer in list(self.peers):
            peer.feel()

    async def _hang_up(self) -> None:
        """Reset every connection; away, listen no more."""
        if self.mood is Mood.AWAY and self._server is not None:
            self._server.close()
            self._server = None
        for peer in list(self.peers):
            peer.drop()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for peer in list(self.peers):
            peer.transport.abort()
        await asyncio.sleep(0)

    def status_now(self) -> int:
        """The status of the answer to a submit_sm."""
        match self.mood:
            case Mood.THROTTLING if self.chance.random() < 0.9:
                return self.chance.choice([Status.THROTTLED, Status.MESSAGE_QUEUE_FULL])
            case Mood.BUSY:
                return Status.SYSTEM_ERROR
        return Status.OK

    def report_soon(self, phone: bytes, message_id: str) -> None:
        """Deliver, and report on whichever bind there is; one in ten twice."""
        self._loop.call_later(_REPORT_SECONDS, self._report, phone, message_id)
        if self.chance.random() < 0.1:
            self._loop.call_later(2 * _REPORT_SECONDS, self._report, phone, message_id)

    def _report(self, phone: bytes, message_id: str) -> None:
        bound = [peer for peer in self.peers if peer.session.state in BOUND]
        if not bound or self.mood in (Mood.DEAF, Mood.BUSY):
            self._loop.call_later(0.2, self._report, phone, message_id)
            return
        self.chance.choice(bound).report(phone, message_id)


@contextmanager
def running_hostile_smsc(seed: int = 1) -> Iterator[HostileSmsc]:
    """One for as long as the block runs."""
    smsc = HostileSmsc(seed)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="hostile SMSC", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(smsc.start(), loop).result(60)
        yield smsc
    finally:
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(smsc.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
