"""Whose a report is that comes to a certification: its own, or of a customer's message.

No I/O. Who takes a report keeps it from the connector's own links, for good: what is not certain is
left to them.
"""

from collections.abc import Iterable
from typing import Final

from staffetta.connectors.smpp.certification.learn_ids import ids_of
from staffetta.smpp.message_ids import candidate_keys, message_id_key
from staffetta.smpp.reports import ReportPdu

# Enough of a number to know it by, however much of its country a carrier writes.
_DIGITS_COMPARED: Final = 8
# What carriers write where they have no id, or none that tells two messages apart.
_NO_ID: Final = frozenset({"", "0"})


class Ownership:
    """Knows the ids that this run's answers had, and the phones it wrote to.

    `is_alone`: the connector is stopped, so that no customer's message is on its way just now.
    """

    def __init__(self, numbers: Iterable[str], *, is_alone: bool) -> None:
        self._numbers = tuple(numbers)
        self._is_alone = is_alone
        self._answered: set[str] = set()  # keys

    def answered(self, message_id: str) -> None:
        """An answer had this id, "" for none."""
        key = message_id_key(message_id)
        if key not in _NO_ID:
            self._answered.add(key)

    def is_ours(self, pdu: ReportPdu) -> bool:
        """Whether a report speaks of this run, by the answers that came so far.

        One with an id is known by that. By its phone is known one without, and any while the
        connector is stopped: a carrier's ids may be spelled in a way that nobody knows.
        """
        keys = _keys(pdu)
        if not self._answered.isdisjoint(keys):
            return True
        if keys and not self._is_alone:
            return False
        return names_one_of(pdu, self._numbers)

    def may_be_of_next_answer(self, pdu: ReportPdu) -> bool:
        """Whether an answer that is still to come may be what a report speaks of."""
        keys = _keys(pdu)
        return bool(keys) and self._answered.isdisjoint(keys)


def names_one_of(pdu: ReportPdu, numbers: Iterable[str]) -> bool:
    """Whether one of the addresses of a report is one of these phones, E.164."""
    named = {_last_digits(pdu.source_addr), _last_digits(pdu.destination_addr)}
    return any(_last_digits(number.encode()) in named for number in numbers)


def _keys(pdu: ReportPdu) -> frozenset[str]:
    tlv_id, text_id = ids_of(pdu)
    keys = candidate_keys(tlv_id or text_id, text_id if tlv_id else "")
    return frozenset(keys.values()) - _NO_ID


def _last_digits(address: bytes) -> bytes:
    digits = bytes(octet for octet in address if octet in b"0123456789")
    return digits[-_DIGITS_COMPARED:]
