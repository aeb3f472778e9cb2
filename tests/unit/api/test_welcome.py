"""The page at /: for people and for programs, in the reader's language, true and strict."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

import staffetta.api.welcome
import staffetta.console
from staffetta.api.openapi.services import SERVICES
from staffetta.domain.languages import Language

HERE = Path(staffetta.api.welcome.__file__).parent
CONSOLE_CSS = Path(staffetta.console.__file__).parent / "static" / "console.css"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BASE = "http://sms.example.net:8080"


async def read(app: Any, path: str = "/", base: str = BASE, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        return await client.get(path, headers={**HTML, **headers})


async def test_people_find_the_console_the_references_and_a_line_to_paste(app: Any) -> None:
    answer = await read(app)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    links = set(re.findall(r'href="([^"#]+)"', answer.text))
    references = {f"/docs/en/{one}" for one in ("v1", "v2", "oauth-v1", "oauth-v2")}
    assert {"/console", "/healthz", "/?language=it", "/?language=fr", *references} <= links
    assert f"curl {BASE}/sandbox/v2/IT-messages -H &#34;Authorization: Bearer $TOKEN" in answer.text
    assert f"{BASE}/sandbox/oauth/v1" in answer.text


async def test_references_that_there_are_are_found(app: Any) -> None:
    links = re.findall(r'href="(/docs/[^"]+)"', (await read(app)).text)
    found = [link for link in links if link.rpartition("/")[2] in SERVICES]
    assert len(found) == len(SERVICES) * len(Language)
    for link in found:
        assert (await read(app, link)).status_code == 200, link


async def test_nothing_inline_or_from_elsewhere_is_on_the_page(app: Any) -> None:
    answer = await read(app)
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(
        r'style=|<style|onclick|<script(?! type="module" src="/static/)', answer.text
    )
    sources = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
    assert all(source.startswith(("/", "#")) for source in sources), sources


@pytest.mark.parametrize("name", ["welcome.css", "welcome.js"])
async def test_its_files_are_kept_under_an_address_of_their_content(app: Any, name: str) -> None:
    found = re.search(rf'"(/static/{name}\?[0-9a-f]{{12}})"', (await read(app)).text)
    assert found is not None
    answer = await read(app, found[1])
    assert answer.content == (HERE / "static" / name).read_bytes()
    assert "immutable" in answer.headers["cache-control"]


async def test_programs_get_the_same_as_json(app: Any) -> None:
    answer = await read(app, Accept="*/*")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept, Accept-Language"
    said = answer.json()
    assert said["ready"] is True
    assert said["services"]["v2"] == {
        "production": f"{BASE}/v2",
        "sandbox": f"{BASE}/sandbox/v2",
        "reference": f"{BASE}/docs/en/v2",
    }
    for service in said["services"].values():  # each leads to a service, not to the own pages
        path = service["sandbox"].removeprefix(BASE)
        assert (await read(app, f"{path}/nothing")).json() != (await read(app, "/nothing")).json()


async def test_it_says_whether_messages_are_taken(app: Any, backstage: Any) -> None:
    well, unwell = "It takes messages", "It cannot take messages now"
    assert shown(await read(app), well)
    assert not shown(await read(app), unwell)
    backstage.ready = False
    assert shown(await read(app), unwell)
    assert not shown(await read(app), well)
    assert (await read(app, Accept="application/json")).json()["ready"] is False


def shown(answer: httpx.Response, words: str) -> bool:
    """Whether the words are there for a reader's eyes."""
    found = re.search(rf"<span class=\"\w+\"( hidden)?>{words}", answer.text)
    assert found is not None
    return found[1] is None


@pytest.mark.parametrize(
    ("path", "accepted", "language", "word"),
    [
        ("/", "it-IT,it;q=0.9", "it", "Apri la console"),
        ("/", "fr", "fr", "Ouvrir la console"),
        ("/", "de", "en", "Open the console"),
        ("/?language=it", "fr", "it", "Apri la console"),
        ("/?language=xx&language=it", "fr", "fr", "Ouvrir la console"),
    ],
)
async def test_it_speaks_the_readers_language(
    app: Any, path: str, accepted: str, language: str, word: str
) -> None:
    answer = await read(app, path, **{"Accept-Language": accepted})
    assert answer.headers["content-language"] == language
    assert f'<html lang="{language}">' in answer.text
    assert word in answer.text
    assert f'href="/docs/{language}/v2"' in answer.text


@pytest.mark.parametrize("host", ['a"><b>', "a b", "a/b", "$(id)", "a;id", "`id`", "a:b", "a'b"])
async def test_a_host_that_is_none_is_not_shown(app: Any, host: str) -> None:
    for accept in (HTML["Accept"], "*/*"):
        assert host not in (await read(app, Accept=accept, Host=host)).text


async def test_without_a_host_it_says_where_the_server_listens(app: Any) -> None:
    assert f"{BASE}/sandbox/v2" in (await read(app, Host="")).text


def test_its_colours_are_the_consoles() -> None:
    ours, consoles = colours(HERE / "static" / "welcome.css"), colours(CONSOLE_CSS)
    assert ours <= consoles
    assert len(ours) > 15


def colours(path: Path) -> set[tuple[str, str]]:
    """Names and values; two of each, one for the light and one for the dark."""
    return set(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", path.read_text()))
