"""Redocly's linter finds nothing to say about our documents, with all rules that it recommends."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from peers import environment, node_command

HERE = Path(__file__).parent
DOCUMENTS = HERE.parents[1] / "docs" / "openapi"
LINTER = HERE / "peers" / "lint_openapi.mjs"
# What the linter says of a call, and what is right about it: by the rule, the service and the call.
EXPECTED = {
    # v1 answers 400 whatever is asked: the call stands there to say that an id is missing.
    ("operation-2xx-response", "v1", "#/paths/~1messages/delete"),
}


def found_in(*paths: Path) -> list[dict[str, Any]]:
    command = [*node_command(LINTER), *map(str, paths)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_documents_have_neither_errors_nor_warnings() -> None:
    paths = sorted(DOCUMENTS.glob("*.openapi.json"))
    assert paths
    found = [(problem, named(problem)) for problem in found_in(*paths)]
    assert [problem for problem, name in found if name not in EXPECTED] == []
    assert {name for _, name in found} == EXPECTED


def named(problem: dict[str, Any]) -> tuple[str, str, str]:
    """Rule, service, and the call that it is about."""
    service = Path(problem["path"]).name.split(".")[0]
    return problem["rule"], service, "/".join(problem["at"][0].split("/")[:4])


@pytest.mark.parametrize(
    ("spoilt", "rule"),
    [
        ("operationId", "operation-operationId"),
        ("summary", "operation-summary"),
    ],
)
def test_the_linter_sees_what_is_missing(spoilt: str, rule: str, tmp_path: Path) -> None:
    document = json.loads((DOCUMENTS / "v2.en.openapi.json").read_text())
    del document["paths"]["/messages"]["get"][spoilt]
    path = tmp_path / "spoilt.json"
    path.write_text(json.dumps(document))
    assert rule in {problem["rule"] for problem in found_in(path)}
