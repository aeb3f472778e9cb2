"""Carriers in the console: what they do now, and what is changed of them without a restart."""

from typing import Any

import httpx
import pytest
from authority import Authority
from console_browser import browser_of, let_in, open_console, sign_in
from hand_gateway import Gateway, make_gateway
from operator_desk import OPERATE, Desk, hidden_fields
from people_desk import OTTO

from staffetta.accounts.people import Role
from staffetta.db.pool import Database
from staffetta.routing.alarms import AlarmKind, raise_alarm
from staffetta.routing.carriers import hold_links, read_carriers, tell_link
from staffetta.routing.link_use import LinkUse, store_uses

LIST = "/connectors"
CARRIER = f"{LIST}/production/carrier"


@pytest.fixture
async def gateway(database: Database, clock) -> Gateway:
    made = await make_gateway(database, clock)
    async with database.transaction() as connection:
        await connection.execute(
            "UPDATE connector SET host = 'smsc.example.com', port = 2775, system_id = 'gw'"
        )
    return made


async def post(desk: Desk, page: str, **form: str) -> httpx.Response:
    """Send a form of the carrier's page."""
    return await desk.send(f"{CARRIER}{page}", form, page=CARRIER)


async def bind(gateway: Gateway, state: str = "bound", detail: str = "") -> None:
    """The gateway's process holds the carrier's link, which has come so far."""
    now = gateway.clock.now()
    async with gateway.database.transaction() as connection:
        await hold_links(connection, await read_carriers(connection), gateway.owner, now)
        await tell_link(
            connection,
            connector_id=gateway.connector.connector_id,
            number=1,
            owner=gateway.owner,
            state=state,
            detail=detail,
            now=now,
        )


async def stored(gateway: Gateway) -> Any:
    (row,) = await gateway.rows("SELECT * FROM connector")
    return row


async def test_a_link_shows_its_window_rate_and_last_minute(gateway, desk) -> None:
    await bind(gateway)
    use = LinkUse(gateway.connector.connector_id, 1, 7, 10, 33.5, 40.0, 2040, 1999, 3)
    async with gateway.database.transaction() as connection:
        await store_uses(connection, gateway.owner, [use], gateway.clock.now())
    for page in (f"{LIST}/live", f"{CARRIER}/live"):
        shown = await desk.see(page)
        assert ">bound<" in shown
        assert "7 / 10" in shown
        assert "33.5 of " in shown
        assert "2,040" in shown
        assert "1,999" in shown


async def test_a_link_whose_process_is_dead_shows_nothing_of_its_use(gateway, desk) -> None:
    await bind(gateway)
    use = LinkUse(gateway.connector.connector_id, 1, 7, 10, 33.5, None, 2040, 1999, 0)
    async with gateway.database.transaction() as connection:
        await store_uses(connection, gateway.owner, [use], gateway.clock.now())
        await connection.execute("UPDATE process SET ended_at = clock_timestamp()")
    shown = await desk.see(f"{CARRIER}/live")
    assert "held by nobody" in shown
    assert "2,040" not in shown


async def test_why_a_link_is_not_bound_is_said_in_words(gateway, desk) -> None:
    await bind(gateway, "refused", "the carrier refused the bind: <b>wrong</b> password")
    async with gateway.database.transaction() as connection:
        await raise_alarm(
            connection,
            gateway.connector.connector_id,
            AlarmKind.BIND_REFUSED,
            "set the password again",
            gateway.clock.now(),
        )
    shown = await desk.see(LIST)
    assert ">refused<" in shown
    assert "&lt;b&gt;wrong&lt;/b&gt; password" in shown
    assert "The carrier refuses the bind" in shown
    assert "set the password again" in shown


async def test_what_waits_is_counted_with_the_age_of_the_oldest(gateway, desk) -> None:
    await gateway.accept()
    gateway.clock.advance(125)
    shown = await desk.see(LIST)
    assert "1, the oldest for 2 min" in shown


async def test_a_connector_is_stopped_and_started_and_both_are_audited(gateway, desk) -> None:
    assert (await post(desk, "/stop")).headers["location"] == f"{OPERATE}{CARRIER}?done=stopped"
    assert (await stored(gateway))["enabled"] is False
    assert "At rest" in await desk.see(CARRIER)
    await post(desk, "/start")
    assert (await stored(gateway))["enabled"] is True
    told = {"connector": "carrier", "environment": "production"}
    assert await desk.audited() == [
        ("connector.start", None, told),
        ("connector.stop", None, told),
    ]


async def test_a_setting_is_checked_before_it_is_stored(gateway, desk) -> None:
    answer = await post(desk, "/settings", key="response_seconds", value="soon")
    assert answer.status_code == 422
    assert "response_seconds is a number of seconds" in answer.text
    assert (await stored(gateway))["settings"] == {}
    await post(desk, "/settings", key="response_seconds", value="20")
    assert (await stored(gateway))["settings"] == {"response_seconds": 20}
    await post(desk, "/settings/unset", key="response_seconds")
    assert (await stored(gateway))["settings"] == {}


async def test_a_password_is_sealed_and_never_shown(gateway, desk) -> None:
    columns = {"host": "smsc.example.com", "port": "2775", "system_id": "gw"}
    numbers = {"window": "50", "rate": "100", "links": "2"}
    await post(desk, "/columns", **columns, **numbers, password="s3cret77")
    row = await stored(gateway)
    assert (row["window_max"], row["rate_per_second"], row["link_count"]) == (50, 100, 2)
    assert row["password"] is not None
    assert b"s3cret77" not in row["password"]
    assert "s3cret77" not in await desk.see(CARRIER)
    refused = await post(desk, "/columns", **columns, window="many", password="an0ther1")
    assert refused.status_code == 422
    assert "The port, the window, the rate and the links are whole numbers." in refused.text
    assert "an0ther1" not in refused.text


async def test_what_another_operator_changed_meanwhile_is_not_undone(gateway, desk) -> None:
    old = hidden_fields(await desk.see(CARRIER), f"{OPERATE}{CARRIER}/columns")
    await post(desk, "/columns", rate="20")
    stale = {**old, "rate": old["was_rate"], "window": "7"}
    changed = await desk.browser.post(f"{OPERATE}{CARRIER}/columns", data=stale)
    assert changed.headers["location"].endswith("?done=changed")
    row = await stored(gateway)
    assert (row["window_max"], row["rate_per_second"]) == (7, 20)
    clash = await desk.browser.post(
        f"{OPERATE}{CARRIER}/columns", data={**old, "rate": "30", "links": old["was_links"]}
    )
    assert clash.status_code == 422
    assert "Somebody changed this meanwhile" in clash.text
    assert (await stored(gateway))["rate_per_second"] == 20


async def test_a_long_setting_that_is_refused_is_shown_again_whole(gateway, desk) -> None:
    long = "wrong " * 400 + "END"
    refused = await post(desk, "/settings", key="response_seconds", value=long)
    assert refused.status_code == 422
    assert long in refused.text
    secret = "x" * 2000 + "-----BEGIN PRIVATE KEY----- what-is-secret"
    refused = await post(desk, "/settings", key="tls_certificate", value=secret)
    assert "what-is-secret" not in refused.text


async def test_a_client_certificate_comes_with_its_key_or_not_at_all(gateway, desk) -> None:
    issued = Authority().issue("gateway")
    alone = await post(desk, "/certificate", tls_certificate=issued.certificate, tls_key="")
    assert alone.status_code == 422
    await post(desk, "/certificate", tls_certificate=issued.certificate, tls_key=issued.key)
    row = await stored(gateway)
    assert row["settings"]["tls"] is True
    assert row["tls_key"] is not None
    secret = issued.key.splitlines()[1]
    assert secret not in await desk.see(CARRIER)
    other = Authority().issue("other").key
    refused = await post(desk, "/certificate", tls_certificate=issued.certificate, tls_key=other)
    assert refused.status_code == 422
    assert other.splitlines()[1] not in refused.text
    empty = await post(desk, "/certificate", tls_certificate="", tls_key="")
    assert empty.status_code == 422
    assert (await stored(gateway))["tls_key"] is not None, "an empty click takes nothing away"
    await post(desk, "/certificate/remove")
    row = await stored(gateway)
    assert (row["settings"], row["tls_key"]) == ({"tls": True}, None)


async def test_routes_are_added_changed_and_removed(gateway, desk) -> None:
    await post(desk, "/routes", countries="fr, de", price="0,045", rank="10")
    shown = await desk.see(CARRIER)
    assert "€0.045" in shown
    await post(desk, "/routes/remove", countries="DE")
    routes = await gateway.rows("SELECT country, rank, price_micro FROM route ORDER BY country")
    assert [tuple(row.values()) for row in routes] == [
        ("*", 100, 80_000),
        ("FR", 10, 45_000),
        ("IT", 100, 30_000),
    ]
    refused = await post(desk, "/routes", countries="XX", price="0.01", rank="")
    assert "&#39;XX&#39; is not a country" in refused.text


async def test_a_connector_that_runs_is_not_removed(gateway, desk) -> None:
    refused = await post(desk, "/remove")
    assert refused.status_code == 422
    assert "It runs: stop it first" in refused.text
    await bind(gateway, "down")
    use = LinkUse(gateway.connector.connector_id, 1, 0, 10, 0.0, None, 0, 0, 0)
    async with gateway.database.transaction() as connection:
        await store_uses(connection, gateway.owner, [use], gateway.clock.now())
    await post(desk, "/stop")
    gateway.clock.advance(6)
    assert (await post(desk, "/remove")).headers["location"] == f"{OPERATE}{LIST}?done=removed"
    assert await gateway.rows("SELECT FROM connector") == []


async def test_what_is_no_connector_is_not_found(desk) -> None:
    for path in ("production/other", "sandbox/carrier", "nowhere/carrier"):
        assert (await desk.browser.get(f"{OPERATE}{LIST}/{path}")).status_code == 404


async def test_an_account_s_people_see_no_carriers(gateway) -> None:
    (row,) = await gateway.rows("SELECT account_id FROM space WHERE id = $1", gateway.space_id)
    await let_in(gateway.database, gateway.clock, OTTO, Role.OWNER, row["account_id"])
    async with open_console(gateway) as console, browser_of(console)() as one:
        await sign_in(one, OTTO)
        for path in (LIST, CARRIER, f"{LIST}/live", f"{CARRIER}/live"):
            assert (await one.get(f"{OPERATE}{path}")).status_code == 403
