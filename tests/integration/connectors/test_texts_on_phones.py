"""A connector and a network with the same rules, over real sockets: what the phones show."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from scripted_esme import until

from staffetta.connectors.simulated.decoding import SmscAlphabet
from staffetta.connectors.simulated.journal import Journal, read_journal
from staffetta.connectors.simulated.server import SimulatedNetwork
from staffetta.connectors.simulated.settings import NetworkSettings
from staffetta.domain.writing import Alphabet
from staffetta.messaging.connector import Accepted, ReportMeaning

TEXTS = [
    "5$ @ home",
    "€ {curly} Δ ^",
    "Şifreniz ağır, çok ısındı ğ. " * 8,
    "São João não tem coração. " * 12,
    "🙂 at the seam " * 40,
    "a" * 152 + "{" + "b" * 200,
]


@pytest.fixture
async def make_network(tmp_path) -> AsyncIterator[Callable[..., SimulatedNetwork]]:
    opened = AsyncExitStack()

    async def make(alphabet: SmscAlphabet) -> SimulatedNetwork:
        journal = opened.enter_context(Journal(tmp_path / "journal", alphabet))
        settings = NetworkSettings(delivery_seconds=0.0, alphabet=alphabet)
        network = SimulatedNetwork(settings, journal.note)
        await network.start()
        opened.push_async_callback(network.stop)
        return network

    async with opened:
        yield make


def claims_of(rig, make_claim, texts):
    for text in texts:
        cut = rig.connector.cut(text)
        yield make_claim(*cut.parts, encoding=cut.encoding, writing=cut.writing)


@pytest.mark.parametrize("form", ["udh8", "udh16", "sar", "payload"])
@pytest.mark.parametrize(
    "reads",
    [SmscAlphabet(), SmscAlphabet(Alphabet.LATIN_1), SmscAlphabet(Alphabet.ASCII, 0xF1)],
    ids=["gsm7", "latin1", "ascii and septets"],
)
async def test_phones_and_journal_show_what_was_written(
    make_rig, make_network, make_claim, tmp_path, form, reads
):
    network = await make_network(reads)
    languages = [] if reads.alphabet is Alphabet.LATIN_1 else ["turkish", "portuguese"]
    rig = make_rig(
        port=network.port,
        window_max=100,
        alphabet=reads.alphabet.value,
        septet_data_coding=reads.septet_coding,
        long_messages=form,
        shift_tables=languages,
    )
    await rig.bound()
    claims = list(claims_of(rig, make_claim, TEXTS))
    rig.submit(*claims)
    settled = await rig.settled(len(claims))
    assert all(isinstance(one, Accepted) for each in settled for one in each.outcomes)
    await until(lambda: len(network.messages()) == len(TEXTS))
    assert sorted(message.text for message in network.messages()) == sorted(TEXTS)
    entries = read_journal(tmp_path / "journal")
    for claim, text in zip(claims, TEXTS, strict=True):
        parts = [one for one in entries if f"+{one.destination}" == claim.number]
        assert "".join(one.text for one in sorted(parts, key=lambda one: one.part)) == text


async def test_one_report_is_asked_for_where_one_stands_for_all(make_rig, make_network, make_claim):
    network = await make_network(SmscAlphabet())
    rig = make_rig(port=network.port, window_max=100, registered_delivery_parts="last")
    await rig.bound()
    (claim,) = claims_of(rig, make_claim, ["a" * 400])
    rig.submit(claim)
    await rig.settled(1)
    await until(lambda: len(network.messages()) == 1)
    await until(lambda: len(rig.inbox.reports) == 1)
    (report, _stored), *_none = rig.inbox.reports
    assert report.meaning is ReportMeaning.DELIVERED
    assert report.smsc_id == rig.inbox.outcomes_of(claim)[-1].smsc_id
