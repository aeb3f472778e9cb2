"""What the phones of the simulated network show of texts that came in a carrier's own way."""

import pytest
from running_network import message, running_network
from scripted_esme import ScriptedEsme, until

from staffetta.connectors.simulated.decoding import SmscAlphabet, decode_text
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
@pytest.mark.parametrize("data_coding", [0x00, 0xF0, 0x10, 0x11])
def test_the_default_alphabet_is_what_the_network_is_set_to(alphabet, octets, shown, data_coding):
    assert decode_text(octets, data_coding, SmscAlphabet(alphabet)) == shown


def test_septets_have_a_coding_of_their_own_where_the_alphabet_is_another():
    smsc = SmscAlphabet(Alphabet.LATIN_1, 0xF1)
    assert decode_text(b"\x00\x1be", 0xF1, smsc) == "@€"
    assert decode_text(b"@", 0xF0, smsc) == "@"


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
