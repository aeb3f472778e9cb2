"""The page of callbacks where there are many: in rounds, and in windows that it tells of."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from console_people import AccountConsole, account_console, found_in
from hand_gateway import make_gateway
from outbox import Outbox

from staffetta.callbacks.overview import LOOKED_AT_MAX, REPLAYED_MAX
from staffetta.callbacks.overview_sql import FIND_REPLAYABLE
from staffetta.db.pool import Database
from staffetta.domain.ids import lowest_id

CALLBACKS = "/console/production/callbacks"
MANY = """
INSERT INTO callback (space_id, id, step, event, kind, host, payload, status, changed_at, due_at,
                      created_at, settled_at)
SELECT $1, decode(lpad(to_hex(extract(epoch FROM $2::timestamptz)::bigint), 8, '0')
                  || lpad(to_hex(number), 16, '0'), 'hex'),
       0, 'low_credit', 'low_credit', 'many.example', '{}', 'dead', $2, $2, $2, $2
  FROM generate_series(1, $3::int) AS number
"""


@pytest.fixture
async def console(database: Database, clock: Any) -> AsyncIterator[AccountConsole]:
    async with account_console(await make_gateway(database, clock)) as one:
        yield one


@pytest.fixture
def outbox(console: AccountConsole) -> Outbox:
    gateway = console.gateway
    return Outbox(gateway.database, gateway.clock.now(), gateway.space_id)


async def test_a_second_round_takes_what_the_first_one_left(
    console: AccountConsole, outbox: Outbox
) -> None:
    await outbox.rows(MANY, outbox.space_id, outbox.now, REPLAYED_MAX + 3)
    page, form = f"{CALLBACKS}/replay", {"since": "2026-03-14T09:00", "which": "all"}
    first = await console.send(console.owner, CALLBACKS, page, **form)
    onward = httpx.URL(first.headers["location"]).params
    assert onward["done"] == "limit"
    left = await outbox.rows("SELECT id FROM callback WHERE status = 'dead' ORDER BY id")
    assert len(left) == 3
    assert onward["after"] < left[0]["id"].hex()  # the oldest went first
    await outbox.rows("UPDATE callback SET status = 'delivered' WHERE status = 'owed'")

    shown = (await console.owner.get(first.headers["location"])).text
    assert f'name="after" value="{onward["after"]}"' in shown
    assert 'value="all" selected' in shown
    second = await console.send(console.owner, CALLBACKS, page, **form, after=onward["after"])
    assert second.headers["location"] == f"{CALLBACKS}?done=replayed"
    owed = await outbox.rows("SELECT id FROM callback WHERE status = 'owed' ORDER BY id")
    assert [one["id"] for one in owed] == [one["id"] for one in left]


async def test_a_replay_reads_no_other_account(console: AccountConsole, outbox: Outbox) -> None:
    await outbox.rows(MANY, await outbox.account("many@example.com"), outbox.now, 20_000)
    await outbox.rows(MANY, outbox.space_id, outbox.now, 5)
    await outbox.rows("ANALYZE callback")
    arguments = outbox.space_id, lowest_id(outbox.now), None, ["dead"], None, None, 10_000
    rows = await outbox.rows(
        f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {FIND_REPLAYABLE}", *arguments
    )
    plan = rows[0][0][0]["Plan"]
    assert plan["Actual Rows"] == 5
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 200


async def test_what_was_not_looked_at_is_said_and_can_be_looked_at(
    console: AccountConsole, outbox: Outbox
) -> None:
    message = await outbox.message("https://old.example/")
    await outbox.owe([message], host="old.example")
    await outbox.rows(MANY, outbox.space_id, outbox.now + timedelta(hours=1), LOOKED_AT_MAX)
    shown = (await console.owner.get(CALLBACKS, params={"host": "old.example"})).text
    assert "Counted among the newest 20,000 callbacks." in shown
    assert "20,000 callbacks were looked at." in shown
    before = found_in(re.compile(r'id="further"[^>]*before=([0-9a-f]{24})'), shown)
    further = await console.owner.get(CALLBACKS, params={"host": "old.example", "before": before})
    assert further.text.count('<td><a id="cb-') == 1
    assert 'id="further"' not in further.text
