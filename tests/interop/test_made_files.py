"""What is made from the documents, and committed, is that of these documents."""

import subprocess
from pathlib import Path

import pytest
from peers import environment, node_command
from pypdf import PdfReader

from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.rendering import HERE, paper_digest

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "docs" / "openapi"


@pytest.mark.parametrize("kind", ["samples", "postman"])
def test_what_scripts_make_is_what_is_committed(kind: str, tmp_path: Path) -> None:
    command = node_command(ROOT / "scripts" / f"make-{kind}.js")
    subprocess.run(
        [*command, str(DOCUMENTS), str(tmp_path)], env=environment(), timeout=120, check=True
    )
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    kept = {path.name: path.read_text() for path in (HERE / kind).iterdir()}
    assert made.keys() == kept.keys()
    assert [name for name in made if made[name] != kept[name]] == [], f"run `make {kind}`"


@pytest.mark.parametrize("service", SERVICES)
def test_a_printed_reference_is_of_this_code(service: str) -> None:
    metadata = PdfReader(HERE / "pdf" / f"{service}.pdf").metadata
    assert metadata is not None
    assert metadata.keywords == paper_digest(service), "run `make pdf`"


@pytest.mark.parametrize("service", SERVICES)
def test_every_link_of_a_printed_reference_leads_to_a_page_of_it(service: str) -> None:
    reader = PdfReader(HERE / "pdf" / f"{service}.pdf")
    targets = reader.named_destinations
    links = [
        annotation.get_object()
        for page in reader.pages
        for annotation in page.get("/Annots", ())
        if annotation.get_object()["/Subtype"] == "/Link"
    ]
    inside = [link["/Dest"] for link in links if "/Dest" in link]
    assert len(inside) > len(SERVICES[service].calls), "the contents lead to each call"
    assert [target for target in inside if target not in targets] == []
    pages = {reader.get_destination_page_number(target) for target in targets.values()}
    assert pages <= set(range(len(reader.pages)))
    text = " ".join(page.extract_text() for page in reader.pages[:3])
    for call in SERVICES[service].calls:
        assert call.summary.sentence in text
