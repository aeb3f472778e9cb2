"""Schemathesis, which asks a running server what its OpenAPI document allows and forbids.

It is given the document made stricter: answers may hold no field that is not described, and
callbacks go to one receiver of the test's, never to a host that chance made up.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("schemathesis"))
SECONDS_MAX = 900  # patience, not a promise: the machine may be busy
SEED = "7"
# All but those about more than one request, and `positive_data_acceptance`: no document can say
# the rules between values (a number of the call's country, a cursor without skip).
CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "allow_header_conformance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
)


@dataclass(frozen=True)
class Examined:
    """What came of it."""

    output: str
    exit_code: int
    statuses: Counter[tuple[str, int]]  # how often a call, "GET /messages", was answered so

    @property
    def count(self) -> int:
        """How many requests were made."""
        return sum(self.statuses.values())


def examine(
    document: dict[str, Any], base: str, headers: dict[str, str], directory: Path, examples: int
) -> Examined:
    """Ask `base` for everything in a document; with about so many examples a call in each phase."""
    told, report = directory / "document.json", directory / "requests.har"
    told.write_text(json.dumps(document))
    options = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    done = subprocess.run(
        [
            *(COMMAND, "run", str(told), "--url", base, *options),
            *("--checks", ",".join(CHECKS), "--max-examples", str(examples), "--seed", SEED),
            *("--generation-database", "none", "--no-color", "--continue-on-failure"),
            *("--report", "har", "--report-har-path", str(report), "--no-shrink"),
            *("--request-timeout", "60"),
        ],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    return Examined(done.stdout + done.stderr, done.returncode, _count(report, document, base))


def strict(document: dict[str, Any], callback_url: str) -> dict[str, Any]:
    """The document whose answers hold nothing else, and whose callbacks go to one address."""
    told: dict[str, Any] = json.loads(json.dumps(document))
    schemas = told["components"]["schemas"]
    asked = set(_asked(told))
    for name in schemas.keys() - asked:
        if "properties" in schemas[name]:
            schemas[name]["additionalProperties"] = False
    for value in _mappings([schemas[name] for name in asked]):
        if value.get("format") == "uri":
            value["enum"] = [callback_url, *([None] if "null" in value["type"] else [])]
    for value in _mappings(told):
        if isinstance(value.get("url"), str) and "method" in value:
            value["url"] = callback_url
        elif isinstance(value.get("callback_url"), str):
            value["callback_url"] = callback_url
        elif value.get("format") == "uri":
            value["examples"] = [callback_url]
    return told


def _asked(document: dict[str, Any]) -> Iterator[str]:
    """The names of the schemas that requests are made of."""
    waiting: list[Any] = [
        call["requestBody"]
        for operations in document["paths"].values()
        for call in operations.values()
        if "requestBody" in call
    ]
    while waiting:
        for value in _mappings(waiting.pop()):
            _, _, name = value.get("$ref", "").rpartition("/schemas/")
            if name:
                yield name
                waiting.append(document["components"]["schemas"][name])


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for one in value.values() if isinstance(value, dict) else value:
        if isinstance(one, dict | list):
            yield from _mappings(one)


def _count(report: Path, document: dict[str, Any], base: str) -> Counter[tuple[str, int]]:
    entries = json.loads(report.read_text())["log"]["entries"]
    return Counter(
        (f"{one['request']['method']} {path}", one["response"]["status"])
        for one in entries
        if (path := _path(one["request"]["url"].removeprefix(base), document)) is not None
    )


def _path(url: str, document: dict[str, Any]) -> str | None:
    """The path of the document that a URL asked for."""
    asked = url.partition("?")[0].split("/")
    for path in sorted(document["paths"], key=lambda one: "{" in one):
        parts = path.split("/")
        if len(parts) == len(asked) and all(
            part.startswith("{") or part == given for part, given in zip(parts, asked, strict=True)
        ):
            return str(path)
    return None
