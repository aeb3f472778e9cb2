"""The Postman collections run: newman sends every request of each to a sandbox."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from contract_site import Site, serving
from peers import environment, node, npm_file
from sample_worlds import WORLDS

from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.rendering import POSTMAN, postman_files


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("postman")) as site:
        yield site


def run_newman(folder: Path, *options: str) -> dict[str, Any]:
    """What newman tells of a run; it ends with 1 when a test of the collection failed."""
    report = folder / "report.json"
    command = [str(node()), "--no-deprecation", str(npm_file("newman/bin/newman.js")), "run"]
    subprocess.run(
        [*command, *options, "--reporters", "json", "--reporter-json-export", str(report)],
        env=environment(),
        capture_output=True,
        timeout=600,
        check=False,
    )
    told: dict[str, Any] = json.loads(report.read_text())["run"]
    return told


@pytest.mark.parametrize("service", SERVICES)
def test_every_request_of_a_collection_is_granted(service: str, site: Site, tmp_path: Path) -> None:
    paths = []
    for name in postman_files(service)[:2]:
        answer = httpx.get(f"{site.installation.url}{POSTMAN}/{name}", timeout=60)
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        paths.append(tmp_path / name)
        paths[-1].write_bytes(answer.content)
    world = WORLDS[service](site)
    variables = [
        part
        for name, value in world.variables().items()
        for part in ("--env-var", f"{name}={value}")
    ]
    told = run_newman(tmp_path, str(paths[0]), "--environment", str(paths[1]), *variables)
    refused = {
        one["item"]["name"]: (one["response"]["code"], bytes(one["response"]["stream"]["data"]))
        for one in told["executions"]
        if one["response"]["code"] >= 300 and one["item"]["name"] not in world.may_be_refused
    }
    assert refused == {}
    assert [failure["error"]["message"] for failure in told["failures"]] == []
    assert len(told["executions"]) == len(SERVICES[service].calls)
