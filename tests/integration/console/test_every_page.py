"""Every route of the console, from the application's own table: who may use it, and how it is
answered. A page that is added is looked at by itself.
"""

from collections.abc import AsyncIterator

import pytest
from console_world import (
    MEMBER,
    NOBODY,
    OTHERS,
    OWNER,
    VISITORS,
    World,
    console_world,
    parameter_of,
    require_safe_headers,
)
from hand_gateway import make_gateway
from markup import Markup

from staffetta.console.forgery import FIELD

SIGN_IN = "/console/sign-in"


@pytest.fixture
async def world(database, clock) -> AsyncIterator[World]:
    async with console_world(await make_gateway(database, clock)) as one:
        yield one


async def test_every_parameter_of_an_address_stands_for_something(world: World) -> None:
    parts = {part for entry in world.entries for part in entry.path.split("/")}
    parameters = {parameter_of(part) for part in parts if part.startswith("{")}
    assert parameters - set(world.named) == set()


async def test_whoever_may_not_use_a_route_is_refused_and_changes_nothing(world: World) -> None:
    wrong, before = [], await world.traces()
    for entry in world.entries:
        for visitor in set(VISITORS) - entry.allowed:
            answer = await world.ask(visitor, entry)
            place = answer.headers.get("location", "")
            is_refused = answer.status_code == 403
            if visitor == NOBODY:
                is_refused = answer.status_code == 302 and place.startswith(f"{SIGN_IN}?next=")
            if not is_refused:
                wrong.append((visitor, str(entry), answer.status_code, place))
    assert wrong == []
    assert await world.traces() == before


async def test_what_is_of_another_account_is_not_there(world: World) -> None:
    before = await world.traces()
    answers = {
        str(entry): (await world.ask(OTHERS, entry)).status_code
        for entry in world.entries
        if entry.names_something and OTHERS in entry.allowed
    }
    assert answers
    assert {entry: status for entry, status in answers.items() if status != 404} == {}
    assert await world.traces() == before


async def test_whoever_may_see_a_page_sees_it_and_looking_changes_nothing(world: World) -> None:
    wrong, before = [], await world.traces()
    for entry in world.entries:
        if entry.method != "GET":
            continue
        for visitor in entry.allowed - ({OTHERS, MEMBER} if entry.is_personal else {OTHERS}):
            answer = await world.ask(visitor, entry)
            is_led = answer.status_code in {302, 303} and SIGN_IN not in answer.headers["location"]
            # 204: nothing new. 422: a page that wants a question, and says so.
            if answer.status_code not in {200, 204, 422} and not is_led:
                wrong.append((visitor, str(entry), answer.status_code))
    assert wrong == []
    assert await world.traces() == before


async def test_a_form_is_taken_from_pages_of_its_own_session_alone(world: World) -> None:
    wrong, before = [], await world.traces()
    for entry in world.entries:
        if entry.method == "GET" or "/static/" in entry.path:
            continue
        for visitor in sorted(entry.allowed - {OTHERS, NOBODY})[-1:]:
            own, others = world.token_of(visitor), world.token_of(OTHERS)
            forged: list[tuple[dict[str, str], dict[str, str]]] = [
                ({}, {}),
                ({FIELD: "wrong"}, {}),
                ({FIELD: others}, {}),
                ({FIELD: own}, {"sec-fetch-site": "cross-site"}),
                ({FIELD: own}, {"sec-fetch-site": "same-site"}),
                ({FIELD: own}, {"origin": "https://evil.test"}),
                ({}, {"x-form-token": others}),
            ]
            for fields, headers in forged:
                answer = await world.ask(visitor, entry, fields, headers)
                if answer.status_code != 403:
                    wrong.append((visitor, str(entry), answer.status_code, fields, headers))
    assert wrong == []
    assert await world.traces() == before


async def test_an_empty_form_is_answered_and_never_breaks_a_page(world: World) -> None:
    wrong = []
    for entry in world.entries:
        if entry.method == "GET" or entry.ends_sessions:
            continue
        for visitor in entry.allowed - {OTHERS}:
            answer = await world.ask(visitor, entry)
            refusals = {401} if entry.path == SIGN_IN else {400, 404, 409, 422}
            is_fine = answer.status_code < 400 or answer.status_code in refusals
            if not is_fine or SIGN_IN in answer.headers.get("location", ""):
                wrong.append((visitor, str(entry), answer.status_code))
    assert wrong == []


async def test_what_is_not_there_bears_the_headers_that_keep_a_page_safe(world: World) -> None:
    browser = world.browsers[OWNER]
    for answer in (
        await browser.get("/console/nothing"),
        await browser.get("/console/static/nothing.css"),
        await browser.get("/console/static/%2e%2e/rendering.py"),
        await browser.request("DELETE", SIGN_IN),
        await browser.post(SIGN_IN, content=b"\xff" * 10, headers={"content-type": "text/plain"}),
    ):
        assert 400 <= answer.status_code < 500
        require_safe_headers(answer)


@pytest.mark.parametrize("language", ["en", "it", "fr"])
async def test_no_page_has_anything_inline_or_from_elsewhere(world: World, language: str) -> None:
    wrong = []
    world.named["language"] = language
    for entry in world.entries:
        if entry.method != "GET":
            continue
        for visitor in entry.allowed - {OTHERS, *({MEMBER} if language != "en" else {})}:
            answer = await world.ask(visitor, entry, headers={"accept-language": language})
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            page = Markup(answer.text)
            wrong += [(visitor, str(entry), trouble) for trouble in page.troubles]
            if page.language not in {language, ""}:
                wrong.append((visitor, str(entry), f"speaks {page.language}"))
            wrong += [
                (visitor, str(entry), f"a form to {form.action} without a token")
                for form in page.forms
                if form.method == "post" and FIELD not in form.fields and visitor != NOBODY
            ]
    assert wrong == []
