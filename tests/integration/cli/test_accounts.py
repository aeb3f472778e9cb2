"""Accounts, tokens and money from the command line."""

import re
import time
from datetime import UTC, datetime

import pytest

from staffetta.accounts.authorize import Authorizer
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes
from staffetta.domain.secrets import hash_secret

ANNA = ("--email", "anna@example.com")
SANDBOX = ("--environment", "sandbox")
PRODUCTION = ("--environment", "production")


async def test_an_account_comes_with_a_key_for_each_environment(anna, database: Database) -> None:
    assert set(anna) == {"account", "api_keys"}
    assert anna["account"] == "anna@example.com"
    assert set(anna["api_keys"]) == {"production", "sandbox"}
    for environment, key in anna["api_keys"].items():
        assert re.fullmatch(r"[a-z0-9]{32}", key)
        async with database.acquire() as connection:
            stored = await connection.fetchval(
                """
                SELECT environment::text FROM api_key JOIN space ON space.id = space_id
                 WHERE hash = $1
                """,
                hash_secret(key),
            )
        assert stored == environment


async def test_people_see_the_keys_whole(staffetta) -> None:
    ended = await staffetta("account", "create", *ANNA)
    assert ended.code == 0
    assert len(re.findall(r"\b[a-z0-9]{32}\b", ended.out)) == 2
    assert ended.err == ""


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--email", "ANNA@example.com"), "exists already"),
        (("--email", "anna"), "is not an e-mail address"),
        (("--email", "bob@example.com", "--currency", "euro"), "is not a currency"),
    ],
)
async def test_a_refused_account_is_told_in_one_sentence(
    staffetta, anna, arguments: tuple[str, ...], part: str
) -> None:
    ended = await staffetta("account", "create", *arguments, "--json")
    assert ended.code == 1
    assert ended.out == ""
    assert part in ended.err
    assert ended.err.count("\n") == 1
    assert ended.err.startswith("staffetta: ")


async def test_a_token_has_all_scopes_and_a_year_unless_told_otherwise(
    staffetta, anna, database: Database
) -> None:
    made = (await staffetta("token", "create", *ANNA, *SANDBOX, "--json")).json
    assert set(made) >= {"id", "token", "refresh_token", "scopes", "expire"}
    assert made["scopes"] == list(all_scopes(Environment.SANDBOX))
    assert abs(made["expire"] - time.time() - 365 * 24 * 3600) < 600
    grant = await Authorizer(database).grant_for(
        made["token"], Environment.SANDBOX, datetime.now(UTC)
    )
    assert grant is not None
    assert grant.email == "anna@example.com"


async def test_a_token_can_be_narrow_short_and_named(staffetta, anna, database: Database) -> None:
    made = (
        await staffetta(
            *("token", "create", *ANNA, *PRODUCTION, "--ttl", "60", "--name", "till", "--json"),
            *("--scope", "*:ws.messaggisms.com/*", "--scope", "POST:localhost:8080/IT-messages"),
        )
    ).json
    assert len(made["scopes"]) == 5
    assert made["scopes"][-1] == "POST:localhost:8080/IT-messages"
    async with database.acquire() as connection:
        assert await connection.fetchval("SELECT name FROM token") == "till"


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ((*ANNA, *SANDBOX, "--scope", "*:sms.openapi.com/*"), 1, "API not enabled"),
        ((*ANNA, *SANDBOX, "--scope", "nothing/"), 1, "API not enabled"),
        ((*ANNA, *SANDBOX, "--scope", "GET:x"), 1, "a segment is missing"),
        (("--email", "bob@example.com", *SANDBOX), 1, "no account has the address"),
        ((*ANNA, *SANDBOX, "--ttl", "0"), 2, "--ttl"),
        ((*ANNA, *SANDBOX, "--ttl", "31536001"), 2, "--ttl"),
        ((*ANNA, "--environment", "test"), 2, "--environment"),
        (ANNA, 2, "--environment"),
    ],
)
async def test_a_refused_token_says_why(
    staffetta, anna, arguments: tuple[str, ...], code: int, part: str
) -> None:
    ended = await staffetta("token", "create", *arguments)
    assert ended.code == code
    assert part in ended.err
    assert ended.out == ""


async def test_money_goes_into_the_wallet_of_one_environment(staffetta, anna) -> None:
    sandbox = (await staffetta("topup", *ANNA, *SANDBOX, "--amount", "10", "--json")).json
    assert (sandbox["amount"], sandbox["balance"], sandbox["currency"]) == (10, 1010, "EUR")
    production = (await staffetta("topup", *ANNA, *PRODUCTION, "--amount", "0.03", "--json")).json
    assert production["balance"] == 0.03
    taken_back = (await staffetta("topup", *ANNA, *SANDBOX, "--amount", "-1010", "--json")).json
    assert taken_back["balance"] == 0
    books = (await staffetta("ledger", "verify", "--json")).json
    assert books == {
        "exact": True,
        "wallets": 2,
        "entries": 4,
        "holds": 0,
        "closings": 0,
        "faults": [],
    }


@pytest.mark.parametrize("amount", ["0", "ten", "1e300", "nan", "0.0000001", ""])
async def test_a_wrong_amount_is_wrong_usage(staffetta, amount: str) -> None:
    ended = await staffetta("topup", *ANNA, *SANDBOX, "--amount", amount)
    assert ended.code == 2
    assert "--amount" in ended.err


async def test_books_that_do_not_agree_end_with_code_1(staffetta, anna, database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute("UPDATE wallet SET balance_micro = balance_micro + 1")
    ended = await staffetta("ledger", "verify")
    assert ended.code == 1
    assert "The books are not exact." in ended.out
    assert "1000.000001" in ended.out
