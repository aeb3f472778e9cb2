"""The test receiver: a callback URL of our own, to see what a receiver would get.

Its name, RECEIVER_HOST, is a name of this server and of nothing else: names below .invalid are
never in DNS (RFC 6761, section 6.4). A callback to it is not sent. Whoever delivers hands it over
inside the process, by its lane's host, which was worked out when the callback was owed; every other
host goes over the network, past the check of addresses. So no URL of a customer reaches through it
to a machine, on loopback or elsewhere, and no address had to be allowed for it: it works wherever
the server listens, and behind any proxy. There is no URL to guess either: what is handed over
belongs to the account that owed it, whatever the URL's path says, and nobody else can put anything
there. See docs/decisions/0013-a-receiver-without-an-address.md.

Owns what was handed over: the newest KEPT_MAX of each account, for KEPT_FOR, bodies cut.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from staffetta.callbacks import receiver_sql as sql
from staffetta.callbacks.letters import Request
from staffetta.callbacks.outcomes import Answered
from staffetta.callbacks.secret import ensure_secret
from staffetta.callbacks.sign import is_signed_by, signatures_in
from staffetta.db.pool import Connection, Database
from staffetta.domain.clock import Clock
from staffetta.domain.secrets import CannotUnseal, Keyring

RECEIVER_HOST: Final = "test-receiver.invalid"
RECEIVER_URL: Final = f"https://{RECEIVER_HOST}/sms"
KEPT_MAX: Final = 50
KEPT_FOR: Final = timedelta(days=1)
BODY_BYTES_MAX: Final = 64 * 1024
SLOW_SECONDS: Final = 10.0
_AT_ONCE_MAX: Final = 2  # transactions of one process: real callbacks need the connections
_FORGET_MAX: Final = 10_000


class ReceiverAnswer(StrEnum):
    """How the test receiver answers; the values are the database's."""

    WELL = "well"
    BROKEN = "broken"
    GONE = "gone"
    SLOW = "slow"

    @property
    def status(self) -> int:
        """The HTTP status of it."""
        return _STATUSES[self]


_STATUSES: Final[Mapping[ReceiverAnswer, int]] = MappingProxyType(
    {
        ReceiverAnswer.WELL: 200,
        ReceiverAnswer.BROKEN: 500,
        ReceiverAnswer.GONE: 410,
        ReceiverAnswer.SLOW: 200,
    }
)


class TestDelivery(msgspec.Struct, frozen=True):
    """One callback as the test receiver got it."""

    id: int
    at: datetime
    url: str
    headers: Mapping[str, str]
    body: bytes  # BODY_BYTES_MAX of it at most
    octet_count: int  # of the whole body
    signature_count: int
    is_signed: bool  # by the account's secret, or the one before it while that still counts
    http_status: int  # what was answered

    @property
    def is_cut(self) -> bool:
        """Whether only the beginning of the body was kept."""
        return self.octet_count > len(self.body)


class TestReceiver:
    """Takes what is handed over in one process."""

    __test__ = False  # no test, whatever its name makes of it

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        clock: Clock,
        slow_seconds: float = SLOW_SECONDS,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._slow_seconds = slow_seconds
        self._turns = asyncio.Semaphore(_AT_ONCE_MAX)

    async def take(self, space_id: int, request: Request) -> Answered:
        """Keep a callback of a space, and answer as its people have chosen."""
        async with self._turns, self._database.transaction() as connection:
            answer = await read_answer(connection, space_id)
            now = self._clock.now()
            is_signed = await self._is_signed(connection, space_id, request, now)
            await connection.execute(
                sql.INSERT_DELIVERY,
                space_id,
                now,
                request.url,
                dict(request.headers),
                request.body[:BODY_BYTES_MAX],
                len(request.body),
                len(signatures_in(request.headers)),
                is_signed,
                answer.status,
            )
            await connection.execute(sql.TRIM, space_id, KEPT_MAX)
        if answer is ReceiverAnswer.SLOW:
            await asyncio.sleep(self._slow_seconds)
        return Answered(answer.status, None, f"the test receiver answers {answer.status}")

    async def _is_signed(
        self, connection: Connection, space_id: int, request: Request, now: datetime
    ) -> bool:
        try:
            secrets = await ensure_secret(connection, self._keyring, space_id, now)
        except CannotUnseal:
            return False
        return is_signed_by(secrets.keys(), request.headers, request.body)


async def read_answer(connection: Connection, space_id: int) -> ReceiverAnswer:
    """How the test receiver answers a space."""
    answer = await connection.fetchval(sql.READ_ANSWER, space_id)
    return ReceiverAnswer.WELL if answer is None else ReceiverAnswer(answer)


async def set_answer(connection: Connection, space_id: int, answer: ReceiverAnswer) -> None:
    """Have the test receiver answer a space so from now on, in the caller's transaction."""
    await connection.execute(sql.SET_ANSWER, space_id, answer)


async def read_newest_id(connection: Connection, space_id: int, now: datetime) -> int | None:
    """Which callback the test receiver got last of a space; None: it has none."""
    newest: int | None = await connection.fetchval(sql.READ_NEWEST, space_id, now - KEPT_FOR)
    return newest


async def list_test_deliveries(
    connection: Connection, space_id: int, now: datetime
) -> list[TestDelivery]:
    """What the test receiver got of a space, the newest first."""
    rows = await connection.fetch(sql.LIST_DELIVERIES, space_id, now - KEPT_FOR, KEPT_MAX)
    return [TestDelivery(**row) for row in rows]


async def clear_test_deliveries(connection: Connection, space_id: int) -> None:
    """Forget what the test receiver got of a space, in the caller's transaction."""
    await connection.execute(sql.FORGET_OF_SPACE, space_id)


async def forget_test_deliveries_once(database: Database, now: datetime) -> int:
    """Forget what was kept for long enough; answers how many."""
    async with database.acquire() as connection:
        status = await connection.execute(sql.FORGET_DELIVERIES, now - KEPT_FOR, _FORGET_MAX)
    return int(status.rpartition(" ")[2])
