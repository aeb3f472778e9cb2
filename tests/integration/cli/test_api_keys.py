"""API keys from the command line."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.accounts.api_keys import find_holder, note_use
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

ANNA = "anna@example.com"
SANDBOX = ("--environment", "sandbox")
PRODUCTION = ("--environment", "production")


@pytest.fixture
def staffetta(here):
    return here


@pytest.fixture
def works(database: Database):
    async def ask(key: str, environment: Environment = Environment.SANDBOX) -> bool:
        now = datetime.now(UTC)
        async with database.acquire() as connection:
            holder = await find_holder(connection, ANNA, key, environment, now)
            if holder is not None:
                await note_use(connection, holder, now)
        return holder is not None

    return ask


async def test_a_rotated_key_is_shown_once_and_the_old_one_works_a_day_longer(
    staffetta, anna, works
) -> None:
    before = datetime.now(UTC)
    made = (await staffetta("apikey", "rotate", ANNA, *SANDBOX, "--json")).json
    assert (made["account"], made["environment"]) == (ANNA, "sandbox")
    overlap = datetime.fromisoformat(made["old_until"]) - before
    assert timedelta(hours=24) <= overlap < timedelta(hours=25)
    assert await works(made["api_key"])
    assert await works(anna["api_keys"]["sandbox"])
    listed = await staffetta("apikey", "list", ANNA)
    assert made["api_key"] not in listed.out
    assert made["api_key"][-4:] in listed.out


async def test_an_overlap_of_nothing_ends_the_old_key_at_once(staffetta, anna, works) -> None:
    made = (await staffetta("apikey", "rotate", ANNA, *SANDBOX, "--overlap", "0", "--json")).json
    assert await works(made["api_key"])
    assert not await works(anna["api_keys"]["sandbox"])
    assert await works(anna["api_keys"]["production"], Environment.PRODUCTION)


async def test_the_list_tells_hint_use_and_state(staffetta, anna, works) -> None:
    await works(anna["api_keys"]["sandbox"])
    first = (await staffetta("apikey", "list", ANNA, "--json")).json
    assert [(one["environment"], one["state"]) for one in first] == [
        ("production", "live"),
        ("sandbox", "live"),
    ]
    assert first[0]["last_used_at"] is None
    assert first[1]["last_used_at"] is not None
    assert first[1]["ends_in"] == anna["api_keys"]["sandbox"][-4:]
    await staffetta("apikey", "rotate", ANNA, *SANDBOX)
    after = (await staffetta("apikey", "list", ANNA, *SANDBOX, "--json")).json
    assert [one["state"] for one in after] == ["live", "ending"]


async def test_a_revoked_key_is_refused_and_the_last_one_is_kept_from_it(
    staffetta, anna, works
) -> None:
    made = (await staffetta("apikey", "rotate", ANNA, *SANDBOX, "--json")).json
    old, new = str(made["ending"][0]), str(made["key"])
    assert (await staffetta("apikey", "revoke", ANNA, old, *SANDBOX)).code == 0
    assert not await works(anna["api_keys"]["sandbox"])
    last = await staffetta("apikey", "revoke", ANNA, new, *SANDBOX)
    assert last.code == 1
    assert "--force" in last.err
    assert await works(made["api_key"])
    assert (await staffetta("apikey", "revoke", ANNA, new, *SANDBOX, "--force")).code == 0
    assert not await works(made["api_key"])
    noted = await staffetta("audit", "list", "--account", ANNA, "--action", "apikey", "--json")
    assert [one["action"] for one in noted.json] == [
        "apikey.revoke",
        "apikey.revoke",
        "apikey.rotate",
    ]
    assert made["api_key"] not in noted.out


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("rotate", ANNA), 2, "--environment"),
        (("rotate", ANNA, *SANDBOX, "--overlap", "a day"), 2, "is no duration"),
        (("rotate", ANNA, *SANDBOX, "--overlap", "-1h"), 2, "is no duration"),
        (("rotate", ANNA, *SANDBOX, "--overlap", "91d"), 2, "at most 90d"),
        (("rotate", "no@example.com", *SANDBOX), 1, "no account has the address"),
        (("revoke", ANNA, "999999", *SANDBOX), 1, "no live key 999999 in sandbox"),
        (("revoke", ANNA, "abcd", *SANDBOX), 2, "KEY"),
        (("list", "no@example.com"), 1, "no account has the address"),
    ],
)
async def test_what_is_refused_says_why(staffetta, anna, arguments, code: int, part: str) -> None:
    ended = await staffetta("apikey", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert part in ended.err
