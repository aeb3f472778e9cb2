"""What a phone shows is what was written: from the cut over the octets to the handset, no sockets.

Each text is cut by a carrier's rules, made into PDUs, encoded, decoded, received by the handset of
a network with the same rules, and read.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from staffetta.connectors.simulated.decoding import SmscAlphabet, user_data_of
from staffetta.connectors.simulated.handset import Handset, HandsetMessage
from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.encodings import DEFAULT_CHARACTERS, EXTENSION_CHARACTERS, GSM_7
from staffetta.domain.errors import InvalidText
from staffetta.domain.replacements import plain_text
from staffetta.domain.segments import Segmentation, segment_text
from staffetta.domain.shift_tables import Language
from staffetta.domain.text_rules import CHARACTERS_OF, TextRules, cut_by
from staffetta.domain.writing import Alphabet, LongMessages, Transliteration
from staffetta.messaging.connector import Claim, Segment
from staffetta.smpp.constants import DataCoding
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode
from staffetta.smpp.pdus import SubmitSm
from staffetta.smpp.tlvs import Tag, find

AT = datetime(2026, 3, 14, tzinfo=UTC)
LANGUAGES = tuple(one for one in Language if one is not Language.DEFAULT)
SEPTETS = 0xF1
RULES = {
    f"{alphabet} {coding or 'alone'} {form} {'tables' if languages else 'plain'}": TextRules(
        alphabet=alphabet, septet_coding=coding, long_messages=form, languages=languages
    )
    for alphabet, coding, form, languages in product(
        Alphabet, (None, SEPTETS), LongMessages, ((), LANGUAGES)
    )
    if (coding is None or alphabet is not Alphabet.GSM_7)
    and (not languages or coding is not None or alphabet is Alphabet.GSM_7)
}


@dataclass(frozen=True)
class Sent:
    """What went over the wire, and what the phone shows of it."""

    cut: Segmentation
    pdus: list[SubmitSm]
    shown: list[HandsetMessage] = field(default_factory=list)


def claim_of(cut: Segmentation, *, flash: bool = False) -> Claim:
    return Claim(
        space_id=1,
        recipient_id=bytes(range(12)),
        attempt=1,
        sender="ACME",
        number="+393331234567",
        encoding=cut.encoding,
        segments=tuple(Segment(number, part) for number, part in enumerate(cut.parts, 1)),
        segment_total=len(cut.parts),
        reference=200,
        flash=flash,
        expires_at=AT,
        accepted_before=False,
        failure_count=0,
        resend_count=0,
        capture_micro=0,
        writing=cut.writing,
    )


def send(text: str, rules: TextRules, *, flash: bool = False) -> Sent:
    smpp = SmppSettings(
        connector_id=1, name="c", host="h", port=1, system_id="s", password="", texts=rules
    )
    outgoing = Outgoing(smpp)
    cut = cut_by(rules)(text)
    claim = claim_of(cut, flash=flash)
    handset = Handset(1000, SmscAlphabet(rules.alphabet, rules.septet_coding))
    pdus = []
    for segment in claim.segments:
        pdu = decode(encode(outgoing.submit_sm(claim, segment, AT)))
        assert isinstance(pdu, SubmitSm)
        handset.receive(pdu, 0.0)
        pdus.append(pdu)
    return Sent(cut, pdus, handset.read())


def octets_on_the_air(pdu: SubmitSm, rules: TextRules) -> int:
    """The user data of one segment as the SMSC packs it (TS 23.040 section 9.2.3.16)."""
    body = user_data_of(pdu).body
    header = len(pdu.short_message) - len(body)
    if find(pdu.tlvs, Tag.SAR_MSG_REF_NUM):
        header = 7  # what an SMSC writes for a reference of 16 bits
    if pdu.data_coding == DataCoding.UCS2:
        return header + len(body)
    septets = body
    if pdu.data_coding == DataCoding.SMSC_DEFAULT and rules.alphabet is not Alphabet.GSM_7:
        septets = GSM_7.encode(body.decode("latin-1"))
    return -(-(header * 8 + len(septets) * 7) // 8)


def must_show(text: str, rules: TextRules) -> None:
    sent = send(text, rules)
    (message,) = sent.shown
    assert message.text == text
    assert message.segment_count == len(sent.pdus)
    for pdu in sent.pdus:
        if find(pdu.tlvs, Tag.MESSAGE_PAYLOAD) is None:
            assert octets_on_the_air(pdu, rules) <= 140


EVERYTHING = "".join(sorted(DEFAULT_CHARACTERS)) + "".join(sorted(EXTENSION_CHARACTERS))
TEXTS = {
    "all of gsm7": EVERYTHING,
    "one character": "@",
    "dollars": "$100 @ 5%",
    "exactly one": "a" * 160,
    "two": "a" * 161,
    "escape at the seam of an 8-bit reference": "a" * 152 + "{" + "b" * 200,
    "escape at the seam of a 16-bit one": "a" * 151 + "{" + "b" * 200,
    "escapes alone": "{}" * 200,
    "Turkish": "İyi günler! Şifreniz ağır, çok ısındı ğ. " * 8,
    "Turkish, short": "ğ",
    "escape at the seam with tables": "a" * 148 + "ı" * 3 + "b" * 200,
    "Spanish": "¡Mañana sí! Málaga, ¿qué tal? Último día ó así. " * 8,
    "Portuguese": "São João não tem coração, às três avós êxito. " * 8,
    "Hindi": "नमस्ते, आपका कोड १२३ है। " * 12,
    "Urdu": "آپ کا کوڈ ۱۲۳ ہے۔ " * 12,
    "Greek capitals": "ΔΦΓΛΩΠΨΣΘΞ" * 20,
    "euro": "€" * 100,
    "emoji": "🙂👩\u200d👩\u200d👧 " * 30,
    "pair at the seam": "я" * 66 + "🙂" + "я" * 100,
    "pair at the seam of a 16-bit one": "я" * 65 + "🙂" + "я" * 100,
    "one of ucs2": "я" * 70,
}


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_a_phone_shows_what_was_written(rules):
    for text in TEXTS.values():
        must_show(text, rules)


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_it_does_so_for_the_longest_text_there_is(rules):
    for character, each in (("a", 153), ("я", 67)):
        must_show(character * each * 255, rules)


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_a_flash_is_one_in_every_way(rules):
    for text in ("hello", "a@b $ {c}", "Δ€" * 80, "ğ" * 80, "🙂" * 80):
        (message,) = send(text, rules, flash=True).shown
        assert (message.text, message.flash) == (text, True)
        assert not send(text, rules).shown[0].flash


RUNS = st.lists(
    st.tuples(
        st.sampled_from([*EVERYTHING, *"áíóúÁçğışĞİŞãõêÃ`ªºनமپяЖ日’…🙂\u0301\u200d"]),
        st.integers(1, 170),
    ),
    max_size=6,
).map(lambda runs: "".join(character * times for character, times in runs))
ANY_TEXT = RUNS | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
ANY_RULES = st.builds(
    TextRules,
    alphabet=st.sampled_from(Alphabet),
    septet_coding=st.just(SEPTETS),
    long_messages=st.sampled_from(LongMessages),
    payload_octets_max=st.sampled_from([160, 500, 65_535]),
    languages=st.lists(st.sampled_from(LANGUAGES), unique=True).map(tuple),
) | st.builds(
    TextRules, alphabet=st.sampled_from(Alphabet), long_messages=st.sampled_from(LongMessages)
)


@settings(deadline=None)
@given(ANY_TEXT, ANY_RULES)
def test_any_text_under_any_rules(text, rules):
    must_show(text, rules)


@settings(deadline=None)
@given(
    ANY_TEXT,
    st.sampled_from(Alphabet),
    st.sampled_from([Transliteration.PUNCTUATION, Transliteration.ACCENTS]),
)
def test_any_text_under_any_rules_with_other_characters(text, alphabet, how):
    rules = TextRules(alphabet=alphabet, transliteration=how)
    shown = "".join(message.text for message in send(text, rules).shown)
    plain = plain_text(text, CHARACTERS_OF[alphabet], accents=how is Transliteration.ACCENTS)
    usual = cut_by(TextRules(alphabet=alphabet))
    if plain and len(usual(plain).parts) <= len(usual(text).parts):
        assert shown == plain
    else:
        assert shown == text
    if shown != text:
        assert CHARACTERS_OF[alphabet].issuperset(shown)


def test_the_wrong_alphabet_shows_other_characters():
    """What the settings are for: the network's alphabet is not what the connector thinks."""
    handset = Handset(10, SmscAlphabet(Alphabet.LATIN_1))
    cut = segment_text("5$ @ home €")
    claim = claim_of(cut)
    smpp = SmppSettings(connector_id=1, name="c", host="h", port=1, system_id="s", password="")
    handset.receive(Outgoing(smpp).submit_sm(claim, claim.segments[0], AT), 0.0)
    assert handset.read()[0].text == "5? ? home ?e"


def test_a_text_with_no_room_is_refused_and_not_cut_short():
    with pytest.raises(InvalidText):
        send("€" * 76 * 255, TextRules(alphabet=Alphabet.LATIN_1))
