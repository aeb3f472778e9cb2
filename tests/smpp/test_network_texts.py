"""What the phones of the simulated network show of texts that came in a carrier's own way."""

import pytest
from running_network import message, running_network
from scripted_esme import ScriptedEsme, until

from staffetta.connectors.simulated.decoding import SmscAlphabet, decode_text, fits
from staffetta.domain.shift_tables import ShiftTables
from staffetta.domain.writing import Alphabet
from staffetta.smpp.submissions import payload_tlvs, sar_tlvs
from staffetta.smpp.user_data import Concatenation, user_data_header


@pytest.mark.parametrize(
    ("alphabet", "octets", "shown"),
    [
        (Alphabet.GSM_7, b"\x00\x02\x1be", "@$€"),
        (Alphabet.LATIN_1, b"@$\xe8^", "@$è^"),
        (Alphabet.LATIN_1, b"\x00\x02\xe1`", "????"),
        (Alphabet.ASCII, b"@$\n{}", "@$\n{}"),
        (Alphabet.ASCII, b"\xe8", "?"),
    ],
)
def test_the_default_alphabet_is_what_the_network_is_set_to(alphabet, octets, shown):
    assert decode_text(octets, 0x00, SmscAlphabet(alphabet)) == shown


@pytest.mark.parametrize("alphabet", Alphabet)
@pytest.mark.parametrize("data_coding", [0xF0, 0x10, 0x11])
def test_a_text_with_a_class_is_septets_whatever_the_alphabet_is(alphabet, data_coding):
    assert decode_text(b"\x00\x02\x1be@", data_coding, SmscAlphabet(alphabet)) == "@$€¡"


def test_septets_have_a_coding_of_their_own_where_the_alphabet_is_another():
    smsc = SmscAlphabet(Alphabet.LATIN_1, 0xF1)
    assert decode_text(b"\x00\x1be", 0xF1, smsc) == "@€"
    assert decode_text(b"@", 0x00, smsc) == "@"


def test_tables_change_what_the_smsc_made_of_another_alphabet():
    """A header with tables and no septets behind it: the phone shows other letters."""
    turkish = ShiftTables(locking=1)
    assert decode_text(b"\x07", 0, tables=turkish) == "ı"
    assert decode_text(b"\xec", 0, SmscAlphabet(Alphabet.LATIN_1), turkish) == "ı"


async def test_parts_told_by_tlvs_and_payloads_are_shown_whole():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        for number, text in ((2, b"world"), (1, b"hello ")):
            await esme.exchange(message(text=text, tlvs=sar_tlvs(Concatenation(0x102, 2, number))))
        await esme.exchange(message("0001", b"", tlvs=payload_tlvs(b"long " * 100)))
        await until(lambda: len(network.messages()) == 2)
        assert [(one.text, one.segment_count) for one in network.messages()] == [
            ("hello world", 2),
            ("long " * 100, 1),
        ]


async def test_each_part_is_read_with_the_tables_that_it_names():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        for number, locking in ((1, 1), (2, 0), (3, 99)):
            header = user_data_header(Concatenation(7, 3, number), locking=locking)
            await esme.exchange(message(text=header + b"\x07", esm_class=0x40))
        await until(lambda: len(network.messages()) == 1)
        assert network.messages()[0].text == "ıìì"


async def test_an_escape_does_not_reach_into_the_next_part():
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        for number, text in ((1, b"5 \x1b"), (2, b"e")):
            header = user_data_header(Concatenation(7, 2, number))
            await esme.exchange(message(text=header + text, esm_class=0x40))
        await until(lambda: len(network.messages()) == 1)
        assert network.messages()[0].text == "5  e"


SAR = sar_tlvs(Concatenation(7, 2, 1))
WIDE_SAR = sar_tlvs(Concatenation(256, 2, 1))
HEADER = user_data_header(Concatenation(7, 2, 1))
TABLES = user_data_header(None, locking=1, single=1)


@pytest.mark.parametrize(
    ("most", "fields"),
    [
        (160, {}),
        (160, {"data_coding": 0xF0}),
        (140, {"data_coding": 0x04}),
        (140, {"data_coding": 0x08}),
        (153, {"tlvs": SAR}),
        (152, {"tlvs": WIDE_SAR}),
        (134, {"tlvs": SAR, "data_coding": 0x08}),
        (6 + 153, {"start": HEADER}),
        (6 + 134, {"start": HEADER, "data_coding": 0x08}),
        (7 + 152, {"start": TABLES}),
    ],
)
async def test_what_no_phone_has_room_for_is_refused(most, fields):
    fields = dict(fields)
    start = fields.pop("start", b"")
    esm_class = 0x40 if start else 0
    async with running_network() as network:
        esme = await ScriptedEsme.bound(network.port)
        for length, status in ((most, 0), (most + 1, 0x01)):
            text = start.ljust(length, b"a")
            response = await esme.exchange(message(text=text, esm_class=esm_class, **fields))
            assert response.command_status == status


def test_what_becomes_an_escape_takes_twice_the_room():
    latin1 = SmscAlphabet(Alphabet.LATIN_1)
    assert fits(message(text=b"^" * 80), latin1)
    assert not fits(message(text=b"^" * 81), latin1)
    assert fits(message(text=b"^" * 81))  # septets already
