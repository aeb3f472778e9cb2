"""A carrier is added step by step: made stopped, checked by a dispatch process, applied, opened."""

import asyncio
import socket
from contextlib import suppress
from typing import Any, Final

import httpx
import pytest
from hand_gateway import Gateway, make_process
from operator_desk import OPERATE, Desk, hidden_fields
from running_network import running_network
from scripted_esme import until

from staffetta.app.carrier_desk import connector_settings
from staffetta.app.checking import Checker
from staffetta.connectors.simulated.spellings import IdSpelling, ReportForm
from staffetta.routing.change_connector import open_secrets
from staffetta.routing.checks import newest_check, take_check

NEW: Final = "/connectors/new"
ACME: Final = "/connectors/production/acme"
CHECK: Final = f"{ACME}/check"
PHONE: Final = "+393331230000"
# A sequence moves also where a transaction is undone.
REFUSE_THE_FIRST_END: Final = (
    "CREATE SEQUENCE ends",
    """
    CREATE FUNCTION refuse_the_first() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('ends') = 1 THEN
            RAISE EXCEPTION 'later' USING ERRCODE = 'lock_not_available';
        END IF;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER refuse_the_first BEFORE UPDATE OF ended_at ON connector_check
       FOR EACH ROW EXECUTE FUNCTION refuse_the_first()
    """,
)


def checker(gateway: Gateway, owner: int | None = None) -> Checker:
    """What the dispatch role runs checks with."""
    return Checker(
        gateway.database,
        gateway.clock,
        owner or gateway.owner,
        settings_of=lambda stored: connector_settings(
            stored, open_secrets(gateway.keyring, stored), 10.0
        ),
        default_sender="Staffetta",
        is_steady=lambda: True,
    )


async def add(desk: Desk, port: int = 2775, **form: str) -> httpx.Response:
    """Send the form of the first step."""
    typed = {"name": "acme", "host": "127.0.0.1", "port": str(port), "system_id": "gw"}
    return await desk.send(NEW, {**typed, "password": "secret", "bind": "transceiver", **form})


async def ask(desk: Desk, **form: str) -> httpx.Response:
    """Send the form of the second step, and agree to what it sends where that is asked."""
    answer = await desk.send(CHECK, {"wait": "60", **form})
    if "I agree: send them" not in answer.text:
        return answer
    agreed = hidden_fields(answer.text, f"{OPERATE}{CHECK}")
    return await desk.browser.post(f"{OPERATE}{CHECK}", data=agreed)


async def acme(gateway: Gateway) -> Any:
    (row,) = await gateway.rows("SELECT * FROM connector WHERE name = 'acme'")
    return row


async def test_a_carrier_is_made_stopped_with_its_password_sealed(gateway, desk) -> None:
    answer = await add(desk, password="much longer", system_type="OTA", bind="pair")
    assert answer.headers["location"] == f"{OPERATE}{CHECK}"
    row = await acme(gateway)
    assert (row["enabled"], row["environment"], row["port"]) == (False, "production", 2775)
    assert row["settings"] == {"long_password": True, "system_type": "OTA", "bind": "pair"}
    assert b"much longer" not in row["password"]
    assert "much longer" not in await desk.see(ACME)
    told = {"connector": "acme", "environment": "production"}
    assert await desk.audited() == [("connector.add", None, told)]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "a b", "cannot name a connector"),
        ("name", "carrier", "has a connector named carrier already"),
        ("host", "not a host!", "is not a host"),
        ("port", "many", "the port is a number"),
        ("port", "70000", "lies between 1 and 65535"),
        ("system_id", "x" * 16, "has 16 characters"),
    ],
    ids=["blank", "taken", "host", "word", "port", "long"],
)
async def test_what_is_wrong_is_said_beside_its_field(
    gateway, desk, field, value, sentence
) -> None:
    answer = await add(desk, **{field: value})
    assert answer.status_code == 422
    start = answer.text.index(f'id="{field}-problem"')
    assert sentence in answer.text[start : start + 200]
    assert await gateway.rows("SELECT FROM connector WHERE name <> 'carrier'") == []


async def test_nothing_is_sent_before_the_whole_sum_of_it_is_agreed_to(gateway, desk) -> None:
    await add(desk)
    assert "charges for what is sent" in await desk.see(CHECK)
    form = {"numbers": f"{PHONE} {PHONE[:-1]}1", "burst": "100", "wait": "5"}
    shown = await desk.send(CHECK, form)
    assert shown.status_code == 200
    assert "126 segments in all." in shown.text  # 13 to each phone, and the burst
    assert await gateway.rows("SELECT FROM connector_check") == []
    agreed = hidden_fields(shown.text, f"{OPERATE}{CHECK}")
    # What was agreed to is not what would be sent now.
    other = await desk.browser.post(f"{OPERATE}{CHECK}", data={**agreed, "burst": "200"})
    assert "226 segments in all." in other.text
    assert await gateway.rows("SELECT FROM connector_check") == []
    await desk.browser.post(f"{OPERATE}{CHECK}", data=agreed)
    [(action, _, details), _] = await desk.audited()
    assert action == "connector.check"
    assert (details["numbers"], details["burst"], details["segments"]) == (2, 100, 126)


async def test_a_carrier_is_checked_applied_routed_and_started(gateway, desk) -> None:
    spelling = {"ids": IdSpelling.HEXADECIMAL_DECIMAL, "report_form": ReportForm.TEXT}
    async with running_network(**spelling) as network:
        await add(desk, network.port)
        async with gateway.database.transaction() as connection:
            await connection.execute("UPDATE connector SET rate_per_second = 0")
        await ask(desk, numbers=f"{PHONE}, {PHONE}")
        assert "waits for a dispatch process" in await desk.see(f"{CHECK}/live")
        assert await checker(gateway).check_once() == 1
    shown = await desk.see(CHECK)
    assert "The check came to its end" in shown
    assert "plain text, sender with letters" in shown
    assert "report_ids = decimal" in shown
    assert "Reports name messages in this form" in shown
    assert (await acme(gateway))["settings"] == {}
    ticked = {"setting": ["submit_ids", "report_ids"]}
    applied = await desk.send(f"{CHECK}/apply", ticked, page=CHECK)
    assert applied.headers["location"] == f"{OPERATE}{ACME}/open"
    assert (await acme(gateway))["settings"] == {
        "submit_ids": "hexadecimal",
        "report_ids": "decimal",
    }
    nowhere = await desk.send(f"{ACME}/open", {"start": "yes"})
    assert "no country is named" in nowhere.text
    opened = {"countries": "it", "price": "0.025", "start": "yes"}
    done = await desk.send(f"{ACME}/open", opened)
    assert done.headers["location"] == f"{OPERATE}{ACME}?done=started"
    assert (await acme(gateway))["enabled"] is True
    assert [action for action, _, _ in await desk.audited()] == [
        "connector.start",
        "connector.route_add",
        "connector.set",
        "connector.check",
        "connector.add",
    ]


async def test_what_the_phone_shows_decides_what_no_report_tells(gateway, desk) -> None:
    async with running_network(report_form=ReportForm.TLVS) as network:
        await add(desk, network.port)
        async with gateway.database.transaction() as connection:
            await connection.execute("UPDATE connector SET rate_per_second = 0")
        await ask(desk, numbers=PHONE)
        await checker(gateway).check_once()
    assert "What does it show?" in await desk.see(CHECK)
    answers = {"setting": "none", "answer-alphabet": "1", "answer-long": "2"}
    await desk.send(f"{CHECK}/apply", answers, page=CHECK)
    assert (await acme(gateway))["settings"] == {"alphabet": "latin1", "long_messages": "sar"}


async def test_a_carrier_that_is_not_there_is_said_so_with_what_to_do(gateway, desk) -> None:
    with socket.socket() as taken:  # who holds a port and does not listen refuses all who call
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        await add(desk, port)
        await ask(desk)
        await checker(gateway).check_once()
    shown = await desk.see(CHECK)
    assert "The carrier was not reached" in shown
    assert f"no connection to 127.0.0.1:{port}" in shown
    assert "check host and port" in shown
    assert "Change the connection" in shown
    assert "Settings to apply" not in shown
    assert "Check again" in await desk.see(f"{CHECK}/live")


async def test_one_check_of_a_connector_at_a_time(gateway, desk) -> None:
    await add(desk)
    await ask(desk)
    again = await desk.browser.post(
        f"{OPERATE}{CHECK}", data={"form_token": await form_token(desk), "wait": "5"}
    )
    assert again.status_code == 422
    assert "A check of this connector is under way" in again.text
    assert len(await gateway.rows("SELECT FROM connector_check")) == 1


async def form_token(desk: Desk) -> str:
    shown = await desk.see(NEW)
    return shown.partition('name="form_token" value="')[2].partition('"')[0]


async def test_the_death_of_the_process_that_runs_a_check_ends_it(gateway, desk) -> None:
    await add(desk)
    await ask(desk)
    dead = await make_process(gateway.database)
    async with gateway.database.transaction() as connection:
        taken = await take_check(connection, dead, gateway.clock.now())
        assert taken is not None
        await connection.execute(
            "UPDATE process SET ended_at = clock_timestamp() WHERE id = $1", dead
        )
    assert "The check runs" in await desk.see(CHECK)
    assert await checker(gateway).check_once() == 0
    assert "ended before the check did" in await desk.see(CHECK)


async def test_a_check_that_is_cut_says_so(gateway, desk) -> None:
    async with running_network(delivery_seconds=3600.0) as network:
        await add(desk, network.port)
        await ask(desk, numbers=PHONE, wait="600")
        running = asyncio.create_task(checker(gateway).check_once())
        await until(lambda: network.accepted_count > 0)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    async with gateway.database.acquire() as connection:
        check = await newest_check(connection, (await acme(gateway))["id"])
    assert check is not None
    assert not check.is_open
    assert "stopped while the check ran" in check.fault


async def test_a_stale_page_applies_nothing(gateway, desk) -> None:
    async with running_network() as network:
        await add(desk, network.port)
        await ask(desk)
        await checker(gateway).check_once()
        stale = {"setting": "report_ids", "check": "999999"}
        answer = await desk.send(f"{CHECK}/apply", stale, page=CHECK)
    assert answer.status_code == 422
    assert "another check was made meanwhile" in answer.text


async def test_what_is_learned_is_stored_when_the_database_is_back(gateway, desk) -> None:
    async with running_network() as network:
        await add(desk, network.port)
        await ask(desk)
        async with gateway.database.transaction() as connection:
            for statement in REFUSE_THE_FIRST_END:
                await connection.execute(statement)
        assert await checker(gateway).check_once() == 1
    assert "The check came to its end" in await desk.see(CHECK)


async def test_a_check_that_its_process_never_heard_of_is_ended_by_it(gateway, desk) -> None:
    await add(desk)
    await ask(desk)
    async with gateway.database.transaction() as connection:  # whose end was not answered
        assert await take_check(connection, gateway.owner, gateway.clock.now()) is not None
    assert await checker(gateway).check_once() == 0
    assert "The database was out of reach" in await desk.see(CHECK)


async def test_a_process_does_not_end_a_check_that_it_runs(gateway, desk) -> None:
    async with running_network(delivery_seconds=3600.0) as network:
        await add(desk, network.port)
        await ask(desk, numbers=PHONE, wait="600")
        ours = checker(gateway)
        running = asyncio.create_task(ours.check_once())
        await until(lambda: network.accepted_count > 0)
        assert await ours.check_once() == 0
        assert "The check runs" in await desk.see(CHECK)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_a_check_that_is_stopped_leaves_off(gateway, desk) -> None:
    async with running_network(delivery_seconds=3600.0) as network:
        await add(desk, network.port)
        await ask(desk, numbers=PHONE, wait="600")
        running = asyncio.create_task(checker(gateway).check_once())
        await until(lambda: network.accepted_count > 0)
        await desk.send(f"{CHECK}/stop", {}, page=CHECK)
        async with asyncio.timeout(20):
            assert await running == 1
    assert "olga@example.com stopped this check" in await desk.see(CHECK)
    assert "Check again" in await desk.see(CHECK)
    assert (await desk.audited())[0][0] == "connector.check_stop"


async def test_a_connector_is_not_started_or_removed_while_a_check_is_open(gateway, desk) -> None:
    await add(desk)
    await gateway.rows("UPDATE connector SET updated_at = updated_at - interval '1 hour'")
    await ask(desk)
    for action in ("start", "remove"):
        answer = await desk.send(f"{ACME}/{action}", {}, page=ACME)
        assert answer.status_code == 422
        assert "a check of this connector is under way" in answer.text
    assert (await acme(gateway))["enabled"] is False


async def test_who_opens_a_running_carrier_to_more_countries_is_told_so(gateway, desk) -> None:
    await add(desk)
    routes = {"countries": "IT", "price": "0.025"}
    await desk.send(f"{ACME}/open", {**routes, "start": "yes"})
    again = await desk.send(f"{ACME}/open", {**routes, "countries": "ES", "start": "yes"})
    assert again.headers["location"].endswith("?done=routed")
