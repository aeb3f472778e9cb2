"""An ESME over a real socket that does what a test says, and remembers what it was told."""

import asyncio
from collections.abc import Callable

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import Role
from staffetta.smpp.session import Session
from staffetta.smpp.timings import Timings

DEADLINE_SECONDS = 60.0  # patience, not a promise: the machine may be busy

# The command_status of the answer to a deliver_sm; None for no answer.
Answering = Callable[[pdus.DeliverSm], int | None]


async def until(holds: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Wait until something holds; TimeoutError when it does not in time."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.002)


class ScriptedEsme(asyncio.Protocol):
    """One connection. `told` holds all events in the order of the wire, `chunks` each read."""

    def __init__(self, window_size: int = 100) -> None:
        self.told: list[events.Event] = []
        self.chunks: list[bytes] = []
        self.answering: Answering = lambda _pdu: 0
        self.is_lost = False
        self.session = Session(
            Role.ESME,
            asyncio.get_running_loop().time(),
            timings=Timings(response_seconds=3600),
            window_size=window_size,
        )

    @classmethod
    async def connect(cls, port: int, window_size: int = 100) -> "ScriptedEsme":
        loop = asyncio.get_running_loop()
        _transport, esme = await loop.create_connection(lambda: cls(window_size), "127.0.0.1", port)
        return esme

    @classmethod
    async def bound(
        cls,
        port: int,
        kind: type[pdus.Bind] = pdus.BindTransceiver,
        *,
        system_id: bytes = b"esme",
        password: bytes = b"secret",
        window_size: int = 100,
        answering: Answering | None = None,
    ) -> "ScriptedEsme":
        esme = await cls.connect(port, window_size)
        if answering is not None:
            esme.answering = answering
        assert await esme.bind(kind, system_id=system_id, password=password) == 0
        return esme

    async def bind(
        self,
        kind: type[pdus.Bind] = pdus.BindTransceiver,
        *,
        system_id: bytes = b"esme",
        password: bytes = b"secret",
    ) -> int:
        """The command_status of the answer."""
        self.session.bind(kind(system_id=system_id, password=password), self.now())
        self.flush()
        await until(lambda: bool(self.of(events.Bound, events.BindRefused)))
        (event,) = self.of(events.Bound, events.BindRefused)
        return event.command_status if isinstance(event, events.BindRefused) else 0

    def submit(self, pdu: pdus.SubmitSm) -> int:
        """Send a submit_sm; its sequence_number."""
        number = self.session.send(pdu, pdu, self.now())
        self.flush()
        return number

    async def exchange(self, pdu: pdus.SubmitSm) -> pdus.SubmitSmResp:
        """Send a submit_sm and wait for its answer."""
        number = self.submit(pdu)
        await until(lambda: any(r.sequence_number == number for r in self.responses))
        return next(r for r in self.responses if r.sequence_number == number)

    @property
    def responses(self) -> list[pdus.SubmitSmResp]:
        """The answers to submits so far."""
        return [event.pdu for event in self.of(events.ResponseReceived)]

    @property
    def reports(self) -> list[pdus.DeliverSm]:
        """The deliver_sm that came so far."""
        return [event.pdu for event in self.of(events.RequestReceived)]

    @property
    def sequence(self) -> list[str]:
        """The kinds of PDUs that came after the bind, in the order of the wire."""
        came = self.of(events.ResponseReceived, events.RequestReceived)
        return [type(event.pdu).__name__ for event in came]

    def of(self, *kinds: type) -> list:
        return [event for event in self.told if type(event) in kinds]

    def write(self, data: bytes) -> None:
        self.transport.write(data)

    def flush(self) -> None:
        self.transport.write(self.session.data_to_send())

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def unbind(self) -> None:
        self.session.unbind(self.now())
        self.flush()
        await until(lambda: self.is_lost)

    async def close(self) -> None:
        self.transport.close()
        await until(lambda: self.is_lost)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.chunks.append(data)
        for event in self.session.receive_data(data, self.now()):
            self.told.append(event)
            if isinstance(event, events.RequestReceived):
                status = self.answering(event.pdu)
                if status is not None:
                    self.session.refuse(event.pdu, status)
        self.flush()
        if self.session.is_closed:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_lost = True
        self.session.connection_lost()
