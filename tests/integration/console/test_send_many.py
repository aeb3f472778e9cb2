"""Sending to many in the console: files as people have them, counted before and sent once."""

import re
import time
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from console_account import Account, opened_account
from console_browser import sign_in
from people_desk import OTTO

from staffetta.messaging.recipient_files.store import forget_files_once

MANY = "/console/sandbox/send/many"
HOSTILE = "<script>alert(1)</script>"
FILE = "number;name\n+39 333 1234567;Anna\n0039-333-7654321;Zoè\nnonsense;Bob\n+393331234567;Anna\n"
GOOD = {"heading": "yes", "column": "0", "separator": "semicolon", "key": "form-1"}


@pytest.fixture
async def account(database, clock) -> AsyncIterator[Account]:
    async with opened_account(database, clock) as one:
        yield one


async def bring(account: Account, content: str | bytes, path: str = MANY) -> str:
    """Bring a file, and answer where the form for its text is."""
    octets = content.encode() if isinstance(content, str) else content
    answer = await account.post(path, files={"file": ("list.csv", octets, "text/csv")})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def shown_in(page: str) -> dict[str, str]:
    """What a page that asks has shown, as its form says it, and a yes."""
    found = dict(re.findall(r'name="(shown_[a-z]+)" value="([^"]*)"', page))
    assert len(found) == 3, page
    return {**found, "confirmed": "yes"}


async def confirm(account: Account, form: str, **fields: str) -> httpx.Response:
    """Ask, then say yes to what is shown."""
    asked = await account.post(form, **fields)
    return await account.post(form, **fields | shown_in(asked.text))


async def bodies(account: Account) -> list[tuple[str, str]]:
    rows = await account.gateway.rows(
        "SELECT number, coalesce(fields ->> 'name', '') AS name, state::text AS state"
        " FROM recipient ORDER BY position"
    )
    return [(row["number"], row["name"]) for row in rows]


async def test_a_file_is_mapped_counted_confirmed_and_sent(account) -> None:
    form = await bring(account, FILE)
    page = (await account.olga.get(form)).text
    assert "{{name}}" in page
    assert 'value="yes" checked' in page
    asked = await account.post(form, **GOOD | {"text": "Ciao {{name}}!"})
    assert asked.status_code == 200
    for told in (
        "To 2 recipients",
        "€0.10",
        "1 line holds no number",
        "line 4",
        "nonsense",
        "1 number is there twice",
        "line 5",
        "Ciao Anna!",
    ):
        assert told in asked.text, told
    assert await bodies(account) == []
    sent = await account.post(form, **GOOD | {"text": "Ciao {{name}}!"} | shown_in(asked.text))
    assert sent.status_code == 303
    assert await bodies(account) == [("+393331234567", "Anna"), ("+393337654321", "Zoè")]
    shown = (await account.olga.get(sent.headers["location"])).text
    assert "<h1>2 recipients" in shown


async def test_a_form_sent_twice_sends_once(account) -> None:
    form = await bring(account, FILE)
    fields = GOOD | {"text": "Ciao"}
    fields |= shown_in((await account.post(form, **fields)).text)
    first, second = [await account.post(form, **fields) for _ in range(2)]
    assert second.headers["location"].split("?") == [
        first.headers["location"].split("?")[0],
        "done=already",
    ]
    changed = await account.post(form, **fields | {"text": "Something else"})
    assert changed.status_code == 422
    assert "This form was sent before" in changed.text
    assert len(await bodies(account)) == 2


async def test_files_are_read_however_they_are_written(account) -> None:
    written = {
        "utf-8 with its mark": FILE.encode("utf-8-sig"),
        "windows-1252": FILE.encode("cp1252"),
        "utf-16, as a spreadsheet's text": FILE.replace(";", "\t").encode("utf-16"),
        "commas, and lines of windows": FILE.replace(";", ",").replace("\n", "\r\n").encode(),
        "old lines": FILE.replace("\n", "\r").encode(),
        "quoted": 'number;name\n"+39 333 1234567";"An;na"\n+393337654321;Zoè\n'.encode(),
    }
    for how, octets in written.items():
        form = await bring(account, octets)
        page = (await account.olga.get(form)).text
        separator = page.split('id="separator"', 1)[1].split(" selected", 1)[0].rsplit('"', 2)[1]
        fields = GOOD | {"separator": separator, "text": "Ciao {{name}}", "key": how}
        looked = (await account.post(f"{form}/look", **fields)).text
        assert "Ciao Zoè" in looked, how
        assert "no number" not in looked.split("Zoè", 1)[0], how


async def test_numbers_without_a_country_get_one(account) -> None:
    form = await bring(account, "333 1234567\n06 12 34 56 78\n")
    fields = {"column": "0", "separator": "comma", "text": "x", "key": "k"}
    assert (await account.post(form, **fields)).status_code == 422
    italian = (await account.post(form, **fields | {"country": "IT"})).text
    assert "+393331234567" in italian
    french = (await account.post(f"{form}/look", **fields | {"country": "FR"})).text
    assert "+33612345678" in french


async def test_any_row_is_shown_by_its_number(account) -> None:
    rows = "".join(f"+39333{count:07d};name{count}\n" for count in range(4000))
    form = await bring(account, rows)
    fields = GOOD | {"heading": "", "text": "Ciao {{column2}}", "row": "3500"}
    looked = (await account.post(f"{form}/look", **fields)).text
    assert "Ciao name3499" in looked
    assert "line 3500" in looked


async def test_a_hundred_thousand_rows_are_counted_and_sent(account) -> None:
    rows = "".join(f"+39333{count:07d};name {count}\n" for count in range(100_000))
    form = await bring(account, rows)
    fields = GOOD | {"heading": "", "text": "Ciao {{column2}}"}
    await account.gateway.rows(
        "UPDATE wallet SET balance_micro = 100000000000 WHERE space_id = $1 RETURNING space_id",
        account.sandbox_id,
    )
    started = time.monotonic()
    asked = await account.post(form, **fields)
    assert "To 100,000 recipients" in asked.text
    assert "€5,000.00" in asked.text
    assert time.monotonic() - started < 60
    sent = await account.post(form, **fields | shown_in(asked.text))
    assert sent.status_code == 303
    assert "<h1>100,000 recipients" in (await account.olga.get(sent.headers["location"])).text


async def test_more_rows_than_may_be_are_refused(account) -> None:
    octets = b"+393331234567\n" * 100_002
    answer = await account.post(MANY, files={"file": ("list.csv", octets, "text/csv")})
    assert answer.status_code == 422
    assert "more than 100000 rows" in answer.text


async def test_what_is_no_list_is_refused(account) -> None:
    for octets, said in (
        (b"", "Choose a file"),
        (b"\n\n \n", "Choose a file"),
        (b"PK\x03\x04\0\0\0", "the file is no text"),
        (b"x" * 9_000_000, "too large"),
        (b"a," * 200, "more than 100 columns"),
        (b'"' + b"x" * 200_000, "cannot be read"),
    ):
        answer = await account.post(MANY, files={"file": ("<b>.csv", octets, "text/csv")})
        assert answer.status_code in (413, 422), said
        assert said in answer.text
        assert "<b>.csv" not in answer.text


async def test_what_a_file_holds_is_shown_and_never_run(account) -> None:
    form = await bring(account, f"number;{HOSTILE}\n{HOSTILE};{HOSTILE}\n+393331234567;{HOSTILE}\n")
    fields = GOOD | {"text": "{{_script_alert_1_script_}} {{ 7 * 7 }}" + HOSTILE, "sender": HOSTILE}
    name = (await account.olga.get(form)).text.split("2: ", 1)[1].split("<", 1)[0]
    fields["text"] = f"{{{{{name}}}}} {HOSTILE}"
    for path, more in ((f"{form}/look", {}), (form, {}), (form, {"sender": "ACME"})):
        shown = (await account.post(path, **fields | more)).text
        assert "<script>alert" not in shown
        assert "&lt;script&gt;" in shown


async def test_refusals_stand_beside_their_fields(account) -> None:
    form = await bring(account, FILE)
    for changes, field in (
        ({"sender": "x"}, "sender"),
        ({"text": "x" * 3000}, "text"),
        ({"send_at": "never"}, "send_at"),
    ):
        answer = await account.post(form, **GOOD | {"text": "Ciao"} | changes)
        assert answer.status_code == 422, changes
        assert f'id="{field}-problem"' in answer.text, changes


async def test_credit_that_is_too_low_offers_no_button_and_sends_nothing(account) -> None:
    await account.gateway.rows(
        "UPDATE wallet SET held_micro = balance_micro WHERE space_id = $1 RETURNING space_id",
        account.sandbox_id,
    )
    form = await bring(account, FILE)
    asked = await account.post(form, **GOOD | {"text": "Ciao"})
    assert "The credit is not enough" in asked.text
    assert 'name="confirmed"' not in asked.text
    yes = {"confirmed": "yes", "shown_price": "100000", "shown_count": "2"}
    tried = await account.post(form, **GOOD | {"text": "Ciao", "sender": "ACME"} | yes)
    assert tried.status_code == 200
    yes["shown_sender"] = "ACME"
    tried = await account.post(form, **GOOD | {"text": "Ciao", "sender": "ACME"} | yes)
    assert tried.status_code == 422
    assert await bodies(account) == []


async def test_what_has_changed_since_it_was_shown_is_asked_again(account) -> None:
    form = await bring(account, FILE)
    fields = GOOD | {"text": "Ciao"}
    yes = shown_in((await account.post(form, **fields)).text)
    gateway = account.gateway
    await gateway.rows("UPDATE route SET price_micro = 2 * price_micro RETURNING connector_id")
    await gateway.snapshots.refresh_once()
    for changes in ({}, {"shown_sender": "Another"}, {"shown_count": "3"}, {"shown_price": "x"}):
        asked = await account.post(form, **fields | yes | changes)
        assert asked.status_code == 200, changes
        assert "€0.20" in asked.text, changes
        assert ("this is not what was shown before" in asked.text) == ("shown_price" not in changes)
    assert await bodies(account) == []
    sent = await account.post(form, **fields | shown_in(asked.text))
    assert sent.status_code == 303
    assert len(await bodies(account)) == 2


async def test_segments_are_those_of_who_gets_the_message(account) -> None:
    form = await bring(account, "+393331234567\n+33612345678\n")
    await account.gateway.rows(
        "UPDATE route SET country = 'IT' WHERE environment = 'sandbox' RETURNING country"
    )
    await account.gateway.snapshots.refresh_once()
    fields = {"column": "0", "separator": "comma", "text": "Ciao", "key": "k"}
    asked = " ".join((await account.post(form, **fields)).text.split())
    assert "To 1 recipient, from" in asked
    assert "1 segment." in asked
    assert "<dt>1 segment</dt><dd>1 recipient</dd>" in asked


async def test_a_line_with_too_much_to_fill_in_is_told_apart(account) -> None:
    form = await bring(account, f"+393331234567;{'x' * 4900}\n+393337654321;y\nnobody;z\n")
    fields = GOOD | {"heading": "", "text": "Ciao {{column2}}"}
    asked = (await account.post(form, **fields)).text
    assert "1 line holds no number" in asked
    assert "1 line has more to be filled in than a message keeps" in asked


async def test_a_text_with_too_many_placeholders_is_filled_in_for_nobody(account) -> None:
    form = await bring(account, f"+393331234567;{'x' * 4900}\n")
    fields = GOOD | {"heading": "", "text": "{{column2}}" * 4000}
    looked = await account.post(f"{form}/look", **fields)
    assert "xxx" not in looked.text
    fields["text"] = "{{column2}}"  # more than ten segments
    looked = await account.post(f"{form}/look", **fields)
    assert "This text cannot be sent: it is empty or too long." in looked.text
    fields["text"] = "{{column2}}" * 4000
    assert (await account.post(form, **fields)).status_code == 422


async def test_a_file_of_empty_lines_is_refused_and_keeps_nobody_waiting(account) -> None:
    octets = b"+393331234567\n" + b"\n" * 2_000_000
    answer = await account.post(MANY, files={"file": ("list.csv", octets, "text/csv")})
    assert answer.status_code == 422
    assert "rows are empty" in answer.text


async def test_a_file_that_another_separator_makes_unreadable_shows_no_rows(account) -> None:
    form = await bring(account, "number;name\n+393331234567;" + "," * 150 + "\n")
    for path in (f"{form}/look", form):
        shown = await account.post(path, **GOOD | {"separator": "comma", "text": "{{column2}}"})
        assert shown.status_code in (200, 422)
        assert "more than 100 columns" in shown.text


async def test_what_is_too_long_to_be_typed_is_not_cut(account) -> None:
    answer = await account.post(MANY, numbers="+39 333 1234567\n" * 130_000)
    assert answer.status_code == 422
    assert "This is too long to be typed" in answer.text


async def test_messages_for_later_wait(account) -> None:
    form = await bring(account, FILE)
    later = {"send_at": "2026-03-15T10:00", "send_at_utc": "2026-03-15T09:00:00.000Z"}
    await confirm(account, form, **GOOD | later | {"text": "Ciao"})
    (row,) = await account.gateway.rows("SELECT DISTINCT state::text AS state FROM recipient")
    assert row["state"] == "scheduled"


async def test_a_file_is_for_its_person_in_its_environment_for_a_day(account, database) -> None:
    form = await bring(account, FILE)
    file_id = form.rsplit("/", 1)[1]
    elsewhere = f"/console/production/send/many/{file_id}"
    assert (await account.olga.get(elsewhere)).status_code == 404
    async with account.browser() as otto:
        await sign_in(otto, OTTO)
        assert (await otto.get(form)).status_code == 404
    for wrong in ("0" * 32, "xyz", "0" * 31):
        assert (await account.olga.get(f"{MANY}/{wrong}")).status_code == 404
    later = account.gateway.clock.now() + timedelta(days=1)
    assert await forget_files_once(database, account.gateway.clock.now()) == 0
    assert await forget_files_once(database, later) == 1
    assert (await account.olga.get(form)).status_code == 404


async def test_only_the_newest_files_of_a_person_are_kept(account) -> None:
    forms = []
    for _ in range(5):
        forms.append(await bring(account, FILE))
        account.gateway.clock.advance(1)
    found = [(await account.olga.get(form)).status_code for form in forms]
    assert found == [404, 404, 200, 200, 200]


async def test_numbers_can_be_typed_in_the_place_of_a_file(account) -> None:
    answer = await account.post(MANY, numbers="+39 333 1234567\r\n+39 333 7654321\r\n")
    assert answer.status_code == 303
    fields = {"column": "0", "separator": "comma", "text": "Now!", "flash": "yes", "key": "k"}
    sent = await confirm(account, answer.headers["location"], **fields)
    assert sent.status_code == 303
    (row,) = await account.gateway.rows("SELECT flash FROM message")
    assert row["flash"]
    assert len(await bodies(account)) == 2
