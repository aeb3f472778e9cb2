"""The bodies of the PDUs that are rare, as tables of fields, and one reader and writer for them.

Owns every layout but that of submit_sm, deliver_sm and the answers with a message_id alone: those
go by the thousand and have code of their own in `encode` and `decode`.
"""

from dataclasses import dataclass
from typing import Any, Final

from staffetta.smpp import pdus
from staffetta.smpp.constants import SHORT_MESSAGE_OCTETS_MAX
from staffetta.smpp.errors import InvalidField, MalformedPdu
from staffetta.smpp.statuses import Status
from staffetta.smpp.tlvs import read_tlvs, read_tlvs_leniently, write_tlvs


@dataclass(frozen=True, slots=True)
class Text:
    """A C-octet string. `octets_max` is without its NUL, and binds what we send alone."""

    name: str
    octets_max: int

    def write(self, value: bytes) -> bytes:
        """The octets of `value`; raises InvalidField."""
        check_text(value, self.octets_max, self.name)
        return value + b"\0"

    def read(self, frame: bytes, offset: int) -> tuple[bytes, int]:
        """The value at `offset`, and where it ends. At the very end the NUL may be missing."""
        end = frame.find(b"\0", offset)
        return (frame[offset:], len(frame)) if end < 0 else (frame[offset:end], end + 1)


@dataclass(frozen=True, slots=True)
class Time(Text):
    """A C-octet string of 16 octets, or none."""

    octets_max: int = 16

    def write(self, value: bytes) -> bytes:
        """The octets of `value`; raises InvalidField."""
        check_time(value, self.name)
        return value + b"\0"


@dataclass(frozen=True, slots=True)
class Octet:
    """An integer of one octet."""

    name: str

    def write(self, value: int) -> bytes:
        """The octet of `value`; raises InvalidField."""
        check_octet(value, self.name)
        return bytes((value,))

    def read(self, frame: bytes, offset: int) -> tuple[int, int]:
        """The value at `offset`, and where it ends; raises MalformedPdu."""
        if offset >= len(frame):
            raise MalformedPdu(Status.INVALID_COMMAND_LENGTH, f"ends before {self.name}")
        return frame[offset], offset + 1


@dataclass(frozen=True, slots=True)
class CountedOctets:
    """Octets behind an octet that counts them: short_message with its sm_length."""

    name: str

    def write(self, value: bytes) -> bytes:
        """The octets of `value`; raises InvalidField."""
        check_short_message(value)
        return bytes((len(value),)) + value

    def read(self, frame: bytes, offset: int) -> tuple[bytes, int]:
        """The value at `offset`, and where it ends; raises MalformedPdu."""
        end = offset + 1 + frame[offset] if offset < len(frame) else offset + 1
        if end > len(frame):
            raise MalformedPdu(Status.INVALID_MESSAGE_LENGTH, "sm_length exceeds the PDU")
        return frame[offset + 1 : end], end


Field = Text | Octet | CountedOctets


def check_text(value: bytes, octets_max: int, name: str) -> None:
    """Refuse what a C-octet string cannot hold, with InvalidField."""
    if len(value) > octets_max:
        raise InvalidField(name, f"is longer than {octets_max} octets: {len(value)}")
    if 0 in value or not value.isascii():
        raise InvalidField(name, "may hold ASCII without NUL alone")


def check_time(value: bytes, name: str) -> None:
    """Refuse a time that is neither empty nor 16 octets, with InvalidField."""
    check_text(value, 16, name)
    if len(value) not in {0, 16}:
        raise InvalidField(name, f"has neither 0 nor 16 octets: {len(value)}")


def check_octet(value: int, name: str) -> None:
    """Refuse a number that is no octet, with InvalidField."""
    if not 0 <= value <= 0xFF:
        raise InvalidField(name, f"is outside 0 to 255: {value}")


def check_short_message(value: bytes) -> None:
    """Refuse a short_message that sm_length cannot count, with InvalidField."""
    if len(value) > SHORT_MESSAGE_OCTETS_MAX:
        raise InvalidField(
            "short_message", f"is longer than {SHORT_MESSAGE_OCTETS_MAX} octets: {len(value)}"
        )


def _address(prefix: str, name: str, octets_max: int) -> tuple[Field, ...]:
    return Octet(f"{prefix}_ton"), Octet(f"{prefix}_npi"), Text(name, octets_max)


_SOURCE = _address("source_addr", "source_addr", 20)
_DESTINATION = _address("dest_addr", "destination_addr", 20)
_LONG_SOURCE = _address("source_addr", "source_addr", 64)
_SERVICE_TYPE = Text("service_type", 5)
_MESSAGE_ID = Text("message_id", 64)
_BIND: tuple[Field, ...] = (
    Text("system_id", 15),
    Text("password", 8),
    Text("system_type", 12),
    Octet("interface_version"),
    Octet("addr_ton"),
    Octet("addr_npi"),
    Text("address_range", 40),
)
# Of carriers that hand out passwords the specification has no room for.
LONG_BIND: Final = tuple(
    Text("password", 64) if field.name == "password" else field for field in _BIND
)
_BIND_RESP: tuple[Field, ...] = (Text("system_id", 15),)

LAYOUTS: Final[dict[type[pdus.Pdu], tuple[Field, ...]]] = {
    pdus.BindReceiver: _BIND,
    pdus.BindTransmitter: _BIND,
    pdus.BindTransceiver: _BIND,
    pdus.BindReceiverResp: _BIND_RESP,
    pdus.BindTransmitterResp: _BIND_RESP,
    pdus.BindTransceiverResp: _BIND_RESP,
    pdus.Outbind: (Text("system_id", 15), Text("password", 8)),
    pdus.DataSm: (
        _SERVICE_TYPE,
        *_LONG_SOURCE,
        *_address("dest_addr", "destination_addr", 64),
        Octet("esm_class"),
        Octet("registered_delivery"),
        Octet("data_coding"),
    ),
    pdus.QuerySm: (_MESSAGE_ID, *_SOURCE),
    pdus.QuerySmResp: (
        _MESSAGE_ID,
        Time("final_date"),
        Octet("message_state"),
        Octet("error_code"),
    ),
    pdus.CancelSm: (_SERVICE_TYPE, _MESSAGE_ID, *_SOURCE, *_DESTINATION),
    pdus.ReplaceSm: (
        _MESSAGE_ID,
        *_SOURCE,
        Time("schedule_delivery_time"),
        Time("validity_period"),
        Octet("registered_delivery"),
        Octet("sm_default_msg_id"),
        CountedOctets("short_message"),
    ),
    pdus.AlertNotification: (*_LONG_SOURCE, *_address("esme_addr", "esme_addr", 64)),
}


def write_fields(pdu: pdus.Pdu, layout: tuple[Field, ...]) -> bytes:
    """The body of `pdu`, TLVs included; raises InvalidField."""
    body = b"".join([field.write(getattr(pdu, field.name)) for field in layout])
    tlvs: pdus.Tlvs = getattr(pdu, "tlvs", ())
    return body + write_tlvs(tlvs) if tlvs else body


def read_request_fields(
    frame: bytes, offset: int, layout: tuple[Field, ...], *, has_tlvs: bool
) -> dict[str, Any]:
    """The fields of a request; raises MalformedPdu when one is missing."""
    values: dict[str, Any] = {}
    for field in layout:
        values[field.name], offset = field.read(frame, offset)
    if has_tlvs:
        values["tlvs"] = read_tlvs(frame, offset)
    return values


def read_response_fields(
    frame: bytes, offset: int, layout: tuple[Field, ...], *, has_tlvs: bool
) -> dict[str, Any]:
    """The fields of an answer as far as they are there: answers often end after the header."""
    values: dict[str, Any] = {}
    for field in layout:
        if offset >= len(frame):
            return values
        values[field.name], offset = field.read(frame, offset)
    if has_tlvs:
        values["tlvs"] = read_tlvs_leniently(frame, offset)
    return values
