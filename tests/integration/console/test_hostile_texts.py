"""What anybody may type, store or put into an address: never run, never a fault."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import quote, urlsplit

import pytest
from console_world import NOBODY, OTHERS, OWNER, Entry, World, console_world
from hand_gateway import make_gateway
from hostile_texts import EMOJI, HOSTILE, NUL, SCRIPT, TEMPLATE, TURNED
from markup import FoundForm, Markup

from staffetta.console.forgery import FIELD

SIGN_IN = "/console/sign-in"
# Texts that reach only what is typed and addressed: a message cannot hold them.
TYPED = (f"{SCRIPT} {TEMPLATE}", f"{NUL}{TURNED}\ud83d{EMOJI}", "-1", "9" * 400, "2026-02-30")


@pytest.fixture
async def world(database, clock) -> AsyncIterator[World]:
    async with console_world(await make_gateway(database, clock)) as one:
        yield one


async def test_an_address_of_nonsense_is_not_there(world: World) -> None:
    wrong = []
    for entry in world.entries:
        if "{" not in entry.path or entry.method != "GET":
            continue
        for visitor in sorted(entry.allowed - {OTHERS, NOBODY})[-1:]:
            for address in nonsense(world, entry):
                answer = await world.browsers[visitor].get(address)
                is_led = answer.is_redirect and "/language/" in entry.path
                if (answer.status_code not in {400, 404} and not is_led) or runs(answer.text):
                    wrong.append((visitor, address, answer.status_code))
    assert wrong == []


def nonsense(world: World, entry: Entry) -> Iterator[str]:
    """The address with each of its parameters in turn made nonsense."""
    for text in ("'%00", "%2e%2e%2f%F0%9F%92%A5%ff", "x" * 300, quote(SCRIPT, safe="")):
        parts = entry.path.split("/")
        for place, part in enumerate(parts):
            if part.startswith("{"):
                named = [world.filled(one) for one in parts]
                yield "/".join([*named[:place], text, *named[place + 1 :]])


async def test_a_question_of_nonsense_is_answered(world: World) -> None:
    wrong = []
    for visitor, address, page in await pages(world):
        asked = {name for form in page.forms if form.method == "get" for name in form.fields}
        asked |= {"before", "after", "skip", "done", "page", "next", "until", "days"}
        for text in TYPED:
            query = {name: text.encode("utf-8", "replace").decode() for name in asked}
            answer = await world.browsers[visitor].get(address, params=query)
            if answer.status_code not in {200, 204, 302, 303, 400, 422} or runs(answer.text):
                wrong.append((visitor, address, text[:20], answer.status_code))
    assert wrong == []


async def test_a_form_of_nonsense_is_answered(world: World) -> None:
    wrong = []
    for visitor, address, page in await pages(world):
        for form in page.forms:
            target = urlsplit(form.action or address).path
            if form.method != "post" or Entry("POST", target).ends_sessions:
                continue
            for text in TYPED:
                sent = filled(form, text)
                sent[FIELD] = world.token_of(visitor)
                answer = await post(world, visitor, target, sent, is_file=form.is_file)
                is_out = SIGN_IN in answer.headers.get("location", "")
                if answer.status_code >= 500 or runs(answer.text) or is_out:
                    wrong.append((visitor, address, target, text[:20], answer.status_code))
    assert wrong == []


async def pages(world: World) -> list[tuple[str, str, Markup]]:
    """Every page of the owner's and the operator's that can be asked for."""
    found = []
    for entry in world.entries:
        for visitor in entry.allowed & {OWNER, "operator"}:
            if entry.method != "GET" or "/static/" in entry.path:
                continue
            answer = await world.ask(visitor, entry)
            if answer.status_code in {200, 422} and "text/html" in answer.headers["content-type"]:
                found.append((visitor, world.address(entry), Markup(answer.text)))
    return found


def filled(form: FoundForm, text: str) -> dict[str, str]:
    """The form with this text in every field, hidden ones as well."""
    return dict.fromkeys(form.fields | dict.fromkeys(form.typed, ""), text)


async def post(world: World, visitor: str, target: str, sent: dict[str, str], *, is_file: bool):
    browser = world.browsers[visitor]
    if is_file:
        content = "\n".join(HOSTILE).encode() + b"\xff\x00"
        sent = {name: value.encode("utf-8", "replace").decode() for name, value in sent.items()}
        return await browser.post(target, data=sent, files={"file": ("a.csv", content)})
    body = "&".join(f"{quote(k)}={quote(v, errors='replace')}" for k, v in sent.items())
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return await browser.post(target, content=body, headers=kind)


def runs(text: str) -> bool:
    """Whether a page holds hostile text as markup."""
    return "<script>window.hacked" in text or "<img src=x" in text or '</title> "' in text
