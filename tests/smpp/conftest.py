"""Two sessions and the wire between them, in memory and with a clock that tests move."""

from collections.abc import Callable
from typing import Any

import pytest
from patient_loop import PatientLoop

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BindState, Role
from staffetta.smpp.session import Session
from staffetta.smpp.timings import Timings


def pytest_asyncio_loop_factories() -> dict[str, type[PatientLoop]]:
    """Timers of tenths of a second are for peers that are silent, not for machines that are."""
    return {"patient": PatientLoop}


class ConnectionPair:
    """A client and a server; octets move when the test says so."""

    def __init__(self, timings: Timings | None = None, window_size: int = 10) -> None:
        self.now = 1000.0
        self.client = Session(Role.ESME, self.now, timings=timings, window_size=window_size)
        self.server = Session(Role.SMSC, self.now, timings=timings, window_size=window_size)

    def to_server(self) -> list[events.Event]:
        return self.server.receive_data(self.client.data_to_send(), self.now)

    def to_client(self) -> list[events.Event]:
        return self.client.receive_data(self.server.data_to_send(), self.now)

    def bind(self, kind: type[pdus.Bind] = pdus.BindTransceiver) -> list[events.Event]:
        self.client.bind(kind(system_id=b"esme", password=b"secret"), self.now)
        self.to_server()
        self.server.accept_bind(b"SMSC", self.now)
        return self.to_client()

    def pass_time(self, seconds: float) -> tuple[list[events.Event], list[events.Event]]:
        """Both clocks go on; what the client and the server have to say of it."""
        self.now += seconds
        return self.client.tick(self.now), self.server.tick(self.now)


BIND_KINDS = {
    BindState.BOUND_TX: pdus.BindTransmitter,
    BindState.BOUND_RX: pdus.BindReceiver,
    BindState.BOUND_TRX: pdus.BindTransceiver,
}


def pair_in(state: BindState, role: Role) -> tuple[ConnectionPair, Session]:
    """A pair whose end with `role` is in `state`, with nothing left to be written."""
    pair = ConnectionPair()
    session = pair.client if role is Role.ESME else pair.server
    match state:
        case BindState.BINDING:
            pair.client.bind(pdus.BindTransceiver(system_id=b"esme"), pair.now)
            pair.to_server()
        case BindState.UNBINDING:
            pair.bind()
            session.unbind(pair.now)
        case BindState.CLOSED:
            session.connection_lost()
        case BindState.BOUND_TX | BindState.BOUND_RX | BindState.BOUND_TRX:
            pair.bind(BIND_KINDS[state])
    pair.client.data_to_send()
    pair.server.data_to_send()
    assert session.state is state
    return pair, session


@pytest.fixture
def pair() -> ConnectionPair:
    return ConnectionPair()


@pytest.fixture
def bound_pair() -> ConnectionPair:
    pair = ConnectionPair()
    pair.bind()
    return pair


@pytest.fixture(scope="session")
def make_pair() -> Callable[..., ConnectionPair]:
    """A pair with other timings or another window; `bind` it yourself."""
    return ConnectionPair


@pytest.fixture(scope="session")
def make_pair_in() -> Callable[[BindState, Role], tuple[ConnectionPair, Any]]:
    return pair_in
