"""A segment's user data in a carrier's own way: its octets, its header, the TLVs beside it.

Pure. Owns what becomes of a `Writing`; the usual way is `outgoing`'s, because thousands go that way
each second.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from staffetta.domain.encodings import Encoding, encode_ucs2
from staffetta.domain.shift_tables import alphabet_of
from staffetta.domain.writing import Alphabet, LongMessages, Writing
from staffetta.messaging.connector import Claim, Segment
from staffetta.smpp import pdus
from staffetta.smpp.submissions import payload_tlvs, sar_tlvs
from staffetta.smpp.user_data import Concatenation, user_data_header

_LOW_OCTET: Final = 0xFF


class Written(NamedTuple):
    """What of a submit_sm is the text's."""

    header: bytes
    payload: bytes
    tlvs: pdus.Tlvs


def write_segment(claim: Claim, segment: Segment, writing: Writing) -> Written:
    """The user data of one segment; ValueError where a character is not in its alphabet."""
    payload = _encoder(claim.encoding, writing)(segment.text)
    form = writing.long_messages
    if form is LongMessages.PAYLOAD:
        return Written(b"", b"", payload_tlvs(payload))
    part = None
    if claim.segment_total > 1:
        is_wide = form is not LongMessages.UDH_8
        reference = wide_reference(claim) if is_wide else claim.reference
        part = Concatenation(reference, claim.segment_total, segment.number)
        if form is LongMessages.SAR:
            return Written(b"", payload, sar_tlvs(part))
    locking, single = writing.tables
    header = user_data_header(
        part, wide=form is LongMessages.UDH_16, locking=locking, single=single
    )
    return Written(header, payload, ())


def wide_reference(claim: Claim) -> int:
    """A reference of 16 bits, the same on every try.

    The low octet goes round with each long text, the high one is of the id, which ends at random.
    """
    return claim.recipient_id[-1] << 8 | claim.reference & _LOW_OCTET


def _encoder(encoding: Encoding, writing: Writing) -> Callable[[str], bytes]:
    if encoding is Encoding.UCS_2:
        return encode_ucs2
    if writing.alphabet is Alphabet.GSM_7:
        return alphabet_of(writing.tables).encode
    codec = "latin-1" if writing.alphabet is Alphabet.LATIN_1 else "ascii"
    return lambda text: text.encode(codec)
