"""The network's journal: what it says of segments that were accepted, and of those alone."""

from pathlib import Path

import pytest
from running_network import message
from scripted_esme import ScriptedEsme

from staffetta.connectors.simulated import NetworkSettings, SimulatedNetwork
from staffetta.connectors.simulated.journal import Journal, read_journal
from staffetta.domain.encodings import encode_ucs2
from staffetta.smpp.user_data import concatenation_header


async def test_each_accepted_segment_has_a_line_and_a_refused_one_has_none(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    header = concatenation_header(reference=7, total=2, number=2)
    submits = [
        message("0001", b"one \x1be"),
        message("9902", b"refused"),
        message("0002", header + encode_ucs2("zwei ✓"), esm_class=0x40, data_coding=8),
    ]
    with Journal(path) as journal:
        network = SimulatedNetwork(NetworkSettings(), journal.note)
        await network.start()
        esme = await ScriptedEsme.bound(network.port)
        statuses = [(await esme.exchange(submit)).command_status for submit in submits]
        # In the file as soon as it is answered, while the network goes on.
        entries = read_journal(path)
        await network.stop()
    assert statuses == [0, 0x0B, 0]
    assert [(entry.source, entry.destination, entry.text) for entry in entries] == [
        ("ACME", "393331230001", "one €"),
        ("ACME", "393331230002", "zwei ✓"),
    ]
    assert [(entry.part, entry.parts, entry.reference) for entry in entries] == [
        (1, 1, 0),
        (2, 2, 7),
    ]
    assert entries[0].time <= entries[1].time


def test_a_journal_is_continued_and_a_line_cut_short_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    for _ in range(2):
        with Journal(path) as journal:
            journal.note(message("0001"), "accepted 01")
    with path.open("a") as file:
        file.write('{"time": 1')
    assert len(read_journal(path)) == 2


def test_a_place_where_no_file_can_be_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Journal(tmp_path / "missing" / "journal")
