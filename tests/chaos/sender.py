"""The load: messages over HTTP keep-alive, and a record of what was asked and what was answered.

Each message has a number, a recipient and a text of its own, so that whatever arrives anywhere can
be traced to its request. Requests with an Idempotency-Key are repeated until somebody answers, as a
careful client does; the others are sent once.
"""

import asyncio
import time
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

import aiohttp

_ENDINGS = 9_900  # the last four digits from 9901 on mean something to the simulated network
_PAUSE_SECONDS = 0.1  # after an error: nobody hammers a gateway that is down
_ANSWER_SECONDS_MAX = 40.0
_REPEAT_SECONDS_MAX = 90.0
_LONG = " Il resto di questo testo serve soltanto a riempire un altro segmento." * 5


@dataclass
class Sent:
    """One message, and what its sender knows of it. Times are Unix seconds."""

    number: int
    market: str
    recipient: str
    text: str
    key: str | None
    asked_at: float
    answered_at: float = 0.0
    tries: int = 0
    unanswered: int = 0  # tries that ended without an answer
    refused: list[int] = field(default_factory=list)  # the codes of its 503s
    ids: set[str] = field(default_factory=set)  # of its 201s
    odd: list[str] = field(default_factory=list)  # any other answer

    @property
    def accepted(self) -> bool:
        """Whether a 201 was promised."""
        return bool(self.ids)


def make_message(number: int) -> Sent:
    """The message with this number: markets, alphabets, lengths and keys all mixed."""
    middle, ending = divmod(number, _ENDINGS)
    market = "WW" if number % 4 == 1 else "IT"
    stem = "+3361" if market == "WW" else "+39333"
    text = f"n{number:07d} Il tuo ordine e in consegna"
    if number % 7 == 3:
        text += " ✓ тест"
    if number % 10 == 0:
        text += _LONG
    return Sent(
        number=number,
        market=market,
        recipient=f"{stem}{middle:03d}{ending:04d}",
        text=text,
        key=f"chaos-{number}" if number % 5 == 2 else None,
        asked_at=time.time(),
    )


class Load:
    """Sends at a steady rate until stopped, whatever happens at the other end."""

    def __init__(self, url: str, token: str, rate: float, connections: int) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}"}
        self._step = 1 / rate
        self._connections = connections
        self._next_at = 0.0
        self._stopped = False
        self.sent: list[Sent] = []

    async def run(self) -> None:
        """Send until `stop`, then await the answers that are still due."""
        timeout = aiohttp.ClientTimeout(total=_ANSWER_SECONDS_MAX)
        connector = aiohttp.TCPConnector(limit=self._connections, keepalive_timeout=60)
        async with (
            aiohttp.ClientSession(
                self._url, headers=self._headers, timeout=timeout, connector=connector
            ) as session,
            asyncio.TaskGroup() as tasks,
        ):
            for _ in range(self._connections):
                tasks.create_task(self._send_on(session))

    def stop(self) -> None:
        """Begin no other message."""
        self._stopped = True

    def first_accepted_since(self, moment: float) -> Sent | None:
        """The first message that was asked for after a moment and accepted."""
        later = takewhile(lambda one: one.asked_at > moment, reversed(self.sent))
        accepted = (one for one in later if one.accepted)
        return min(accepted, key=lambda one: one.answered_at, default=None)

    def longest_silence(self, begin: float, end: float) -> float:
        """The longest time between two moments in which nobody was answered 201."""
        answers = sorted(
            one.answered_at for one in self.sent if one.accepted and begin < one.answered_at < end
        )
        return max(later - earlier for earlier, later in pairwise([begin, *answers, end]))

    async def _send_on(self, session: aiohttp.ClientSession) -> None:
        """One of several senders: each has one request under way."""
        while not self._stopped:
            await self._turn()
            message = make_message(len(self.sent))
            self.sent.append(message)
            await self._send(session, message)

    async def _turn(self) -> None:
        """Wait for the next place in the rate; what an outage cost is not made up for."""
        now = asyncio.get_running_loop().time()
        at = self._next_at = max(self._next_at + self._step, now)
        await asyncio.sleep(at - now)

    async def _send(self, session: aiohttp.ClientSession, message: Sent) -> None:
        deadline = time.time() + _REPEAT_SECONDS_MAX
        while True:
            await self._try(session, message)
            if message.accepted or message.odd:
                return
            await asyncio.sleep(_PAUSE_SECONDS)
            if message.key is None or time.time() > deadline:
                return

    async def _try(self, session: aiohttp.ClientSession, message: Sent) -> None:
        message.tries += 1
        headers = {"Idempotency-Key": message.key} if message.key else None
        body = {"recipient": message.recipient, "message": message.text, "sender": "Chaos"}
        path = f"/v2/{message.market}-messages"
        try:
            async with session.post(path, json=body, headers=headers) as answer:
                said = await answer.json()
        except (aiohttp.ClientError, TimeoutError, OSError):
            message.unanswered += 1
            return
        message.answered_at = time.time()
        if answer.status == 201:
            message.ids.add(said["data"]["id"])
        elif answer.status == 503 and "Retry-After" not in answer.headers:
            message.unanswered += 1  # it says that nobody knows
        elif answer.status == 503:
            message.refused.append(said["code"])
        else:
            message.odd.append(f"{answer.status} {said}")
