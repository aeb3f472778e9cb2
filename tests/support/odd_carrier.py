"""A carrier with habits: a scripted SMSC that answers, throttles and reports as it is told to."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from scripted_smsc import Say, ScriptedSmsc

from staffetta.domain.encodings import decode_gsm7, encode_gsm7
from staffetta.smpp import pdus
from staffetta.smpp.constants import DataCoding, EsmClass
from staffetta.smpp.tlvs import Tag, find, octet_tlv, text_tlv

THROTTLED, INVALID_CODING, INVALID_EXPIRY, INVALID_SENDER = 0x58, 0x104, 0x62, 0x0A
NO_CREDIT = 0x0421
_FLASH = frozenset({0x10, 0x18, 0xF0})
_QUOTED_OCTETS = 20


@dataclass
class Habits:
    """What is odd about a carrier; by default nothing is."""

    answer_id: Callable[[int], str] = str
    report_id: Callable[[int], str] = str
    has_tlvs: bool = True
    has_text: bool = True
    is_marked: bool = True
    reports: bool = True
    zone_minutes: int = 0
    date_form: str = "%y%m%d%H%M"
    reads: Callable[[bytes], str] = decode_gsm7  # what it takes octets for
    quotes: Callable[[str], bytes] | None = None  # how reports write it; None: as it came
    report_coding: int = 0
    taken_per_second: int | None = None
    drops_when_fast: bool = False
    throttles_with: int = THROTTLED
    credit_count: int | None = None  # of segments; then it answers NO_CREDIT
    refused_codings: frozenset[int] = frozenset()
    refuses_payload: bool = False
    refuses_absolute_validity: bool = False
    refuses_letters: bool = False


REFUSES_FLASH = _FLASH


@dataclass
class OddCarrier:
    """The SMSC and its habits."""

    habits: Habits
    smsc: ScriptedSmsc = field(default_factory=ScriptedSmsc)
    submits: list[pdus.SubmitSm] = field(default_factory=list)

    async def start(self) -> None:
        self.smsc.answering = self._answer
        self._numbers = count(0x5A3C10)
        self._taken_at: deque[float] = deque()
        await self.smsc.start()

    def _answer(self, pdu: pdus.SubmitSm) -> Say | None:
        status = self._status(pdu)
        if status is None:
            asyncio.get_running_loop().call_soon(self.smsc.connections[-1].reset)
            return None
        if status:
            return Say(command_status=status)
        self.submits.append(pdu)
        number = next(self._numbers)
        if self.habits.reports and pdu.registered_delivery:
            asyncio.get_running_loop().call_soon(self._report, pdu, number)
        return Say(self.habits.answer_id(number))

    def _status(self, pdu: pdus.SubmitSm) -> int | None:
        habits = self.habits
        if habits.taken_per_second is not None and self._is_too_fast(habits.taken_per_second):
            return None if habits.drops_when_fast else habits.throttles_with
        if habits.credit_count is not None and len(self.submits) >= habits.credit_count:
            return NO_CREDIT
        if pdu.data_coding in habits.refused_codings:
            return INVALID_CODING
        if habits.refuses_absolute_validity and pdu.validity_period.endswith(b"+"):
            return INVALID_EXPIRY
        if habits.refuses_letters and not pdu.source_addr.isdigit():
            return INVALID_SENDER
        has_payload = find(pdu.tlvs, Tag.MESSAGE_PAYLOAD) is not None
        return 0xC1 if habits.refuses_payload and has_payload else 0

    def _is_too_fast(self, per_second: int) -> bool:
        now = asyncio.get_running_loop().time()
        while self._taken_at and self._taken_at[0] < now - 1:
            self._taken_at.popleft()
        if len(self._taken_at) >= per_second:
            return True
        self._taken_at.append(now)
        return False

    def _report(self, pdu: pdus.SubmitSm, number: int) -> None:
        habits = self.habits
        message_id = habits.report_id(number)
        tlvs = (
            text_tlv(Tag.RECEIPTED_MESSAGE_ID, message_id.encode()),
            octet_tlv(Tag.MESSAGE_STATE, 2),
        )
        connection = self.smsc.connections[-1]
        if connection.is_lost:
            return
        connection.deliver(
            pdus.DeliverSm(
                source_addr_ton=1,
                source_addr_npi=1,
                source_addr=pdu.destination_addr,
                destination_addr=pdu.source_addr,
                esm_class=EsmClass.DELIVERY_REPORT if habits.is_marked else 0,
                data_coding=habits.report_coding,
                short_message=self._text(pdu, message_id) if habits.has_text else b"",
                tlvs=tlvs if habits.has_tlvs else (),
            )
        )

    def _text(self, pdu: pdus.SubmitSm, message_id: str) -> bytes:
        zone = timedelta(minutes=self.habits.zone_minutes)
        date = (datetime.now(UTC) + zone).strftime(self.habits.date_form)
        head = (
            f"id:{message_id} sub:001 dlvrd:001 submit date:{date} done date:{date}"
            " stat:DELIVRD err:000 text:"
        )
        octets = pdu.short_message
        if pdu.esm_class & EsmClass.UDH_INDICATOR:
            octets = octets[1 + octets[0] :]
        if self.habits.report_coding == DataCoding.UCS2:
            return (head + self.habits.reads(octets)[:_QUOTED_OCTETS]).encode("utf-16-be")
        if self.habits.quotes is not None and pdu.data_coding != DataCoding.UCS2:
            octets = self.habits.quotes(self.habits.reads(octets))
        return head.encode() + octets[:_QUOTED_OCTETS]


def in_latin_1(text: str) -> bytes:
    """A text as carriers write reports in Latin-1."""
    return text.encode("latin-1", "replace")


def in_gsm_7(text: str) -> bytes:
    """A text as carriers write reports in GSM-7, with question marks for the rest."""
    written = []
    for character in text:
        try:
            written.append(encode_gsm7(character))
        except ValueError:
            written.append(b"?")
    return b"".join(written)
