"""Tokens listed, shown, changed and revoked from the command line."""

from datetime import UTC, datetime

import pytest

from staffetta.accounts.authorize import Authorizer, Grant
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

ANNA = "anna@example.com"
SANDBOX = ("--environment", "sandbox")
OTP = "POST:test.sms.openapi.com/otp"


@pytest.fixture
def staffetta(here):
    return here


@pytest.fixture
async def token(staffetta, anna) -> dict[str, object]:
    return (
        await staffetta(
            *("token", "create", "--email", ANNA, *SANDBOX, "--name", "till", "--json"),
            *("--limit-total-requests", "100", "--limit-wallet-amount", "12.50"),
            *("--limit-ip", "192.0.2.0/24", "--limit-ip", "2001:db8::1"),
        )
    ).json


@pytest.fixture
def granted(database: Database):
    async def ask(token: str) -> Grant | None:
        return await Authorizer(database).grant_for(token, Environment.SANDBOX, datetime.now(UTC))

    return ask


async def test_a_token_is_made_with_its_limits(token) -> None:
    assert token["limits"] == {
        "totalRequests": 100,
        "walletAmount": 12.5,
        "ip": ["192.0.2.0/24", "2001:db8::1"],
    }
    assert token["name"] == "till"


async def test_lists_show_a_token_by_id_and_last_characters_and_whole_when_asked(
    staffetta, token
) -> None:
    whole = token["token"]
    listed = await staffetta("token", "list", ANNA, "--json")
    assert [(one["id"], one["ends_in"], one["name"]) for one in listed.json] == [
        (token["id"], whole[-4:], "till")
    ]
    shown = await staffetta("token", "list", ANNA)
    one = await staffetta("token", "show", ANNA, token["id"], *SANDBOX)
    for ended in (listed, shown, one):
        assert ended.code == 0
        assert whole not in ended.out
        assert token["refresh_token"] not in ended.out
    assert OTP in one.out
    assert "192.0.2.0/24, 2001:db8::1" in one.out
    for command in (("list", ANNA), ("show", ANNA, whole[-4:], *SANDBOX)):
        for form in ((), ("--json",)):
            assert whole in (await staffetta("token", *command, "--reveal", *form)).out


async def test_where_only_hashes_are_kept_nothing_can_be_revealed(staffetta, anna) -> None:
    setting = {"STAFFETTA_TOKENS_LISTABLE": "false"}
    made = await staffetta("token", "create", "--email", ANNA, *SANDBOX, "--json", **setting)
    revealed = await staffetta("token", "list", ANNA, "--reveal")
    assert made.json["token"] not in revealed.out
    assert "not kept" in revealed.out
    assert made.json["id"] in revealed.out
    changed = await staffetta(
        "token", "change", ANNA, made.json["id"], *SANDBOX, "--name", "blind", "--json"
    )
    assert changed.json["name"] == "blind"


async def test_a_change_leaves_alone_what_it_does_not_name(staffetta, token, granted) -> None:
    command = ("token", "change", ANNA, token["id"], *SANDBOX)
    changed = (
        await staffetta(
            *(*command, "--scope", OTP, "--limit-total-requests", "none"),
            *("--limit-subscription-requests", "5", "--json"),
        )
    ).json
    assert changed["scopes"] == [OTP]
    assert changed["name"] == "till"
    assert changed["limits"] == {
        "subscriptionRequests": 5,
        "walletAmount": 12.5,
        "ip": ["192.0.2.0/24", "2001:db8::1"],
    }
    grant = await granted(token["token"])
    assert grant is not None
    assert not grant.allows("GET", ("test.sms.openapi.com",), "messages")
    shorter = (
        await staffetta(*command, "--ttl", "60", "--name", "", "--limit-ip", "none", "--json")
    ).json
    assert (shorter["name"], "ip" in shorter["limits"]) == ("", False)
    assert shorter["expire_at"] < changed["expire_at"]


async def test_a_revoked_token_is_refused_and_gone_from_the_list(staffetta, token, granted) -> None:
    assert await granted(token["token"]) is not None
    ended = (await staffetta("token", "revoke", ANNA, token["token"][-4:], *SANDBOX, "--json")).json
    assert ended["id"] == token["id"]
    assert await granted(token["token"]) is None
    assert (await staffetta("token", "list", ANNA, "--json")).json == []
    again = await staffetta("token", "revoke", ANNA, token["id"], *SANDBOX)
    assert again.code == 1
    assert "no live token" in again.err
    noted = await staffetta("audit", "list", "--action", "token", "--json")
    assert [one["action"] for one in noted.json] == ["token.revoke", "token.create"]
    assert {one["details"]["token"] for one in noted.json} == {token["id"]}
    assert {(one["account"], one["environment"]) for one in noted.json} == {(ANNA, "sandbox")}
    assert token["token"] not in noted.out
    assert token["token"] not in (await staffetta("audit", "list")).out


async def test_what_fits_two_tokens_names_none(staffetta, token, database: Database) -> None:
    # Another hash with the same hint: the first byte turned over, whatever it is.
    async with database.acquire() as connection:
        await connection.execute(
            """
            INSERT INTO token (hash, space_id, scopes, hint, created_at, expire_at)
            SELECT set_byte(hash, 0, 255 - get_byte(hash, 0)), space_id, scopes, hint, created_at,
                   expire_at
              FROM token
            """
        )
    ended = await staffetta("token", "revoke", ANNA, token["token"][-4:], *SANDBOX)
    assert ended.code == 1
    assert "more than one token" in ended.err
    assert (await staffetta("token", "revoke", ANNA, token["id"], *SANDBOX)).code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("show", ANNA, "abcdef123456", *SANDBOX), 1, "no live token abcdef123456"),
        (("show", ANNA, "a", *SANDBOX), 1, "no live token a:"),
        (("show", ANNA, "%", *SANDBOX), 1, "no live token %"),
        (("change", ANNA, "abcdef123456", *SANDBOX), 2, "name what is to change"),
        (("change", ANNA, "abcd", *SANDBOX, "--limit-total-requests", "many"), 2, "whole number"),
        (("create", "--email", ANNA, *SANDBOX, "--limit-wallet-amount", "x"), 2, "--limit-wallet"),
        (("create", "--email", ANNA, *SANDBOX, "--limit-ip", "here"), 1, "write an address like"),
        (("list", "no@example.com"), 1, "no account has the address"),
    ],
)
async def test_what_is_refused_says_why(staffetta, anna, arguments, code: int, part: str) -> None:
    ended = await staffetta("token", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert part in ended.err
