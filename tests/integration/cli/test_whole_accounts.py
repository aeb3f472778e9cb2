"""Accounts listed, shown, renamed, closed and reopened from the command line."""

from datetime import UTC, datetime

import pytest

from staffetta.accounts.authorize import Authorizer
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

ANNA = "anna@example.com"
BOB = "bob@example.com"
SANDBOX = ("--environment", "sandbox")


@pytest.fixture
def staffetta(here):
    return here


async def test_an_account_can_be_made_with_its_owner(staffetta) -> None:
    made = (
        await staffetta(
            *("account", "create", "--email", ANNA, "--owner-email", "olga@example.com"),
            *("--owner-name", "Olga", "--generate", "--json"),
        )
    ).json
    assert set(made) == {"account", "api_keys", "owner", "password"}
    shown = (await staffetta("account", "show", ANNA, "--json")).json
    assert [(one["person"], one["name"], one["role"]) for one in shown["people"]] == [
        ("olga@example.com", "Olga", "owner")
    ]
    noted = (await staffetta("audit", "list", "--json")).json
    assert [one["action"] for one in noted] == ["person.add", "account.create"]
    assert {one["account"] for one in noted} == {ANNA}
    assert all(one["actor"].startswith("command line (") for one in noted)


async def test_an_owner_that_cannot_be_made_leaves_no_account_behind(staffetta) -> None:
    await staffetta("person", "add", "olga@example.com", "--role", "operator", "--generate")
    ended = await staffetta(
        *("account", "create", "--email", ANNA, "--owner-email", "olga@example.com", "--generate")
    )
    assert ended.code == 1
    assert "olga@example.com already" in ended.err
    assert (await staffetta("account", "list", "--json")).json == []


async def test_everything_about_an_account_is_shown(staffetta, anna, database: Database) -> None:
    await staffetta("topup", "--email", ANNA, "--environment", "production", "--amount", "12.50")
    await staffetta("token", "create", "--email", ANNA, *SANDBOX)
    await staffetta("guard", "set", ANNA, *SANDBOX, "--countries", "IT,FR")
    async with database.acquire() as connection:
        await connection.execute(
            """
            UPDATE space SET blocklisted_at = now(), blocklisted_reason = 'forbidden words'
             WHERE environment = 'sandbox'
            """
        )
    shown = (await staffetta("account", "show", ANNA, "--json")).json
    assert (shown["account"], shown["currency"], shown["closed_at"]) == (ANNA, "EUR", None)
    assert shown["people"] == []
    assert shown["environments"]["production"] == {
        "balance": 12.5,
        "held": 0,
        "available": 12.5,
        "tokens": 0,
        "api_keys": 1,
        "blocklisted_at": None,
        "blocklisted_reason": None,
        "terms": {},
    }
    sandbox = shown["environments"]["sandbox"]
    assert (sandbox["balance"], sandbox["tokens"]) == (1000, 1)
    assert (sandbox["blocklisted_reason"], sandbox["terms"]) == (
        "forbidden words",
        {"countries_allowed": ["FR", "IT"]},
    )
    told = (await staffetta("account", "show", ANNA)).out
    for part in ("12.50 EUR", "1,000.00 EUR", "forbidden words", "FR, IT", "none"):
        assert part in told or part.replace(",", "", 1) in told


async def test_a_closed_account_is_refused_until_it_is_reopened(
    staffetta, anna, database: Database
) -> None:
    token = (await staffetta("token", "create", "--email", ANNA, *SANDBOX, "--json")).json["token"]

    async def let_in() -> bool:
        authorizer = Authorizer(database)
        return await authorizer.grant_for(token, Environment.SANDBOX, datetime.now(UTC)) is not None

    assert await let_in()
    closed = (await staffetta("account", "close", ANNA, "--json")).json
    assert closed["closed_at"] is not None
    assert not await let_in()
    assert (await staffetta("account", "list", "--json")).json == []
    listed = (await staffetta("account", "list", "--closed", "--json")).json
    assert [one["closed_at"] for one in listed] == [closed["closed_at"]]
    assert "is closed" in (await staffetta("account", "show", ANNA)).out
    assert (await staffetta("account", "close", ANNA, "--json")).json == closed
    assert (await staffetta("account", "reopen", ANNA, "--json")).json["closed_at"] is None
    assert await let_in()
    noted = (await staffetta("audit", "list", "--action", "account", "--json")).json
    assert [one["action"] for one in noted] == [
        "account.reopen",
        "account.close",
        "account.create",
    ]


async def test_a_renamed_account_is_found_under_its_new_address(staffetta, anna) -> None:
    renamed = (await staffetta("account", "rename", ANNA, "Office@Example.com", "--json")).json
    assert renamed["account"] == "office@example.com"
    assert [one["account"] for one in (await staffetta("account", "list", "--json")).json] == [
        "office@example.com"
    ]
    gone = await staffetta("account", "show", ANNA)
    assert "no account has the address anna@example.com" in gone.err
    noted = (await staffetta("audit", "list", "--account", "office@example.com", "--json")).json
    assert noted[0]["details"] == {"from": ANNA, "to": "office@example.com"}
    assert {one["account"] for one in noted} == {"office@example.com"}


async def test_the_list_is_searched_by_part_of_the_address(staffetta, anna) -> None:
    await staffetta("account", "create", "--email", BOB, "--currency", "USD")

    async def found(*arguments: str) -> list[str]:
        return [
            one["account"]
            for one in (await staffetta("account", "list", *arguments, "--json")).json
        ]

    assert await found() == [ANNA, BOB]
    assert await found("--search", "bob@") == [BOB]
    assert await found("--skip", "1") == [BOB]
    assert await found("--limit", "1") == [ANNA]
    assert await found("--search", "%") == []


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("rename", ANNA, "anna"), 1, "is not an e-mail address"),
        (("rename", "no@example.com", BOB), 1, "no account has the address no@"),
        (("close", "no@example.com"), 1, "no account has the address no@"),
        (("reopen", "no@example.com"), 1, "no account has the address no@"),
        (("show", "no@example.com"), 1, "no account has the address no@"),
        (("create", "--email", BOB, "--generate"), 2, "--owner-email"),
        (("create", "--email", BOB, "--owner-email", BOB), 1, "no terminal to ask"),
    ],
)
async def test_what_is_refused_says_why(staffetta, anna, arguments, code: int, part: str) -> None:
    ended = await staffetta("account", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert part in ended.err
