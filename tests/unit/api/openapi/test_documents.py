"""The documents: valid, of one piece with the code, the same in docs/openapi and on the server."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from staffetta.api.openapi.document import SCOPES_KEY, document
from staffetta.api.openapi.pages import (
    document_names,
    document_path,
    document_text,
    file_name,
)
from staffetta.api.openapi.services import SERVICES
from staffetta.domain.environments import Environment
from staffetta.domain.languages import Language
from staffetta.domain.scopes import ScopeSet

FILES = Path(__file__).parents[4] / "docs" / "openapi"
DOCUMENTS = {service: document(service, Language.ENGLISH) for service in SERVICES}
BASE = "http://127.0.0.1:8080"


def calls(service: str) -> set[tuple[str, str]]:
    """Method and path of every call that a document has."""
    return {
        (method.upper(), path)
        for path, operations in DOCUMENTS[service]["paths"].items()
        for method in operations
    }


def validator(service: str, schema: Any) -> Draft202012Validator:
    """Judges values by a schema of the document, which may refer to others in it."""
    resource = Resource.from_contents(DOCUMENTS[service], default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:document", resource)
    rooted = json.loads(json.dumps(schema).replace('"#/', '"urn:document#/'))
    return Draft202012Validator(rooted, registry=registry)


@pytest.mark.parametrize(("service", "language"), list(document_names()))
def test_a_document_is_valid(service: str, language: Language) -> None:
    validate(document(service, language))


@pytest.mark.parametrize(("service", "language"), list(document_names()))
def test_the_file_in_the_repository_is_the_document(service: str, language: Language) -> None:
    kept = (FILES / file_name(service, language)).read_bytes()
    assert kept == document_text(service, language), "run `make openapi`"


def test_no_file_is_left_of_a_document_that_is_gone() -> None:
    assert {path.name for path in FILES.glob("*")} == {file_name(*one) for one in document_names()}


@pytest.mark.parametrize("service", list(SERVICES))
async def test_the_calls_of_a_document_are_those_of_its_room(service: str, app: Any) -> None:
    room = SERVICES[service].room
    served = set()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        for template in app._rooms[room].templates:
            answer = await client.request("BREW", template.replace("{", "").replace("}", ""))
            assert answer.status_code == 405
            path = template.removeprefix(str(room))
            served |= {(method, path) for method in answer.headers["allow"].split(", ")}
    refusing = {tuple(name.split(" ")) for name in SERVICES[service].refusing}
    assert not calls(service) & refusing
    assert calls(service) | refusing == served


def examples(service: str) -> Iterator[tuple[str, Any, Any]]:
    """Where an example stands, its schema and itself."""
    waiting = [("#", DOCUMENTS[service])]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(f"{place}/{at}", one) for at, one in enumerate(value)]
        if not isinstance(value, dict):
            continue
        waiting += [(f"{place}/{key}", one) for key, one in value.items() if key != "examples"]
        given = value.get("examples", [])
        if isinstance(given, dict):
            yield from ((place, value["schema"], one["value"]) for one in given.values())
        else:
            yield from ((place, value, one) for one in given)
        if "example" in value and "schema" in value:
            yield place, value["schema"], value["example"]


@pytest.mark.parametrize("service", list(SERVICES))
def test_every_example_is_what_its_schema_says(service: str) -> None:
    wrong = [
        (place, error.message)
        for place, schema, value in examples(service)
        for error in validator(service, schema).iter_errors(value)
    ]
    assert wrong == []


def fields(service: str) -> Iterator[tuple[str, Any]]:
    """Every property of every object, by its name."""
    for name, schema in DOCUMENTS[service]["components"]["schemas"].items():
        for field, told in schema["properties"].items():
            yield f"{name}.{field}", told


@pytest.mark.parametrize("service", list(SERVICES))
def test_every_field_has_words_and_an_example_or_a_shape(service: str) -> None:
    mute = [
        name
        for name, told in fields(service)
        if not told.get("description")
        or not ({"examples", "$ref", "anyOf", "items", "const"} & told.keys())
    ]
    assert mute == []


@pytest.mark.parametrize("service", list(SERVICES))
def test_every_status_has_a_body_and_an_example(service: str) -> None:
    shared = DOCUMENTS[service]["components"].get("responses", {})
    for path, operations in DOCUMENTS[service]["paths"].items():
        for call in operations.values():
            for status, given in call["responses"].items():
                response = shared[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
                assert response["description"], (path, status)
                if status == "204":
                    assert "content" not in response
                    continue
                (content,) = response["content"].values()
                assert content["schema"], (path, status)
                assert content["examples"], (path, status)


@pytest.mark.parametrize("service", [name for name, one in SERVICES.items() if one.scopes])
@pytest.mark.parametrize("environment", list(Environment))
async def test_the_scopes_of_a_document_are_those_asked_for(
    service: str, environment: Environment, app: Any, backstage: Any
) -> None:
    for token, grant in backstage.grants.items():
        backstage.grants[token] = replace(grant, scopes=ScopeSet.of(()))
    token = next(key for key, one in backstage.grants.items() if one.environment is environment)
    prefix = "/sandbox" if environment is Environment.SANDBOX else ""
    base = f"{BASE}{prefix}{SERVICES[service].room}"
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=base, headers=headers
    ) as client:
        for method, path in calls(service):
            answer = await client.request(method, path.replace("{", "").replace("}", ""))
            told = DOCUMENTS[service]["paths"][path][method.lower()]
            scope = told[SCOPES_KEY][environment.value]
            assert answer.status_code == 403
            assert answer.json()["message"] == f"the token lacks the scope {scope}"
            assert f"`{scope}`" in told["description"]


async def test_a_document_is_served_as_it_is_kept(app: Any) -> None:
    service, language = next(iter(document_names()))
    path = document_path(service, language)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        answer = await client.get(path)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        assert answer.content == document_text(service, language)
        tag = answer.headers["etag"]
        for known, status in {tag: 304, f'"other", W/{tag}': 304, "*": 304, '"other"': 200}.items():
            again = await client.get(path, headers={"If-None-Match": known})
            assert again.status_code == status
            assert again.headers["etag"] == tag
            assert (again.content == b"") is (status == 304)
        assert (await client.post(path)).status_code == 405
        assert (await client.get("/docs/de/v2.openapi.json")).status_code == 404
