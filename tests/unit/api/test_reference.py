"""The references: everything of their documents is on them, and nothing on them is unsafe."""

import gc
import re
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

import staffetta.console
from staffetta.api.openapi.document import document
from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.rendering import HERE, reference_path, render_reference
from staffetta.api.reference.samples import Samples, Variant, form_of, parts_of, samples_of
from staffetta.api.reference.view import Line, view_of
from staffetta.domain.languages import Language

CONSOLE_CSS = Path(staffetta.console.__file__).parent / "static" / "console.css"
BASE = "http://sms.example.net:8080"
EVERY = [(service, language) for service in SERVICES for language in Language]


async def read(app: Any, path: str, base: str = BASE, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize(("service", "language"), EVERY)
async def test_a_reference_has_every_call_and_every_field(
    app: Any, service: str, language: Language
) -> None:
    answer = await read(app, reference_path(service, language))
    assert answer.status_code == 200
    assert f'<html lang="{language.value}">' in answer.text
    told = document(service, language)
    for address, methods in told["paths"].items():
        for call in methods.values():
            assert f'<article id="{call["operationId"]}">' in answer.text
            assert f'<a href="#{call["operationId"]}">' in answer.text
            assert f"<code>{address}</code>" in answer.text
    used = {
        name
        for schema in told["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }
    shown = set(re.findall(r'<th scope="row"[^>]*><code>([^<]+)</code>', answer.text))
    refusals = {"code", "message", "error", "success", "data", "credit"}
    assert used - shown <= refusals


@pytest.mark.parametrize(("service", "language"), EVERY)
async def test_nothing_stands_inline_or_comes_from_elsewhere(
    app: Any, service: str, language: Language
) -> None:
    for suffix in ("", "/try"):
        answer = await read(app, reference_path(service, language) + suffix)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        assert not re.search(
            r'<[^>]+ (style|on\w+)=|<style|<script(?! src="/docs/static/)', answer.text
        )
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="([^"]+)"', answer.text)
        assert loaded
        assert all(address.startswith("/") for address in loaded)
        for address in loaded:
            if address.startswith("/docs/"):
                assert (await read(app, address)).status_code == 200


async def test_samples_are_shown_as_asked_and_for_this_server(app: Any) -> None:
    path = reference_path("v2", Language.ENGLISH)
    curl = (await read(app, path)).text
    assert f"{BASE}/sandbox/v2/IT-messages" in curl
    assert "{{" not in curl
    python = (await read(app, f"{path}?sample=python-python3")).text
    assert "sms.example.net:8080" in python
    assert '<option value="python-python3" selected>' in python
    assert '<option value="shell-curl" selected>' in (await read(app, f"{path}?sample=x")).text


@pytest.mark.parametrize("service", SERVICES)
def test_every_call_has_a_sample_in_each_of_22_ways(service: str) -> None:
    samples = samples_of(service)
    ways = {variant.id for variant in samples.variants}
    assert len(ways) == 22
    assert samples.calls.keys() == {call.id for call in SERVICES[service].calls}
    for texts in samples.calls.values():
        assert texts.keys() == ways


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("http://a.example", "plain"),
        ("https://a.example", "safe"),
        ("http://a.example:81", "plain a.example:81 a.example 81"),
        ("https://[2001:db8::1]:8443", "safe [2001:db8::1]:8443 2001:db8::1 8443"),
    ],
)
def test_an_address_that_is_taken_apart_has_a_text_for_its_form(base: str, text: str) -> None:
    parts = " {{authority}} {{host}} {{port}}"
    forms = {
        "http": "plain",
        "https": "safe",
        "http:port": f"plain{parts}",
        "https:port": f"safe{parts}",
    }
    variant = Variant("one", "One", "text")
    samples = Samples((variant,), {"call": {"one": forms}})
    assert samples.text("call", variant, form_of(base), parts_of(base)) == text


@pytest.mark.parametrize("host", ['a"><b>', "a b", "$(id)", "`id`"])
async def test_a_host_that_is_none_is_not_shown(app: Any, host: str) -> None:
    assert host not in (await read(app, reference_path("v2", Language.ENGLISH), Host=host)).text


@pytest.mark.parametrize(
    ("accepted", "language"), [("it-IT,it;q=0.9", "it"), ("fr", "fr"), ("de", "en")]
)
async def test_docs_leads_to_the_readers_language(app: Any, accepted: str, language: str) -> None:
    answer = await read(app, "/docs", **{"Accept-Language": accepted})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/docs/{language}/v2")
    assert (await read(app, "/docs/it")).headers["location"] == "/docs/it/v2"


@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_to_be_downloaded_is_there(app: Any, service: str) -> None:
    page = (await read(app, reference_path(service, Language.FRENCH))).text
    wanted = [one for one in re.findall(r'class="button[^"]*" href="([^"]+)"', page) if "." in one]
    assert len(wanted) == 5
    answers = {address: await read(app, address) for address in wanted}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert answers[f"/docs/en/{service}.pdf"].content.startswith(b"%PDF-")
    environment = answers[f"/docs/postman/{service}.sandbox.postman_environment.json"].json()
    values = {one["key"]: one["value"] for one in environment["values"]}
    assert values["baseUrl"].startswith(f"{BASE}/sandbox/")


def test_its_colours_are_the_consoles() -> None:
    ours, consoles = colours(HERE / "static" / "reference.css"), colours(CONSOLE_CSS)
    assert ours <= consoles
    assert len(ours) > 20


def colours(path: Path) -> set[tuple[str, str]]:
    """Names and values; two of each, one for the light and one for the dark."""
    return set(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", path.read_text()))


def seen_of(schema: dict[str, Any], **components: Any) -> list[Line]:
    """The lines of a body with this schema."""
    body = {"content": {"application/json": {"schema": schema}}}
    call = {
        "operationId": "x",
        "tags": ["t"],
        "summary": "X",
        "requestBody": body,
        "responses": {},
    }
    told = {
        "info": {"title": "T", "version": "1", "description": ""},
        "servers": [],
        "tags": [{"name": "t", "description": ""}],
        "paths": {"/x": {"post": call}},
        "components": {"securitySchemes": {}, "schemas": components},
    }
    return list(view_of(told).groups[0].calls[0].bodies[0].lines)


def test_fields_are_seen_through_references_alternatives_and_arrays() -> None:
    inner = {
        "type": "object",
        "properties": {"b": {"type": "integer", "minimum": 1}},
        "required": ["b"],
    }
    schema = {
        "type": "object",
        "properties": {
            "a": {
                "anyOf": [{"$ref": "#/components/schemas/Inner"}, {"type": "null"}],
                "description": "an a",
            },
            "c": {"type": "array", "items": {"type": ["string", "null"]}},
        },
    }
    assert [
        (line.name, line.depth, line.kind, line.is_required, line.said, line.limits)
        for line in seen_of(schema, Inner=inner)
    ] == [
        ("a", 0, "object | null", False, "an a", ()),
        ("b", 1, "integer", True, "", (("minimum", "1"),)),
        ("c", 0, "array of string | null", False, "", ()),
    ]


def test_fields_of_any_name_are_seen() -> None:
    schema = {"type": "object", "additionalProperties": {"type": "integer", "description": "a"}}
    assert [(line.name, line.kind, line.said) for line in seen_of(schema)] == [
        ("*", "integer", "a")
    ]


def test_what_holds_itself_is_shown_to_some_depth() -> None:
    itself = {"type": "object", "properties": {"again": {"$ref": "#/components/schemas/Itself"}}}
    assert len(seen_of({"$ref": "#/components/schemas/Itself"}, Itself=itself)) == 7


@pytest.mark.parametrize("base", [BASE, "https://sms.example.net", "http://[2001:db8::1]:81"])
@pytest.mark.parametrize("service", SERVICES)
def test_a_sample_on_a_page_is_the_sample(service: str, base: str) -> None:
    samples = samples_of(service)
    for variant in samples.variants:
        page = render_reference(service, Language.ENGLISH, variant.id, base)
        shown = [
            unescape(re.sub(r"<[^>]+>", "", code))
            for code in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
        ]
        for call in samples.calls:
            assert samples.text(call, variant, form_of(base), parts_of(base)).strip() in [
                code.strip() for code in shown
            ]
        assert "gateway.example" not in page


async def test_addresses_that_are_asked_for_are_not_kept(app: Any) -> None:
    path = reference_path("v2", Language.ENGLISH)
    await read(app, path)
    kept = len(gc.get_objects())
    for number in range(50):
        await read(app, path, Host=f"name-{number}.example")
    gc.collect()
    assert len(gc.get_objects()) - kept < 200
