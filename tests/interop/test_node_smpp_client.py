"""node-smpp as a client of our simulated network: the recipe that people copy works."""

import subprocess
from pathlib import Path

from carrier import running_carrier
from judges import judged_proxy
from peers import environment, node_command
from recipes import recipe
from tcp_proxy import Way

DELIVERED = "2"


def test_the_recipe_sends_a_message_and_prints_its_report(tmp_path: Path) -> None:
    with (
        running_carrier(tmp_path / "network") as network,
        judged_proxy(network.port, Way.TO_CLIENT, tmp_path) as proxy,
    ):
        script = tmp_path / "client.js"
        script.write_text(recipe("client.js").replace(":2775", f":{proxy.port}"))
        done = subprocess.run(
            node_command(script),
            env=environment(),
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        accepted, reported = (line.split() for line in done.stdout.splitlines())
        assert reported == ["report", accepted[1], DELIVERED]
        (entry,) = network.journal()
    assert (entry.destination, entry.text) == ("393331230001", "Prezzo: 5 €")
