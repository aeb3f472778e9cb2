"""Pages with ten thousand of what they list: they show the newest, stay light, and lead on."""

import re
from collections.abc import AsyncIterator

import pytest
from console_world import OPERATOR, OWNER, World, console_world
from hand_gateway import make_gateway
from outbox import Outbox

COUNT = 10_000
BYTES_MAX = 100_000  # of a page without its files
ROWS_MAX = 101  # the table's head is a row as well
ADD_AUDIT = """
INSERT INTO audit_entry (at, actor, action, details)
SELECT $1, 'olga@example.com', 'words.add', jsonb_build_object('number', number)
  FROM generate_series(1, $2) AS number
"""
ADD_LEDGER = """
INSERT INTO ledger_entry (space_id, sequence, id, at, kind, amount_micro, balance_after_micro,
                          counter_account, note, checksum)
SELECT $1, 1000000 + place, id, $2, 'charge', -45000, 0, 'carriers', 'a charge', 0
  FROM unnest($3::bytea[]) WITH ORDINALITY AS new (id, place)
"""
ADD_WORDS = """
INSERT INTO forbidden_word (kind, text, country, note, created_at)
SELECT 'word', 'word' || number, '*', '', $1 FROM generate_series(1, $2) AS number
"""
LISTS = (
    (OWNER, "/console/production/messages"),
    (OWNER, "/console/production/callbacks"),
    (OPERATOR, "/console/operate/audit"),
    (OPERATOR, "/console/operate/words"),
    (OPERATOR, "/console/operate/dead-letters"),
)


@pytest.fixture
async def world(database, clock) -> AsyncIterator[World]:
    async with console_world(await make_gateway(database, clock)) as one:
        await fill(one)
        yield one


async def fill(world: World) -> None:
    gateway, now = world.gateway, world.gateway.clock.now()
    outbox = Outbox(gateway.database, now, gateway.space_id)
    told = await outbox.messages(COUNT, "http://127.0.0.1:9/sms")
    await outbox.owe(told)
    await gateway.rows("UPDATE callback SET status = 'dead', settled_at = $1", now)
    await gateway.rows(ADD_AUDIT, now, COUNT)
    await gateway.rows(ADD_LEDGER, gateway.space_id, now, [gateway.ids.make(now) for _ in told])
    await gateway.rows(ADD_WORDS, now, COUNT)


async def test_every_list_shows_its_newest_stays_light_and_leads_on(world: World) -> None:
    wrong, account = [], "/console/production"
    for visitor, address in (
        (OWNER, f"{account}/overview"),
        (OWNER, f"{account}/messages"),
        (OWNER, f"{account}/messages?text=nowhere"),
        (OWNER, f"{account}/messages?number=%2B393331234567&group=delivered"),
        (OWNER, f"{account}/callbacks"),
        (OWNER, f"{account}/credit"),
        (OPERATOR, "/console/operate/audit"),
        (OPERATOR, "/console/operate/words"),
        (OPERATOR, "/console/operate/dead-letters"),
        (OPERATOR, f"/console/operate/accounts/{world.named['account_id']}/money/production"),
    ):
        answer = await world.browsers[visitor].get(address)
        rows = len(re.findall("<tr[ >]", answer.text))
        size = len(answer.content)
        if answer.status_code != 200 or size > BYTES_MAX or rows > ROWS_MAX:
            wrong.append((address, answer.status_code, size, rows))
    for visitor, address in LISTS:
        wrong += await lead_on(world, visitor, address)
    assert wrong == []


async def lead_on(world: World, visitor: str, address: str) -> list[str]:
    """What is wrong with the way from a list to what is older."""
    first = (await world.browsers[visitor].get(address)).text
    found = re.search(r'<a[^>]*rel="next"[^>]*href="([^"]+)"', first)
    found = found or re.search(r'<a[^>]*href="([^"]+)"[^>]*rel="next"', first)
    if found is None:
        return [f"{address} leads to nothing older"]
    onward = found[1].replace("&amp;", "&")
    answer = await world.browsers[visitor].get(
        onward if onward.startswith("/") else f"{address}{onward}"
    )
    is_list = len(re.findall("<tr[ >]", answer.text)) > 10
    return [] if is_list and answer.text != first else [f"{address} leads to {onward}"]
