"""The list of forbidden words in the console: changed, imported, and tried without harm."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from lock_waits import until_somebody_waits
from operator_desk import OPERATE, Desk, hidden_fields

from staffetta.compliance.edit_words import add_entries, change_entry
from staffetta.compliance.word_file import make_noted, parse_lines

HOSTILE = "<script>alert(1)</script>"
WORDS = "/words"


async def forbid(desk: Desk, *entries: tuple[str, str, str]) -> None:
    async with desk.gateway.database.transaction() as connection:
        noted = [make_noted(*entry) for entry in entries]
        await add_entries(connection, noted, desk.gateway.clock.now())


async def texts(desk: Desk) -> list[str]:
    rows = await desk.gateway.rows("SELECT text FROM forbidden_word ORDER BY id")
    return [row["text"] for row in rows]


async def attempt(desk: Desk, **tried: str) -> str:
    form = {"message": "", "sender": "", "where": "IT", **tried}
    answer = await desk.send("/words/test", form, WORDS)
    assert answer.status_code == 200
    return answer.text


async def test_an_entry_is_added_changed_and_removed(desk) -> None:
    entry = {"kind": "word", "text": "casino", "country": "it", "note": "in March"}
    added = await desk.send(WORDS, entry)
    assert added.headers["location"].endswith("/words?done=added")
    assert (await desk.send(WORDS, entry)).headers["location"].endswith("?done=there")
    [row] = await desk.gateway.rows("SELECT id FROM forbidden_word")
    one = f"/words/{row['id']}"
    assert "in March" in await desk.see(one)
    await desk.send(one, {**entry, "text": "gratta e vinci", "kind": "phrase"})
    assert await texts(desk) == ["gratta e vinci"]
    removed = await desk.send("/words/remove", {}, one)
    assert removed.status_code == 303
    assert await texts(desk) == []
    assert (await desk.browser.get(f"{OPERATE}{one}")).status_code == 404
    assert [(action, details.get("text")) for action, _, details in await desk.audited()] == [
        ("words.remove", None),
        ("words.change", "gratta e vinci"),
        ("words.add", "casino"),
    ]


@pytest.mark.parametrize("where", ["the list", "an entry"])
async def test_what_the_command_refuses_is_refused_here(desk, where) -> None:
    await forbid(desk, ("word", "casino", "*"), ("word", "poker", "*"))
    [row] = await desk.gateway.rows("SELECT id FROM forbidden_word WHERE text = 'poker'")
    path = WORDS if where == "the list" else f"/words/{row['id']}"
    for kind, text, country in (
        ("pattern", "(a+)+$", "*"),
        ("pattern", ".*", "*"),
        ("pattern", "(unclosed", "*"),
        ("pattern", "(x{1000}){1000}", "*"),
        ("word", "a", "*"),
        ("word", "x", "XX"),
        ("phrase", "one", "*"),
        ("nonsense", "casino", "*"),
    ):
        answer = await desk.send(path, {"kind": kind, "text": text, "country": country})
        assert answer.status_code == 422, (kind, text)
        assert 'id="text-problem"' in answer.text
    assert await texts(desk) == ["casino", "poker"]


async def test_an_entry_does_not_become_another_one_of_the_list(desk) -> None:
    await forbid(desk, ("word", "casino", "*"), ("word", "poker", "*"))
    [row] = await desk.gateway.rows("SELECT id FROM forbidden_word WHERE text = 'poker'")
    fields = {"kind": "word", "text": "casino", "country": "*"}
    answer = await desk.send(f"/words/{row['id']}", fields)
    assert answer.status_code == 422
    assert "already" in answer.text


async def test_the_list_is_searched_and_paged(desk) -> None:
    await forbid(desk, ("word", "casino", "IT"), ("phrase", "free money", "*"))
    for search, found in (
        ({}, {"casino", "free money"}),
        ({"search": "MONEY"}, {"free money"}),
        ({"kind": "word"}, {"casino"}),
        ({"country": "it"}, {"casino"}),
        ({"search": "nothing"}, set()),
        ({"kind": "nonsense"}, {"casino", "free money"}),
    ):
        shown = await desk.see(WORDS, **search)
        assert {one for one in ("casino", "free money") if f">{one}</a>" in shown} == found
    await forbid(desk, *(("word", f"word{number:05}", "*") for number in range(10_000)))
    first = await desk.see(WORDS, search="word0")
    assert first.count('name="entry"') == 50
    assert ">word00050</a>" in await desk.see(WORDS, search="word0", skip="50")


async def test_a_text_is_tried_and_what_is_found_is_marked(desk) -> None:
    await forbid(desk, ("word", "casino", "*"), ("pattern", r"bit\.ly/\w+", "IT"))
    shown = await attempt(desk, message="Il C.A.S.I.N.O di bit.ly/abc oggi")
    assert "<mark>C.A.S.I.N.O</mark> di <mark>bit.ly/abc</mark> oggi" in shown
    assert "would be refused" in shown
    assert "<mark>" not in await attempt(desk, message="bit.ly/abc", where="FR")
    assert "<mark>casino</mark>" in await attempt(desk, sender="casino")
    harmless = await attempt(desk, message="Il pacco arriva oggi")
    assert "Nothing forbidden" in harmless


async def test_trying_shows_texts_and_runs_nothing_and_blocks_nobody(desk) -> None:
    await forbid(desk, ("word", "alert", "*"))
    shown = await attempt(desk, message=HOSTILE, sender=HOSTILE)
    assert "&lt;script&gt;<mark>alert</mark>(1)&lt;/script&gt;" in shown
    assert HOSTILE not in shown
    assert await desk.gateway.rows("SELECT FROM blocklisting") == []
    assert await desk.audited() == []


async def test_a_script_is_given_the_part_of_the_page_that_changed(desk) -> None:
    form = hidden_fields(await desk.see(WORDS), f"{OPERATE}/words/test")
    answer = await desk.browser.post(
        f"{OPERATE}/words/test",
        data={**form, "message": "hello", "where": "IT"},
        headers={"hx-request": "true"},
    )
    assert "Nothing forbidden" in answer.text
    assert "<html" not in answer.text


async def test_a_change_is_tried_at_once(desk) -> None:
    assert "<mark>" not in await attempt(desk, message="a casino")
    await forbid(desk, ("word", "casino", "*"))
    assert "<mark>casino</mark>" in await attempt(desk, message="a casino")


async def take(desk: Desk, content: bytes, **fields: str):
    form = hidden_fields(await desk.see(WORDS), f"{OPERATE}/words/import")
    return await desk.browser.post(
        f"{OPERATE}/words/import",
        data={**form, **fields},
        files={"file": ("words.txt", content, "text/plain")},
    )


async def test_the_list_goes_out_and_in_as_a_file(desk) -> None:
    await forbid(desk, ("word", "casino", "*"), ("phrase", "gratta e vinci", "IT"))
    out = await desk.browser.get(f"{OPERATE}/words/forbidden.txt")
    assert out.text == "word * casino\nphrase IT gratta e vinci\n"
    wrong = await take(desk, b"word * poker\nnonsense\n")
    assert wrong.status_code == 422
    assert "line 2" in wrong.text
    assert (await take(desk, b"\xff\xfe", replace="yes")).status_code == 422
    assert (await take(desk, b"# nothing\n", replace="yes")).status_code == 422
    assert await texts(desk) == ["casino", "gratta e vinci"]
    taken = await take(desk, out.content + b"word * poker\n", replace="yes")
    assert taken.status_code == 303
    assert await texts(desk) == ["casino", "gratta e vinci", "poker"]
    assert await desk.audited() == [("words.import", None, {"added": 1, "removed": 0, "total": 3})]


async def test_what_an_import_removes_is_asked_about_and_noted(desk) -> None:
    await forbid(desk, *(("phrase", f"{'long ' * 6}{'x' * 60} {n}", "*") for n in range(30)))
    assert "Allow again everything that the file does not have?" in await desk.see(WORDS)
    await take(desk, b"word * poker\n", replace="yes")
    [(_, _, details)] = await desk.audited()
    assert (details["removed"], len(details["texts"])) == (30, 20)
    assert {len(text) for text in details["texts"]} == {80}


async def test_an_import_that_changes_nothing_is_not_noted(desk) -> None:
    await forbid(desk, ("word", "casino", "*"))
    assert (await take(desk, b"word * casino\n")).status_code == 303
    assert await desk.audited() == []


async def test_fifty_of_the_longest_patterns_are_removed_at_once(desk) -> None:
    # Of characters that take three octets each: noted whole, they would not fit the audit trail.
    entries = [("pattern", "\u3042" * 195 + str(n), "*") for n in range(50)]
    await forbid(desk, *entries)
    rows = await desk.gateway.rows("SELECT id FROM forbidden_word")
    removed = await desk.send("/words/remove", {"entry": [str(row["id"]) for row in rows]}, WORDS)
    assert removed.status_code == 303
    assert await texts(desk) == []
    [(_, _, details)] = await desk.audited()
    assert (details["count"], len(details["texts"])) == (50, 20)


async def test_what_is_no_number_of_an_entry_removes_nothing(desk) -> None:
    await forbid(desk, ("word", "casino", "*"))
    for number in ("9" * 5_000, "2147483648", "-1", "one", ""):
        answer = await desk.send("/words/remove", {"entry": number}, WORDS)
        assert answer.status_code == 303, number
    assert await texts(desk) == ["casino"]


async def test_what_a_change_replaced_is_what_stood_there_when_it_was_made(desk) -> None:
    await forbid(desk, ("word", "casino", "*"))
    [row] = await desk.gateway.rows("SELECT id FROM forbidden_word")
    one = f"/words/{row['id']}"
    fields = {"kind": "word", "country": "*"}
    async with desk.gateway.database.transaction() as connection:
        await change_entry(connection, row["id"], make_noted("word", "poker", "*"))
        changing = asyncio.create_task(desk.send(one, {**fields, "text": "roulette"}))
        await until_somebody_waits(desk.gateway.database)
    await changing
    [(_, _, details)] = await desk.audited()
    assert details["before"]["text"] == "poker"


@asynccontextmanager
async def watching_the_loop() -> AsyncIterator[list[float]]:
    """How long the event loop computed something else, each time that it came to its senses.

    In time of its own thread: how long the machine let others compute says nothing of it.
    """
    gaps: list[float] = []

    async def watch() -> None:
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            gaps.append(now - last)
            last = now

    watching = asyncio.create_task(watch())
    yield gaps
    watching.cancel()


async def test_a_long_file_does_not_hold_up_who_else_is_served(desk) -> None:
    lines = [f"phrase * gratta e vinci {number}" for number in range(45_000)]
    begun = time.thread_time()
    parse_lines(lines)
    parse_seconds = time.thread_time() - begun
    async with watching_the_loop() as gaps:
        answer = await take(desk, "\n".join([*lines, "nonsense"]).encode())
    assert answer.status_code == 422
    assert "line 45001" in answer.text
    assert max(gaps) < parse_seconds / 2
