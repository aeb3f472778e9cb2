"""node-smpp as a client of our simulated network: the recipe that people copy works."""

import subprocess
from pathlib import Path

from authority import Authority
from carrier import running_carrier
from issued_files import write_files
from judges import judged_proxy
from peers import environment, node_command
from recipes import recipe
from tcp_proxy import Way

DELIVERED = "2"


def run(directory: Path, script_text: str, **environment_too: str) -> list[list[str]]:
    """The words of each line that the script prints."""
    script = directory / "client.js"
    script.write_text(script_text)
    done = subprocess.run(
        node_command(script),
        env={**environment(), **environment_too},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [line.split() for line in done.stdout.splitlines()]


def test_the_recipe_sends_a_message_and_prints_its_report(tmp_path: Path) -> None:
    with (
        running_carrier(tmp_path / "network") as network,
        judged_proxy(network.port, Way.TO_CLIENT, tmp_path) as proxy,
    ):
        script = recipe("client.js").replace(":2775", f":{proxy.port}")
        accepted, reported = run(tmp_path, script)
        assert reported == ["report", accepted[1], DELIVERED]
        (entry,) = network.journal()
    assert (entry.destination, entry.text) == ("393331230001", "Prezzo: 5 €")


def test_the_recipe_works_over_tls(tmp_path: Path) -> None:
    authority = Authority()
    issued = authority.issue("localhost", address="127.0.0.1")
    certificate, key = write_files(issued, tmp_path)
    known = tmp_path / "authority.pem"
    known.write_text(authority.certificate)
    options = ("--tls-certificate", str(certificate), "--tls-key", str(key))
    with running_carrier(tmp_path / "network", more=options) as network:
        script = recipe("client.js").replace("smpp:", "ssmpp:").replace("2775", str(network.port))
        accepted, reported = run(tmp_path, script, NODE_EXTRA_CA_CERTS=str(known))
        assert reported == ["report", accepted[1], DELIVERED]
