"""An SMSC over real sockets that does what a test says, and remembers what it was told."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from scripted_esme import until

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BOUND, Role
from staffetta.smpp.constants import EsmClass
from staffetta.smpp.session import Session
from staffetta.smpp.timings import Timings


@dataclass(frozen=True)
class Say:
    """An answer to a submit_sm."""

    message_id: str = ""
    command_status: int = 0
    tlvs: pdus.Tlvs = ()


# What to answer to a submit_sm at once; None: the test answers when it likes, or never.
Answering = Callable[[pdus.SubmitSm], Say | None]


class SmscConnection(asyncio.Protocol):
    """One connection of an ESME. `told` holds all events in the order of the wire."""

    def __init__(self, smsc: "ScriptedSmsc") -> None:
        self.smsc = smsc
        self.told: list[events.Event] = []
        self.chunk_sizes: list[int] = []
        self.is_lost = False
        self.session = Session(
            Role.SMSC,
            asyncio.get_running_loop().time(),
            timings=Timings(response_seconds=3600, session_init_seconds=3600),
            window_size=10_000,
        )

    # What the test looks at ----------------------------------------------------------------------

    @property
    def is_bound(self) -> bool:
        return self.session.state in BOUND

    @property
    def submits(self) -> list[pdus.SubmitSm]:
        requests = [event.pdu for event in self.told if isinstance(event, events.RequestReceived)]
        return [pdu for pdu in requests if isinstance(pdu, pdus.SubmitSm)]

    @property
    def report_answers(self) -> list[int]:
        """The command_status of each answer to a deliver_sm, in the order they came."""
        return [
            event.pdu.command_status
            for event in self.told
            if isinstance(event, events.ResponseReceived)
        ]

    def of(self, kind: type[events.Event]) -> list[events.Event]:
        return [event for event in self.told if isinstance(event, kind)]

    async def submitted(self, count: int) -> list[pdus.SubmitSm]:
        """Wait for so many submit_sm in all."""
        await until(lambda: len(self.submits) >= count)
        return self.submits

    # What the test does --------------------------------------------------------------------------

    def answer(self, pdu: pdus.SubmitSm, say: Say, *, flush: bool = True) -> None:
        message_id = say.message_id.encode()
        answer = pdus.SubmitSmResp(0, say.command_status, message_id, say.tlvs)
        self.session.respond(pdu, answer)
        if flush:
            self.flush()

    def deliver(self, pdu: pdus.DeliverSm, *, flush: bool = True) -> int:
        """Send a deliver_sm; its sequence_number."""
        number = self.session.send(pdu, pdu, self.now())
        if flush:
            self.flush()
        return number

    def report(self, message_id: str, stat: str = "DELIVRD", *, flush: bool = True) -> int:
        return self.deliver(report_of(message_id, stat), flush=flush)

    def send_raw(self, octets: bytes) -> None:
        self.transport.write(octets)

    def unbind(self) -> None:
        self.session.unbind(self.now())
        self.flush()

    def reset(self) -> None:
        """End the connection at once."""
        self.transport.abort()

    def flush(self) -> None:
        self.transport.write(self.session.data_to_send())

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    # What asyncio calls --------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.smsc.connections.append(self)
        if len(self.smsc.connections) in self.smsc.hangs_up_on:
            transport.abort()

    def data_received(self, data: bytes) -> None:
        self.chunk_sizes.append(len(data))
        for event in self.session.receive_data(data, self.now()):
            self._act(event)
            self.told.append(event)
        self.flush()
        if self.session.is_closed:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self.session.connection_lost()

    def _act(self, event: events.Event) -> None:
        match event:
            case events.BindRequested():
                self._answer_bind()
            case events.RequestReceived(pdu=pdus.SubmitSm() as pdu):
                say = self.smsc.answering(pdu)
                if say is not None:
                    self.answer(pdu, say, flush=False)
            case _:
                pass

    def _answer_bind(self) -> None:
        statuses = self.smsc.bind_statuses
        status = statuses.pop(0) if statuses else 0
        if status is None:
            return
        if status:
            self.session.refuse_bind(status, self.now())
        else:
            self.session.accept_bind(b"SCRIPT", self.now())


@dataclass
class ScriptedSmsc:
    """A listening SMSC. Answers each submit_sm with its number as id, unless told otherwise."""

    port: int = 0  # from `take_port` or `start` on
    receive_buffer_octets: int = 0  # 0: the system's
    answering: Answering = lambda pdu: Say(f"id{pdu.sequence_number}")
    # The status of each bind to come, None for no answer; then all are taken.
    bind_statuses: list[int | None] = field(default_factory=list)
    connections: list[SmscConnection] = field(default_factory=list)
    hangs_up_on: frozenset[int] = frozenset()  # so many-th connections, at once
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self._taken: socket.socket | None = None

    def take_port(self) -> None:
        """Take a free port, where connections are refused until `start`."""
        self._taken = socket.socket()
        if self.receive_buffer_octets:
            self._taken.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer_octets)
        self._taken.bind(("127.0.0.1", 0))
        self.port = self._taken.getsockname()[1]

    async def start(self) -> None:
        if self._taken is None:
            self.take_port()
        listener, self._taken = self._taken, None
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: SmscConnection(self), sock=listener, ssl=self.tls
        )

    async def stop(self) -> None:
        """Stop listening, and end every connection."""
        self._server.close()
        for connection in self.connections:
            with suppress(AttributeError):
                connection.transport.abort()
        await until(lambda: all(connection.is_lost for connection in self.connections))
        await self._server.wait_closed()

    async def bound(self, number: int = 1) -> SmscConnection:
        """The connection that bound as so many-th, once it did."""
        await until(lambda: len(self._ever_bound()) >= number)
        return self._ever_bound()[number - 1]

    def _ever_bound(self) -> list[SmscConnection]:
        return [one for one in self.connections if one.is_bound or (one.is_lost and one.told)]


def report_of(message_id: str, stat: str = "DELIVRD") -> pdus.DeliverSm:
    """A report by text alone, as old carriers send it."""
    text = (
        f"id:{message_id} sub:001 dlvrd:001 submit date:2603140926 done date:2603140927"
        f" stat:{stat} err:000 text:hello"
    )
    return pdus.DeliverSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=b"393331234567",
        destination_addr=b"ACME",
        esm_class=EsmClass.DELIVERY_REPORT,
        short_message=text.encode(),
    )
