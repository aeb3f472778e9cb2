"""The OAuth services' documents say what their tables do, and which credentials a call takes."""

import re
from typing import Any

import pytest

from staffetta.api.oauth.errors import Refusals
from staffetta.api.oauth.v1.errors import OAUTH_V1
from staffetta.api.oauth.v2.errors import REFUSALS
from staffetta.api.openapi.document import document
from staffetta.api.openapi.services import SERVICES
from staffetta.domain.languages import Language

TABLES = {"oauth-v1": OAUTH_V1.refusals, "oauth-v2": REFUSALS}
DOCUMENTS = {service: document(service, Language.ENGLISH) for service in TABLES}
NEVER = {("GET /callbacks", (404, 200))}  # a list shares the row of the call for one
_LAST_SEGMENT = re.compile(r"/\{\w+\}$")


def told_numbers(service: str) -> dict[str, set[tuple[int, float]]]:
    """Status and number of each refusal, by the call that the document tells of it."""
    known = SERVICES[service]
    numbers: dict[str, set[tuple[int, float]]] = {}
    for call in known.calls:
        for refusal in (*call.refusals, *known.refused(call)):
            answer = known.answer(call, refusal)
            assert answer.refused is not None
            numbers.setdefault(call.name, set()).add((answer.status, answer.refused.error))
    return numbers


@pytest.mark.parametrize("service", TABLES)
def test_every_number_of_a_call_s_table_stands_at_the_call(service: str) -> None:
    told, table = told_numbers(service), TABLES[service]
    missing = {
        (name, number)
        for name, numbers in rows_of(table).items()
        for number in numbers
        if number not in at_call(told, name)
    }
    assert missing <= NEVER


def rows_of(table: Refusals) -> dict[str, set[tuple[int, int]]]:
    return {name: set(numbers.values()) for name, numbers in table._by_call.items()}


def at_call(told: dict[str, set[tuple[int, float]]], name: str) -> set[tuple[int, float]]:
    """What stands at a call; of one without what stands in a path: at the one that has it."""
    if name in told:
        return told[name]
    return next(numbers for one, numbers in told.items() if _LAST_SEGMENT.sub("", one) == name)


@pytest.mark.parametrize("service", TABLES)
def test_no_call_has_a_number_that_its_table_does_not_know(service: str) -> None:
    table = TABLES[service]
    general = set(table._numbers.values()) | {(429, 429), (500, 500)}
    for name, numbers in told_numbers(service).items():
        known = rows_of(table).get(name, set()) | general
        other = numbers - known
        without = {
            number
            for one, row in rows_of(table).items()
            if one in SERVICES[service].refusing and _LAST_SEGMENT.sub("", name) == one
            for number in row
        }
        assert other <= without, name


def security(service: str, path: str, method: str) -> list[str]:
    told: dict[str, Any] = DOCUMENTS[service]
    given = told["paths"][path][method].get("security", told["security"])
    return [name for one in given for name in one]


@pytest.mark.parametrize("service", TABLES)
def test_calls_take_the_api_key_and_renewing_the_refresh_token_too(service: str) -> None:
    for path, methods in DOCUMENTS[service]["paths"].items():
        for method in methods:
            is_renewing = (service, path, method) == ("oauth-v2", "/tokens/{token}", "patch")
            expected = ["basic", "refreshToken"] if is_renewing else ["basic"]
            assert security(service, path, method) == expected
    schemes = DOCUMENTS["oauth-v2"]["components"]["securitySchemes"]
    assert {name: one["scheme"] for name, one in schemes.items()} == {
        "basic": "basic",
        "refreshToken": "bearer",
    }


@pytest.mark.parametrize(("service", "path"), [("oauth-v1", "/token"), ("oauth-v2", "/tokens")])
def test_a_new_token_leads_to_the_calls_that_take_it(service: str, path: str) -> None:
    links = DOCUMENTS[service]["paths"][path]["post"]["responses"]["200"]["links"]
    taken = {call.id: call for call in SERVICES[service].calls if call.path == f"{path}/{{token}}"}
    assert {one["operationId"] for one in links.values()} <= taken.keys()
    for one in links.values():
        assert one["parameters"] == {"token": "$response.body#/token"}


@pytest.mark.parametrize("service", TABLES)
def test_the_header_of_a_401_asks_for_basic(service: str) -> None:
    told = DOCUMENTS[service]["components"]["headers"]["WWWAuthenticate"]
    assert told["schema"]["examples"] == ['Basic realm="OAuth"']
