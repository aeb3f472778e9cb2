"""A desk for one-time passwords, fresh for each test."""

import pytest
from hand_gateway import FrozenClock, make_gateway
from otp_desk import Desk

from staffetta.db.pool import Database
from staffetta.otp.send import OtpSender
from staffetta.otp.verify import OtpVerifier


@pytest.fixture
async def desk(database: Database, clock: FrozenClock) -> Desk:
    gateway = await make_gateway(database, clock)
    return Desk(
        gateway,
        OtpSender(database, gateway.acceptor, gateway.keyring, gateway.ids),
        OtpVerifier(database, gateway.keyring),
    )
