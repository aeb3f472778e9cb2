"""What a form and an address may be: how long, and that nothing remembers what was sent."""

import gc
import tracemalloc
from collections.abc import AsyncIterator

import httpx
import pytest
from console_account import Account, opened_account
from console_browser import SIGN_IN, browser_of, open_console
from hand_gateway import make_gateway

from staffetta.console.asgi import ADDRESS_CHARACTERS_MAX
from staffetta.console.forms import (
    FIELDS_MAX,
    FILE_OCTETS_MAX,
    FORM_OCTETS_MAX,
    LONG_FORM_OCTETS_MAX,
    PARTS_MAX,
)

MANY = "/console/sandbox/send/many"
FORM = {"content-type": "application/x-www-form-urlencoded"}
CHUNK = 16 << 10


@pytest.fixture
async def account(database, clock) -> AsyncIterator[Account]:
    async with opened_account(database, clock) as one:
        yield one


@pytest.fixture
async def stranger(database, clock) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        open_console(await make_gateway(database, clock)) as console,
        browser_of(console)() as one,
    ):
        yield one


class Endless:
    """A body without an announced length; `taken` is how much of it was read."""

    def __init__(self) -> None:
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.taken < FILE_OCTETS_MAX:
            self.taken += CHUNK
            yield b"x" * CHUNK


async def test_a_stranger_cannot_send_much(stranger) -> None:
    body = Endless()
    answer = await stranger.post(SIGN_IN, content=body, headers=FORM)
    assert answer.status_code == 413
    assert "This is longer than the page takes." in answer.text
    assert body.taken <= FORM_OCTETS_MAX + CHUNK


async def test_what_is_announced_too_long_is_not_read_at_all(stranger) -> None:
    body = Endless()
    headers = {**FORM, "content-length": str(FORM_OCTETS_MAX + 1)}
    assert (await stranger.post(SIGN_IN, content=body, headers=headers)).status_code == 413
    assert body.taken == 0


async def test_a_stranger_cannot_send_a_file_either(stranger) -> None:
    for path in (SIGN_IN, MANY):
        body = Endless()
        headers = {"content-type": "multipart/form-data; boundary=b"}
        answer = await stranger.post(path, content=body, headers=headers)
        assert answer.status_code in (302, 400, 413), path
        assert body.taken <= FORM_OCTETS_MAX + CHUNK, path


async def test_no_form_is_remembered(stranger) -> None:
    async def try_passwords(first: int, count: int) -> int:
        for number in range(first, first + count):
            password = f"{number:09d}" * 6_000
            answer = await stranger.post(SIGN_IN, data={"email": "x", "password": password})
            assert answer.status_code in (401, 429)
        del password, answer
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    await try_passwords(0, 10)
    tracemalloc.start()
    try:
        before = await try_passwords(10, 2)
        after = await try_passwords(12, 40)
    finally:
        tracemalloc.stop()
    assert after - before < 10 * 54_000, "forty of 54 kB each were sent"


async def test_a_form_of_too_many_fields_is_refused(stranger) -> None:
    names = "&".join(f"f{number}=" for number in range(FIELDS_MAX + 1))
    answer = await stranger.post(SIGN_IN, content=names.encode(), headers=FORM)
    assert answer.status_code == 400
    assert "This form cannot be read." in answer.text
    parts = {f"f{number}": (None, "x") for number in range(PARTS_MAX + 1)}
    assert (await stranger.post(SIGN_IN, files=parts)).status_code == 400


async def test_a_form_in_octets_of_any_kind_is_read_or_refused(stranger) -> None:
    for body in (b"email=\xff%ff%zz&password=%00", b"&&==&", b"", "email=Zoè".encode()):
        assert (await stranger.post(SIGN_IN, content=body, headers=FORM)).status_code in (401, 429)
    part = '--b\r\ncontent-disposition: form-data; name="email"\r\n'
    for kind, octets in (("charset=klingon", b"x"), ("charset=utf-8", b"\xff")):
        body = f"{part}content-type: text/plain; {kind}\r\n\r\n".encode() + octets + b"\r\n--b--"
        headers = {"content-type": "multipart/form-data; boundary=b"}
        assert (await stranger.post(SIGN_IN, content=body, headers=headers)).status_code == 400


async def test_a_text_that_is_too_long_to_send_is_told_so(account) -> None:
    fields = {"recipient": "+393331234567", "text": "è" * 49_000, "key": "long"}
    assert len(fields["text"]) * 6 > FORM_OCTETS_MAX
    answer = await account.post("/console/sandbox/send", **fields)
    assert answer.status_code == 422
    fields["text"] = "x" * LONG_FORM_OCTETS_MAX
    assert (await account.post("/console/sandbox/send", **fields)).status_code == 413


async def test_a_file_of_seven_megabytes_is_taken_and_one_of_nine_is_not(account) -> None:
    row = b"+393331234567;" + b"x" * 985 + b"\n"
    taken = await account.post(MANY, files={"file": ("list.csv", row * 7_000, "text/csv")})
    assert taken.status_code == 303
    refused = await account.post(MANY, files={"file": ("list.csv", row * 9_000, "text/csv")})
    assert refused.status_code == 413
    assert "This is longer than the page takes." in refused.text


async def test_an_address_is_as_long_as_ours_are_and_no_longer(stranger) -> None:
    for path, params in (("/console/language/it", "next="), ("/console/language/", "")):
        long = "x" * (ADDRESS_CHARACTERS_MAX - len(path) - len(params))
        address = f"{path}?{params}{long}" if params else f"{path}{long}"
        assert (await stranger.get(address)).status_code == 302, path
        refused = await stranger.get(f"{address}x")
        assert refused.status_code == 414, path
        assert refused.text == "This address is longer than any page's.\n"
