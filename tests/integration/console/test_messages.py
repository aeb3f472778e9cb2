"""An account's messages in the console: its own, as they are, and nothing that a text says runs."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from bulk_hand import BulkHand, italians
from console_account import OPERATOR, Account, opened_account
from console_browser import sign_in
from hand_gateway import FRENCH, ITALIAN, accepted, request
from people_desk import OTTO

from staffetta.domain.environments import Market
from staffetta.messaging.bulk.request import MANY
from staffetta.messaging.connector import ReportMeaning

HOSTILE = "<script>alert(1)</script> & {{ 7 * 7 }}"
OTHER_PHONE = "+393337654321"
LIST = "/console/production/messages"
ALL = {ITALIAN, OTHER_PHONE, FRENCH}


@pytest.fixture
async def account(database, clock) -> AsyncIterator[Account]:
    async with opened_account(database, clock) as one:
        yield one


async def test_a_message_is_listed_and_shown_as_it_stands(account) -> None:
    gateway, olga = account.gateway, account.olga
    claim = await gateway.accept_and_claim(text="Il pacco arriva oggi")
    shown = (await olga.get(LIST)).text
    assert ITALIAN in shown
    assert "Il pacco arriva oggi" in shown
    assert ">being sent<" in shown
    await gateway.settle(claim, accepted("a1"))
    assert ">sent, no report yet<" in (await olga.get(f"{LIST}/rows")).text
    await gateway.report(gateway.delivered("a1"))
    page = await olga.get(f"{LIST}/{claim.recipient_id.hex()}")
    assert page.status_code == 200
    assert ">delivered<" in page.text


async def test_what_a_text_says_is_shown_and_never_run(account) -> None:
    made = await account.gateway.accept(text=HOSTILE)
    for path in (LIST, f"{LIST}/rows", f"{LIST}/{made.message.id.hex()}"):
        shown = (await account.olga.get(path)).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{ 7 * 7 }}" in shown
        assert "<script>alert" not in shown


async def test_another_account_learns_nothing(account) -> None:
    made = await account.gateway.accept(text="only for Olga")
    message_id = made.message.id.hex()
    async with account.browser() as otto:
        await sign_in(otto, OTTO)
        token = account.form_token((await otto.get("/console/sandbox/send")).text)
        assert "only for Olga" not in (await otto.get(LIST)).text
        for tail in ("", "/now"):
            theirs = await otto.get(f"{LIST}/{message_id}{tail}")
            nobodys = await otto.get(f"{LIST}/{'0' * 24}{tail}")
            assert theirs.status_code == nobodys.status_code == 404
            assert theirs.text.replace(message_id, "0" * 24) == nobodys.text
        tried = await otto.post(f"{LIST}/{message_id}/cancel", data={"form_token": token})
        assert tried.status_code == 404


async def test_a_message_of_one_environment_is_not_in_the_other(account) -> None:
    made = await account.gateway.accept()
    elsewhere = f"/console/sandbox/messages/{made.message.id.hex()}"
    assert (await account.olga.get(elsewhere)).status_code == 404


SEARCHES: tuple[tuple[dict[str, str], set[str]], ...] = (
    ({}, ALL),
    ({"number": ITALIAN}, {ITALIAN}),
    ({"number": "0039 333 123 4567"}, {ITALIAN}),
    ({"number": f" {ITALIAN[1:]}"}, {ITALIAN}),
    ({"group": "waiting"}, {ITALIAN, FRENCH}),
    ({"group": "sent"}, {OTHER_PHONE}),
    ({"group": "delivered"}, set()),
    ({"group": "cancelled"}, set()),
    ({"sender": "ACME"}, {ITALIAN, OTHER_PHONE}),
    ({"sender": "lasosta"}, {FRENCH}),
    ({"text": "PACCO"}, {ITALIAN}),
    ({"text": "100% "}, {FRENCH}),
    ({"text": "100_"}, set()),
    ({"text": "pacco", "sender": "LaSosta"}, set()),
    ({"group": "waiting", "text": "100%"}, {FRENCH}),
    ({"until": "2026-03-14"}, ALL),
    ({"until": "2026-03-01"}, set()),
    ({"since": "2026-03-14", "until": "2026-03-14"}, ALL),
)


async def test_messages_are_searched(account) -> None:
    gateway = account.gateway
    claim = await gateway.accept_and_claim(recipient=OTHER_PHONE)
    await gateway.settle(claim, accepted("f1"))
    await gateway.accept(text="Il pacco arriva")
    await gateway.accept(
        recipient=FRENCH, market=Market.WORLD, sender="LaSosta", text="rabais 100% vrai"
    )
    for search, found in SEARCHES:
        shown = (await account.olga.get(LIST, params=search)).text
        assert {number for number in ALL if f">{number}</a>" in shown} == found, search


ADD_TRIALS = """
INSERT INTO message
SELECT made.*
  FROM message
 CROSS JOIN generate_series(1, $2) AS number
 CROSS JOIN LATERAL jsonb_populate_record(message, jsonb_build_object(
       'id', '\\x' || encode(substring(message.id FROM 1 FOR 4), 'hex') || 'ffff'
             || lpad(to_hex(number), 12, '0'))) AS made
 WHERE message.id = $1
RETURNING 1
"""


async def test_a_list_goes_over_few_trials_at_a_time_and_leads_on(account) -> None:
    gateway = account.gateway
    await gateway.accept()
    trial = await gateway.accept(dry_run=True)
    await gateway.rows(ADD_TRIALS, trial.message.id, 6_000)
    first = (await account.olga.get(LIST)).text
    assert "None among those that were looked at. There are older ones." in first
    older = first.split('id="older" rel="next" href="', 1)[1].split('"', 1)[0]
    assert ITALIAN in (await account.olga.get(older.replace("&amp;", "&"))).text


async def test_a_search_that_cannot_be_made_says_why(account) -> None:
    for search in (
        {"number": "hello"},
        {"number": "333 1234567"},
        {"since": "yesterday"},
        {"number": "<b>+39</b>"},
        {"since": "2026-01-01", "until": "2026-03-01"},
        {"since": "2026-03-15"},
        {"since": "0001-01-01"},
        {"before": "xyz"},
        {"text": "\0", "since": "2026-02-30"},
    ):
        answer = await account.olga.get(LIST, params=search)
        assert answer.status_code == 200, search
        assert 'role="alert"' in answer.text, search
        assert "<b>+39" not in answer.text


async def test_a_search_for_anything_breaks_nothing(account) -> None:
    for text in ("\0", "%", "\\", "'; DROP TABLE message", "\N{WAVING HAND SIGN}", "x" * 2000):
        answer = await account.olga.get(LIST, params={"text": text, "sender": text})
        assert answer.status_code == 200
        assert "No message is like this" in answer.text


@pytest.mark.parametrize("path", ["/console/staging/messages", f"{LIST}/xyz", f"{LIST}/xyz/now"])
async def test_what_does_not_exist_is_not_there(account, path) -> None:
    assert (await account.olga.get(path)).status_code == 404


async def test_the_environment_stands_on_every_page(account) -> None:
    production, sandbox = [
        (await account.olga.get(f"/console/{name}/messages")).text
        for name in ("production", "sandbox")
    ]
    assert 'class="in production"' in production
    assert "real money" in production
    assert 'class="in sandbox"' in sandbox


async def test_the_first_page_is_of_the_sandbox(account) -> None:
    answer = await account.olga.get("/console")
    assert answer.headers["location"] == "/console/sandbox/overview"


async def test_a_list_is_sent_again_only_when_it_has_changed(account) -> None:
    await account.gateway.accept()
    shown = (await account.olga.get(LIST)).text
    seen = shown.split("seen=", 1)[1].split('"', 1)[0]
    rows = f"{LIST}/rows"
    assert (await account.olga.get(rows, params={"seen": seen})).status_code == 204
    await account.gateway.accept(recipient=OTHER_PHONE)
    again = await account.olga.get(rows, params={"seen": seen})
    assert again.status_code == 200
    assert OTHER_PHONE in again.text


async def test_pages_go_on_where_the_last_one_ended(account) -> None:
    bulk = BulkHand(account.gateway)
    for count in range(120):
        await bulk.post(italians(1, first=count))
    seen: list[str] = []
    path = f"{LIST}?number=&group=waiting"
    for _ in range(3):
        shown = (await account.olga.get(path)).text
        seen += [part.split("<", 1)[0] for part in shown.split('">+39')[1:]]
        older = shown.split('id="older" rel="next" href="', 1)
        path = older[1].split('"', 1)[0].replace("&amp;", "&") if len(older) == 2 else ""
    assert path == ""
    assert len(seen) == len(set(seen)) == 120


async def test_the_timeline_tells_an_account_what_is_its_own(account) -> None:
    gateway = account.gateway
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, accepted("carriers-id-7"))
    await gateway.report(gateway.delivered("carriers-id-7"))
    page = (await account.olga.get(f"{LIST}/{claim.recipient_id.hex()}")).text
    for sentence in (
        "Accepted, from ACME.",
        "GSM-7; characters: 5; segments: 1.",
        "A way to IT was chosen.",
        "Charged",
        "€0.03",
        "Try 1 to send it.",
        "The carrier took segment 1 of 1.",
        "Report: segment 1 is delivered",
        "Delivered.",
    ):
        assert sentence in page, sentence
    for secret in ("carriers-id-7", "CARRIERS-ID-7", ">carrier<", "by carrier", "process", "turn"):
        assert secret not in page.split('class="timeline"', 1)[1], secret


async def test_a_message_that_waits_is_taken_back_once(account) -> None:
    gateway = account.gateway
    later = gateway.clock.now() + timedelta(hours=1)
    made = await gateway.accept(send_at=later)
    path = f"{LIST}/{made.message.id.hex()}"
    assert "Take it back" in (await account.olga.get(path)).text
    answer = await account.post(f"{path}/cancel")
    assert answer.headers["location"].endswith("done=cancelled")
    assert ">cancelled<" in (await account.olga.get(path)).text
    assert (await account.post(f"{path}/cancel")).headers["location"].endswith("done=too-late")
    await gateway.books_hold()


async def test_a_message_to_many_is_taken_back_and_stays_paid(account) -> None:
    bulk, later = BulkHand(account.gateway), account.gateway.clock.now() + timedelta(hours=1)
    for is_open, told in ((False, "€0.06 stay charged"), (True, "Take this message back?")):
        made = await bulk.post(italians(2), due_at=later, is_open=is_open)
        path = f"{LIST}/{made.message_id.hex()}"
        shown = (await account.olga.get(path)).text
        assert told in shown.split('data-confirm="', 1)[1].split('"', 1)[0]
        assert ("stay charged" in shown) == (not is_open)
        answer = await account.post(f"{path}/cancel")
        done = "cancelled" if is_open else "cancelled-many"
        assert answer.headers["location"].endswith(f"done={done}")
        notice = (await account.olga.get(answer.headers["location"])).text
        assert ("What it cost stays charged." in notice) == (not is_open)


async def test_a_page_looks_again_as_soon_as_something_may_have_changed(account) -> None:
    gateway = account.gateway

    async def again(message_id: bytes) -> str:
        page = (await account.olga.get(f"{LIST}/{message_id.hex()}")).text
        return page.split('data-again="', 1)[1].split('"', 1)[0]

    claim = await gateway.accept_and_claim()
    assert await again(claim.recipient_id) == "2"
    await gateway.settle(claim, accepted("u1"))
    await gateway.report(gateway.delivered("u1", ReportMeaning.UNDELIVERABLE))
    assert await again(claim.recipient_id) == "60"
    few = await BulkHand(gateway).post(italians(2))
    assert await again(few.message_id) == "2"
    many = await BulkHand(gateway).post(italians(MANY))
    assert await again(many.message_id) == "10"
    await gateway.rows("UPDATE recipient SET state = 'expired' WHERE id <> message_id RETURNING id")
    assert await again(many.message_id) == "60"


async def test_a_place_in_a_list_that_no_list_has_is_its_begin(account) -> None:
    many = await BulkHand(account.gateway).post(italians(2))
    for place in ("9" * 5000, "-1", "x", "²"):
        shown = await account.olga.get(f"{LIST}/{many.message_id.hex()}", params={"from": place})
        assert shown.status_code == 200, place


async def test_a_message_under_way_cannot_be_taken_back(account) -> None:
    claim = await account.gateway.accept_and_claim()
    path = f"{LIST}/{claim.recipient_id.hex()}"
    assert "Take it back" not in (await account.olga.get(path)).text
    assert (await account.post(f"{path}/cancel")).headers["location"].endswith("done=too-late")


async def test_a_message_to_many_shows_its_recipients_by_state(account) -> None:
    bulk = BulkHand(account.gateway)
    sent = await bulk.post(
        [
            *italians(120),
            {"number": "+39-3339999999", "fields": {"name": HOSTILE}},
            "nonsense",
        ],
        body="Ciao {{name}}",
    )
    path = f"{LIST}/{sent.message_id.hex()}"
    shown = (await account.olga.get(path)).text
    assert "<h1>121 recipients" in shown
    assert "nonsense" in shown
    assert shown.count('id="one-') == 100
    more = (await account.olga.get(path, params={"from": "100", "group": "waiting"})).text
    assert more.count('id="one-') == 21
    assert "None." in (await account.olga.get(path, params={"group": "failed"})).text
    listed = (await account.olga.get(LIST)).text
    assert "121 recipients" in listed
    found = (await account.olga.get(LIST, params={"number": "+393339999999"})).text
    target = found.split('id="line-', 1)[1].split('href="', 1)[1].split('"', 1)[0]
    one = (await account.olga.get(target)).text
    assert "Ciao &lt;script&gt;" in one
    assert "<script>alert" not in one
    assert (await account.olga.get(path, params={"recipient": "0" * 24})).status_code == 404


async def test_a_message_to_many_that_waits_is_taken_back(account) -> None:
    bulk = BulkHand(account.gateway)
    later = account.gateway.clock.now() + timedelta(hours=1)
    sent = await bulk.post(italians(3), due_at=later)
    path = f"{LIST}/{sent.message_id.hex()}"
    answer = await account.post(f"{path}/cancel")
    assert answer.headers["location"].endswith("done=cancelled-many")
    assert ">cancelled<" in (await account.olga.get(path)).text


async def test_a_trial_is_shown_for_a_day(account) -> None:
    gateway = account.gateway
    made = await gateway.acceptor.accept(gateway.space, request(dry_run=True), gateway.clock.now())
    path = f"{LIST}/{made.message.id.hex()}"
    assert "nothing is sent" in (await account.olga.get(path)).text
    assert ITALIAN not in (await account.olga.get(LIST)).text
    gateway.clock.advance(24 * 3600 + 1)
    await sign_in(account.olga, OPERATOR.parse("olga@example.com"))
    assert (await account.olga.get(path)).status_code == 404


async def test_an_operator_finds_any_message_with_everything(account) -> None:
    gateway = account.gateway
    claim = await gateway.accept_and_claim(text="Il pacco " + HOSTILE)
    await gateway.settle(claim, accepted("carriers-id-7"))
    message_id, operate = claim.recipient_id.hex(), "/console/operate/messages"
    async with account.browser() as oscar:
        await sign_in(oscar, OPERATOR)
        led = await oscar.get(operate, params={"q": message_id.upper()})
        assert led.headers["location"] == f"{operate}/{message_id}"
        found = (await oscar.get(operate, params={"q": ITALIAN})).text
        assert f"{operate}/{message_id}" in found
        page = (await oscar.get(f"{operate}/{message_id}")).text
        assert "CARRIERS-ID-7" in page
        assert "alice@example.com" in page
        assert "Il pacco" not in page
        page = (await oscar.get(f"{operate}/{message_id}", params={"text": "1"})).text
        assert "Il pacco &lt;script&gt;" in page
        assert "<script>alert" not in page
        for wrong in ("0" * 24, "xyz"):
            assert (await oscar.get(f"{operate}/{wrong}")).status_code == 404
        for odd in ("<b>", "\0", "x" * 500, "+1"):
            assert (await oscar.get(operate, params={"q": odd})).status_code == 200
    assert (await account.olga.get(f"{operate}/{message_id}")).status_code == 403
