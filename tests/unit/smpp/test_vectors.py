"""PDUs made by an independent implementation: each is read as it was meant and written the same."""

import json
from pathlib import Path
from typing import Any

import pytest

from staffetta.smpp import pdus
from staffetta.smpp.decode import DECODERS, decode
from staffetta.smpp.encode import encode
from staffetta.smpp.tlvs import Tag

VECTORS = json.loads((Path(__file__).parents[2] / "data" / "pdus.json").read_text())["pdus"]
KINDS = {kind.command_id.name.lower(): kind for kind in (*pdus.RESPONSE_TYPES, pdus.Outbind)} | {
    kind.command_id.name.lower(): kind
    for kind in (*pdus.RESPONSE_TYPES.values(), pdus.GenericNack, pdus.AlertNotification)
}
INTEGER_TLV_OCTETS = {"message_state": 1, "ms_availability_status": 1}
TEXT_TLVS = {"receipted_message_id"}


def octets(value: Any) -> bytes:
    return bytes.fromhex(value["hex"]) if isinstance(value, dict) else value.encode()


def tlv(name: str, value: Any) -> tuple[int, bytes]:
    if name in INTEGER_TLV_OCTETS:
        return Tag[name.upper()], value.to_bytes(INTEGER_TLV_OCTETS[name], "big")
    return Tag[name.upper()], octets(value) + (b"\0" if name in TEXT_TLVS else b"")


def expected(vector: dict[str, Any]) -> pdus.Pdu:
    kind = KINDS[vector["command"]]
    fields = {"interface_version": 0} if issubclass(kind, pdus.Bind) else {}
    tlvs = []
    for name, value in vector["params"].items():
        if name in kind.__struct_fields__:
            fields[name] = value if isinstance(value, int) else octets(value)
        else:
            tlvs.append(tlv(name, value))
    return kind(**fields, **({"tlvs": tuple(tlvs)} if tlvs else {}))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_foreign_pdu_is_read_as_it_was_meant(vector):
    assert decode(bytes.fromhex(vector["hex"])) == expected(vector)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_what_was_meant_is_written_as_the_foreign_octets(vector):
    assert encode(expected(vector)).hex() == vector["hex"]


def test_no_vector_is_left_unknown():
    assert all(int(vector["hex"][8:16], 16) in DECODERS for vector in VECTORS)
