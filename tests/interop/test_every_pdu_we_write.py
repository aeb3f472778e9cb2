"""Whatever our codec writes, libsmpp34 reads, and finds in it what was meant."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from libsmpp34 import read_with_libsmpp34

from staffetta.smpp import pdus
from staffetta.smpp.constants import NumberingPlan, TypeOfNumber
from staffetta.smpp.encode import ENCODERS, encode
from staffetta.smpp.statuses import Status
from staffetta.smpp.tlvs import Tag

# Where it writes a value between brackets, brackets in the value would be its end.
_CHARACTERS = st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="[]()")
# It knows the statuses of 3.4 alone, which ends at 0xFF.
_STATUSES = st.sampled_from([int(status) for status in Status if status <= 0xFF])
_TIMES = st.sampled_from([b"", b"000002000000000R", b"261231235900000+"])
_LENGTHS = {
    "system_id": 15,
    "password": 8,
    "system_type": 12,
    "address_range": 40,
    "service_type": 5,
    "source_addr": 20,
    "destination_addr": 20,
    "esme_addr": 64,
    "message_id": 64,
}
_SUBMIT_TLVS = st.sampled_from(
    [
        (),
        ((Tag.MESSAGE_PAYLOAD, b"x" * 1000),),
        (
            (Tag.SAR_MSG_REF_NUM, b"\0\x2a"),
            (Tag.SAR_TOTAL_SEGMENTS, b"\2"),
            (Tag.SAR_SEGMENT_SEQNUM, b"\1"),
        ),
        ((Tag.USER_MESSAGE_REFERENCE, b"\0\1"), (Tag.DEST_ADDR_SUBUNIT, b"\1")),
    ]
)
_REPORT_TLVS = st.sampled_from(
    [
        (),
        (
            (Tag.RECEIPTED_MESSAGE_ID, b"abc\0"),
            (Tag.MESSAGE_STATE, b"\2"),
            (Tag.NETWORK_ERROR_CODE, b"\3\0\0"),
        ),
    ]
)
_FIXED = frozenset({"interface_version", "command_status", "final_date"})
# Fields that stay empty in this direction (3.4 sections 4.6.1 and 4.6.2).
_EMPTY = {
    pdus.DeliverSm: frozenset({"schedule_delivery_time", "validity_period"}),
    pdus.DeliverSmResp: frozenset({"message_id"}),
}
_TLVS: dict[type[pdus.Pdu], Any] = {pdus.SubmitSm: _SUBMIT_TLVS, pdus.DeliverSm: _REPORT_TLVS}


def value_of(kind: type[pdus.Pdu], name: str) -> Any:
    """What this field may hold; None where the default is all there is."""
    if name in _LENGTHS:
        return st.text(_CHARACTERS, max_size=_LENGTHS[name]).map(str.encode)
    match name.rpartition("_")[2]:
        case "ton":
            return st.sampled_from([int(number) for number in TypeOfNumber])
        case "npi":
            return st.sampled_from([int(plan) for plan in NumberingPlan])
        case "time" | "period":
            return _TIMES
        case "message":
            return st.binary(max_size=254)
        case "tlvs":
            return _TLVS.get(kind)
        case "number":
            return st.integers(1, 0x7FFF_FFFF)
        case _:
            return st.integers(0, 0xFF)


def any_of(kind: type[pdus.Pdu]) -> st.SearchStrategy[Any]:
    names = set(kind.__struct_fields__) - _FIXED - _EMPTY.get(kind, frozenset())
    values = {name: value_of(kind, name) for name in names}
    return st.builds(kind, **{name: value for name, value in values.items() if value is not None})


# The specification leaves the body of a refusal out (3.4 sections 4.1.2, 4.1.4, 4.1.6), as nearly
# everybody does for data_sm_resp too; libsmpp34 insists on a body.
BODILESS = (pdus.BindResp, pdus.DataSmResp)
KINDS = [kind for kind in ENCODERS if kind is not pdus.UnknownPdu]
RESPONSES = [
    kind for kind in KINDS if issubclass(kind, pdus.Response) and not issubclass(kind, BODILESS)
]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_pdu_is_read_as_it_was_meant(kind: type[pdus.Pdu], data: Any) -> None:
    pdu = data.draw(any_of(kind))
    reading = read_with_libsmpp34(encode(pdu))
    assert reading.complaint == ""
    for name in kind.__struct_fields__:
        meant = getattr(pdu, name)
        if isinstance(meant, int):
            assert int(reading.fields[name], 16) == meant
        elif name in _LENGTHS:
            assert reading.fields[name] == meant.decode("ascii")


@pytest.mark.parametrize("kind", RESPONSES, ids=[kind.__name__ for kind in RESPONSES])
@settings(max_examples=50, deadline=None)
@given(status=_STATUSES, number=st.integers(1, 0x7FFF_FFFF))
def test_a_refusal_is_read(kind: type[pdus.Response], status: int, number: int) -> None:
    reading = read_with_libsmpp34(encode(kind(number, status)))
    assert reading.complaint == ""
    assert int(reading.fields["command_status"], 16) == status


@pytest.mark.parametrize("kind", [pdus.BindTransceiverResp, pdus.BindReceiverResp, pdus.DataSmResp])
def test_a_refusal_without_a_body_is_a_header(kind: type[pdus.Response]) -> None:
    octets = encode(kind(7, Status.BIND_FAILED))
    assert octets == bytes.fromhex(f"00000010{octets[4:8].hex()}0000000d00000007")
