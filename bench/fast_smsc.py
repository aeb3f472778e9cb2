"""A fast SMSC: answers binds, takes every submit_sm, and reports each delivered at once.

Run as `python -m bench.fast_smsc`: prints its port, and ends with its standard input. It reads no
more of a PDU than its number, so it costs a fraction of what the link does that it measures.
"""

import asyncio
import struct
from typing import Final, cast

import uvloop

from bench.peer_processes import serve
from staffetta.smpp import pdus
from staffetta.smpp.constants import CommandId, EsmClass
from staffetta.smpp.encode import encode

_header = struct.Struct(">IIII")
_SUBMIT: Final = int(CommandId.SUBMIT_SM)
_ID_OCTETS: Final = 10
_ANSWER_OCTETS: Final = _header.size + _ID_OCTETS + 1
_ANSWER: Final = int(CommandId.SUBMIT_SM_RESP)
_DELIVER: Final = int(CommandId.DELIVER_SM)
_BINDS: Final = {
    int(kind.command_id): answer
    for kind, answer in pdus.RESPONSE_TYPES.items()
    if issubclass(kind, pdus.Bind)
}
_OTHERS: Final = {
    int(kind.command_id): answer
    for kind, answer in pdus.RESPONSE_TYPES.items()
    if kind in (pdus.EnquireLink, pdus.Unbind)
}
_MARK: Final = b"#" * _ID_OCTETS


def _report() -> tuple[bytes, bytes]:
    """What stands before and behind the id in a report, from behind the header on."""
    text = (
        b"id:%b sub:001 dlvrd:001 submit date:2603140926 done date:2603140927"
        b" stat:DELIVRD err:000 text:hello" % _MARK
    )
    pdu = pdus.DeliverSm(
        source_addr_ton=1,
        source_addr_npi=1,
        source_addr=b"393331234567",
        destination_addr=b"ACME",
        esm_class=EsmClass.DELIVERY_REPORT,
        short_message=text,
    )
    before, _, behind = encode(pdu)[_header.size :].partition(_MARK)
    return before, behind


class _Smsc(asyncio.Protocol):
    def __init__(self) -> None:
        self._rest = b""
        self._count = 0
        self._before, self._behind = _report()
        self._report_octets = _header.size + len(self._before) + _ID_OCTETS + len(self._behind)
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        at, size = 0, len(data)
        out: list[bytes] = []
        while size - at >= _header.size:
            length, command_id, _, number = _header.unpack_from(data, at)
            if size - at < length:
                break
            at += length
            if command_id == _SUBMIT:
                self._take(number, out)
            elif command_id in _BINDS:
                out.append(encode(_BINDS[command_id](number)))
            elif command_id in _OTHERS:
                out.append(encode(_OTHERS[command_id](number)))
        self._rest = data[at:]
        if out:
            self._transport.write(b"".join(out))

    def _take(self, number: int, out: list[bytes]) -> None:
        self._count = count = self._count + 1
        message_id = b"%010d" % count
        out += (
            _header.pack(_ANSWER_OCTETS, _ANSWER, 0, number),
            message_id,
            b"\0",
            _header.pack(self._report_octets, _DELIVER, 0, count),
            self._before,
            message_id,
            self._behind,
        )


if __name__ == "__main__":
    uvloop.run(serve(_Smsc))
