"""A carrier over real sockets that does to reports whatever carriers do, and knows the truth.

Ids in another spelling, labels left out, other alphabets, swapped addresses; reports before
answers, twice, out of order, on another bind, after a restart. Everything is chosen from one seed.
"""

import asyncio
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from scripted_esme import until

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BOUND, Role
from staffetta.smpp.session import Session
from staffetta.smpp.timings import Timings


@dataclass(frozen=True)
class Ids:
    """The ids of one message: in its answer, in a report's TLV and in a report's text."""

    answer: str
    tlv: str
    text: str


IdScheme = Callable[[int], Ids]  # of the how-manieth message


def hexadecimal_then_decimal(number: int) -> Ids:
    return Ids(f"{number:x}", str(number), str(number))


def decimal_then_hexadecimal(number: int) -> Ids:
    return Ids(str(number), f"{number:08X}", f"{number:08X}")


def tlv_as_answered_text_in_decimal(number: int) -> Ids:
    return Ids(f"{number:08X}", f"{number:x}", f"{number:010d}")


def signed_64_bits(number: int) -> Ids:
    unsigned = (0xF << 60) + number * 0x1_0000_0001
    return Ids(f"{unsigned:x}", str(unsigned - (1 << 64)), str(unsigned - (1 << 64)))


def uuids(number: int) -> Ids:
    one = uuid.UUID(int=(0x0ABC << 112) + number * 0x1_0000_0000_0001)
    return Ids(str(one), one.hex, str(one).upper())


_WORDS = {  # the word, its error and its message_state, and what becomes of the message
    "DELIVRD": ("000", 2, "delivered"),
    "UNDELIV": ("006", 5, "undeliverable"),
    "EXPIRED": ("027", 3, "expired"),
    "REJECTD": ("021", 8, "rejected"),
    "ENROUTE": ("000", 1, ""),
}
_MINUTE = "2603140927"


@dataclass
class UnrulyCarrier:
    """A listening SMSC."""

    scheme: IdScheme
    seed: int
    port: int = 0
    # The word of each segment of each recipient (digits alone): the truth.
    told: dict[str, list[str]] = field(default_factory=dict)
    report_count: int = 0  # taken by the gateway, with an answer of "no error"

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._submit_count = 0
        self._later: list[pdus.DeliverSm | pdus.DataSm] = []
        self._links: list[_Link] = []

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Link(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self._server.close()
        for link in self._links:
            link.transport.abort()
        await until(lambda: not self._links)
        await self._server.wait_closed()

    def ends(self) -> dict[str, set[str]]:
        """The states that each recipient may come to, by its number with the plus.

        Of a text in several segments it is the state of any that failed.
        """
        states = {}
        for number, words in self.told.items():
            failed = {_WORDS[word][2] for word in words if word != "DELIVRD"}
            states[f"+{number}"] = failed or {"delivered"}
        return states

    async def report_all(self) -> None:
        """Bring every report that is still to come, and wait until all are taken."""
        while self._later or any(link.session.open_count for link in self._links):
            self.report_some(1.0)
            await asyncio.sleep(0)

    def make_up(self, count: int) -> None:
        """Report messages that nobody ever sent, and some that name none."""
        for place in range(count):
            made_up = Ids("", f"made-up-{place}", f"made-up-{place}")
            self._later.append(self._report(made_up, b"4479000000", b"ACME", "DELIVRD"))
        self._later.append(pdus.DeliverSm(esm_class=4, short_message=b"stat:DELIVRD err:000"))

    # What happens to a submit --------------------------------------------------------------------

    def submitted(self, link: "_Link", pdu: pdus.SubmitSm) -> None:
        self._submit_count += 1
        ids = self.scheme(self._submit_count)
        chance = self._random.random
        word = (
            "DELIVRD" if chance() < 0.85 else self._random.choice(["UNDELIV", "EXPIRED", "REJECTD"])
        )
        words = self.told.setdefault(pdu.destination_addr.decode(), [])
        words.append(word)
        words_to_tell = [word]
        if chance() < 0.1:
            words_to_tell.insert(0, "ENROUTE")
        if chance() < 0.1:
            words_to_tell.append("ENROUTE")  # after the end: it must undo nothing
        if chance() < 0.1:
            words_to_tell.append(word)
        reports = [
            self._report(ids, pdu.destination_addr, pdu.source_addr, one) for one in words_to_tell
        ]
        if chance() < 0.1 and self._send(reports[0]):  # before the answer
            del reports[0]
        link.session.respond(pdu, pdus.SubmitSmResp(0, 0, ids.answer.encode()))
        self._later.extend(reports)

    def report_some(self, share: float) -> None:
        """Bring a part of what is still to come, in no order, on whatever bind."""
        self._random.shuffle(self._later)
        count = int(len(self._later) * share)
        for _ in range(count):
            if not self._send(self._later[-1]):
                break
            self._later.pop()
        for link in self._links:
            link.flush()

    def answered(self, pdu: pdus.DeliverSm | pdus.DataSm, status: int) -> None:
        if status:
            self._later.append(pdu)
        else:
            self.report_count += 1

    def lost(self, unanswered: list[pdus.DeliverSm | pdus.DataSm]) -> None:
        """A bind ended: what was not answered on it is brought again."""
        self._later.extend(unanswered)

    def _send(self, pdu: pdus.DeliverSm | pdus.DataSm) -> bool:
        links = [link for link in self._links if link.session.state in BOUND and link.session.room]
        if not links:
            return False
        link = self._random.choice(links)
        link.session.send(pdu, pdu, asyncio.get_running_loop().time())
        return True

    # How a report is written ---------------------------------------------------------------------

    def _report(
        self, ids: Ids, recipient: bytes, sender: bytes, word: str
    ) -> pdus.DeliverSm | pdus.DataSm:
        number = recipient.decode()
        recipient = self._random.choice([number, f"+{number}", f"00{number}", number[2:]]).encode()
        if self._random.random() < 0.2:
            recipient, sender = sender, recipient
        error, state, _end = _WORDS[word]
        tlvs = (
            (0x001E, ids.tlv.encode() + self._random.choice([b"\0", b""])),
            (0x0427, bytes([state])),
        )
        form = self._random.choice(
            ["both", "text", "tlvs", "bare", "unmarked", "payload", "ucs2", "data"]
        )
        dates = f"submit date:{_MINUTE} done date:{_MINUTE}"
        text = f"id:{ids.text} sub:001 dlvrd:001 {dates} stat:{word} err:{error} text:hello"
        addresses = {"source_addr": recipient, "destination_addr": sender}
        match form:
            case "both":
                return pdus.DeliverSm(
                    **addresses, esm_class=4, short_message=text.encode(), tlvs=tlvs
                )
            case "tlvs":
                return pdus.DeliverSm(**addresses, esm_class=4, tlvs=tlvs)
            case "data":
                return pdus.DataSm(**addresses, esm_class=4, tlvs=tlvs)
            case "bare":
                text = f"id:{ids.text} {word} err:{error}"
            case "payload":
                payload = ((0x0424, text.encode()), (0x0427, b""))
                return pdus.DeliverSm(**addresses, esm_class=4, tlvs=payload)
            case "ucs2":
                octets = text.partition(" text:")[0].encode("utf-16-be")
                return pdus.DeliverSm(**addresses, esm_class=4, data_coding=8, short_message=octets)
        esm_class = 0 if form == "unmarked" else 4
        return pdus.DeliverSm(**addresses, esm_class=esm_class, short_message=text.encode())


class _Link(asyncio.Protocol):
    """One connection of the gateway."""

    def __init__(self, carrier: UnrulyCarrier) -> None:
        self._carrier = carrier
        self.session = Session(
            Role.SMSC,
            asyncio.get_running_loop().time(),
            timings=Timings(response_seconds=3600, session_init_seconds=3600),
            window_size=200,
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._carrier._links.append(self)

    def data_received(self, data: bytes) -> None:
        now = asyncio.get_running_loop().time()
        for event in self.session.receive_data(data, now):
            match event:
                case events.BindRequested():
                    self.session.accept_bind(b"UNRULY", now)
                case events.RequestReceived(pdu=pdus.SubmitSm() as pdu):
                    self._carrier.submitted(self, pdu)
                case events.ResponseReceived():
                    self._carrier.answered(event.context, event.pdu.command_status)
                case _:
                    pass
        self._carrier.report_some(0.3)
        self.flush()
        if self.session.is_closed:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        lost = self.session.connection_lost()
        self._carrier._links.remove(self)
        self._carrier.lost([*lost.uncertain, *lost.never_sent])

    def flush(self) -> None:
        if self.session.has_output:
            self.transport.write(self.session.data_to_send())
