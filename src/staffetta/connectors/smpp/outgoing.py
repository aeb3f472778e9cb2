"""From a claim's segment to a submit_sm, and from the carrier's answer to an outcome.

Pure. Owns what one carrier's settings make of a segment and of a command_status.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

from staffetta.connectors.smpp.printable import printable
from staffetta.connectors.smpp.settings import Flash, SmppSettings, SubmitFields, Validity
from staffetta.connectors.smpp.written import write_segment
from staffetta.domain.encodings import Encoding, encode_gsm7, encode_ucs2
from staffetta.domain.writing import Alphabet, Writing
from staffetta.messaging.connector import (
    Accepted,
    Busy,
    Claim,
    NotSent,
    Outcome,
    Refused,
    Segment,
    Uncertain,
)
from staffetta.smpp import pdus
from staffetta.smpp.constants import DataCoding
from staffetta.smpp.errors import InvalidField
from staffetta.smpp.message_ids import message_id_key
from staffetta.smpp.statuses import StatusClass, StatusMeaning, describe_status
from staffetta.smpp.submissions import make_submit_sm
from staffetta.smpp.times import absolute_time, relative_time
from staffetta.smpp.tlvs import Tag, octet_tlv
from staffetta.smpp.user_data import concatenation_header

# The key of an acceptance that names no id. Keys of reports are trimmed, so none is a space, and
# such a segment is matched by no report.
NO_KEY: Final = " "
NO_CREDIT: Final = "the account at the carrier is out of credit"

_GSM_7: Final = Encoding.GSM_7  # looked up for each segment, and slowly in its enumeration
_USUAL: Final = Writing()
_FOR_THE_DISPLAY: Final = octet_tlv(Tag.DEST_ADDR_SUBUNIT, 1)  # 3.4 section 5.3.2.1
_RELATIVE_SECONDS_MIN: Final = 60
_SOURCES_MAX: Final = 1024


class Outgoing:
    """One carrier's way of being spoken to."""

    def __init__(self, settings: SmppSettings) -> None:
        self._settings = settings
        codings = settings.codings
        # By whether it is a flash. Plain numbers, and no enumeration as a key: both are slow there.
        flash_coding = codings.gsm7_flash
        self._has_gsm7_class = flash_coding is not None or settings.texts.alphabet is Alphabet.GSM_7
        self._gsm7_codings: Final = (
            int(codings.gsm7),
            int(DataCoding.FLASH_DEFAULT if flash_coding is None else flash_coding),
        )
        self._ucs2_codings: Final = (int(codings.ucs2), int(codings.ucs2_flash))
        # Few senders send much.
        self._source = lru_cache(_SOURCES_MAX)(settings.addresses.source)
        self._destination = settings.addresses.destination
        self._registered_delivery = int(settings.registered_delivery)
        self._expires_at_a_time = settings.validity is Validity.ABSOLUTE
        self._is_usual = (
            settings.fields == SubmitFields() and settings.texts.alphabet is Alphabet.GSM_7
        )

    def submit_sm(self, claim: Claim, segment: Segment, now: datetime) -> pdus.SubmitSm:
        """The request for one segment; raises InvalidField for what no PDU can carry."""
        if claim.writing is not None or not self._is_usual:
            return self._submit_sm_its_way(claim, segment, now)
        header = b""
        if claim.segment_total > 1:
            header = concatenation_header(claim.reference, claim.segment_total, segment.number)
        is_gsm7 = claim.encoding is _GSM_7
        try:
            payload = encode_gsm7(segment.text) if is_gsm7 else encode_ucs2(segment.text)
        except ValueError as error:
            raise InvalidField("short_message", f"cannot be written: {error}") from None
        return make_submit_sm(
            self._source(claim.sender),
            self._destination(claim.number),
            payload,
            user_data_header=header,
            data_coding=(self._gsm7_codings if is_gsm7 else self._ucs2_codings)[claim.flash],
            registered_delivery=self._registered_delivery,
            validity_period=(
                absolute_time(claim.expires_at)
                if self._expires_at_a_time
                else self._validity_period(claim.expires_at, now)
            ),
        )

    def _submit_sm_its_way(self, claim: Claim, segment: Segment, now: datetime) -> pdus.SubmitSm:
        """The same for what this carrier wants otherwise."""
        writing = claim.writing or _USUAL
        fields = self._settings.fields
        try:
            written = write_segment(claim, segment, writing)
        except ValueError as error:
            raise InvalidField("short_message", f"cannot be written: {error}") from None
        data_coding, has_class = self._data_coding(claim, writing)
        tlvs = written.tlvs + fields.tlvs
        if claim.flash and not has_class:
            tlvs += (_FOR_THE_DISPLAY,)
        asks_report = claim.asks_report(segment.number)
        return make_submit_sm(
            self._source(claim.sender),
            self._destination(claim.number),
            written.payload,
            user_data_header=written.header,
            data_coding=data_coding,
            registered_delivery=self._registered_delivery if asks_report else 0,
            validity_period=self._validity_period(claim.expires_at, now),
            service_type=fields.service_type.encode("ascii"),
            protocol_id=fields.protocol_id,
            tlvs=tlvs,
        )

    def _data_coding(self, claim: Claim, writing: Writing) -> tuple[int, bool]:
        """The data_coding of a claim's segments, and whether it says that a flash is one."""
        texts = self._settings.texts
        if (
            texts.septet_coding is not None
            and claim.encoding is Encoding.GSM_7
            and writing.alphabet is not texts.alphabet
        ):
            return texts.septet_coding, False
        is_gsm7 = claim.encoding is Encoding.GSM_7
        has_class = (
            claim.flash
            and self._settings.fields.flash is Flash.DATA_CODING
            and (self._has_gsm7_class or not is_gsm7)
        )
        return (self._gsm7_codings if is_gsm7 else self._ucs2_codings)[has_class], has_class

    def _validity_period(self, expires_at: datetime, now: datetime) -> bytes:
        match self._settings.validity:
            case Validity.ABSOLUTE:
                return absolute_time(expires_at)
            case Validity.RELATIVE:
                seconds = int((expires_at - now).total_seconds())
                return relative_time(max(seconds, _RELATIVE_SECONDS_MIN))
            case Validity.NONE:
                return b""

    def accepted(self, message_id: bytes) -> Accepted:
        """The carrier took a segment under this id, which may be missing."""
        smsc_id = printable(message_id)
        key = message_id_key(smsc_id, self._settings.submit_ids)
        return Accepted(smsc_id, key or NO_KEY)

    def meaning(self, command_status: int) -> StatusMeaning:
        """What a status means, with this carrier's own meanings first."""
        known = describe_status(command_status)
        own = self._settings.status_classes.get(command_status)
        if own is None:
            return known
        return StatusMeaning(known.code, known.name, known.sentence, own)

    def refused(self, command_status: int) -> Outcome:
        """What an answer other than success means for its segment."""
        meaning = self.meaning(command_status)
        match meaning.status_class:
            case StatusClass.THROTTLE:
                return Busy(command_status, self._settings.throttling.pause_seconds)
            case StatusClass.CREDIT:
                pause_seconds = self._settings.throttling.pause_seconds
                return Busy(command_status, pause_seconds, NO_CREDIT)
            case StatusClass.SESSION:
                return NotSent(_reason(meaning))
            case StatusClass.PERMANENT | StatusClass.PROTOCOL:
                return Refused(command_status, _reason(meaning), temporary=False)
            case StatusClass.SUCCESS:  # a generic_nack of "no error": nobody knows what it means
                return Uncertain("the carrier could not read the request, and named no error")
            case _:
                # Statuses of other operations are odd here; like unknown ones they are tried again.
                return Refused(command_status, _reason(meaning), temporary=True)


def _reason(meaning: StatusMeaning) -> str:
    return f"{meaning.sentence} ({meaning.name}, {meaning.code})"
